package coupa

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
)

const usersPath = "/api/users"

// scopeFor names the scopes that open a path, as far as Coupa's pages tell.
func scopeFor(path string) string {
	if strings.HasPrefix(path, usersPath) {
		return "core.user.read"
	}
	return "core.integration.read or core.common.read"
}

// CheckUsers proves that the token opens the users, with one call for the id of one of them. Whatever stands in the way
// is an *export.NotDeliveredError, unless ctx ended.
func (c *Client) CheckUsers(ctx context.Context) error {
	q := url.Values{"limit": {"1"}, "fields": {`["id"]`}}
	err := c.get(c.wire.checking(ctx), usersPath, q, func(a *answer) error {
		if len(bytes.TrimSpace(a.body)) == 0 {
			return a.fail("an empty answer", c.wire.now())
		}
		return nil
	})
	if errors.Is(err, errNoResults) {
		return nil
	}
	return unusable(c.wire.base, err)
}

// Clock tells how far the instance's clock is ahead of this machine's, by the Date header of one answer, to about a
// second. It needs neither token nor cookie: any answer will do. Whatever stands in the way is an
// *export.NotDeliveredError, unless ctx ended.
func Clock(ctx context.Context, c Config, log logrus.FieldLogger) (ahead time.Duration, err error) {
	c = c.withDefaults()
	w, err := newWire(c, log)
	if err != nil {
		return 0, err
	}
	head := http.Header{"Accept": {"application/" + c.Format}, "Content-Type": {"application/" + c.Format}, "User-Agent": {"hr2coupa"}}
	err = w.retry(w.checking(ctx), func(ctx context.Context) error {
		asked := w.now()
		a, err := w.once(ctx, loadsPath, nil, head)
		if err != nil {
			return err
		}
		date, err := http.ParseTime(a.header.Get("Date"))
		if err != nil {
			return fmt.Errorf("%s answers without its time (Date): a proxy may have taken it out", w.base)
		}
		between := asked.Add(w.now().Sub(asked) / 2)
		ahead = date.Sub(between)
		return nil
	})
	return ahead, unusable(w.base, err)
}
