package coupa

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/sirupsen/logrus"
)

// Clock returns how far the instance's clock is ahead of this machine's, by the Date header of one answer, to about a
// second. It needs neither token nor cookie: any answer will do. Its error is an *export.NotDeliveredError, unless ctx
// ended.
func Clock(ctx context.Context, c Config, log logrus.FieldLogger) (ahead time.Duration, err error) {
	c = c.withDefaults()
	w, err := newWire(c, log)
	if err != nil {
		return 0, err
	}
	head := http.Header{"Accept": {"application/" + c.Format}, "Content-Type": {"application/" + c.Format}, "User-Agent": {"hr2coupa"}}
	err = w.retry(w.checking(ctx), func(ctx context.Context) error {
		asked := w.now()
		return w.once(ctx, request{method: http.MethodGet, path: loadsPath}, head, func(a *answer) error {
			date, err := http.ParseTime(a.header.Get("Date"))
			if err != nil {
				return fmt.Errorf("%s answers without its time (Date): a proxy may have removed it", w.base)
			}
			between := asked.Add(w.now().Sub(asked) / 2)
			ahead = date.Sub(between)
			return nil
		})
	})
	return ahead, unusable(w.base, err)
}
