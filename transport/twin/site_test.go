package twin

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
)

// settling is a hook of the twin's log that asks the site for its loads while the first of several that are loaded together
// is settled. That is in the middle of a pick-up, which holds the clock.
type settling struct {
	ask   func() (int, string)
	asked bool

	status int
	body   string
}

// Levels is all of them.
func (s *settling) Levels() []logrus.Level { return logrus.AllLevels }

// Fire asks once.
func (s *settling) Fire(e *logrus.Entry) error {
	if e.Message == "load settled" && !s.asked {
		s.asked = true
		s.status, s.body = s.ask()
	}
	return nil
}

// The site answers while a part is being loaded, which holds the pick-up clock: the load is seen at work.
func TestSiteAnswersWhileLoading(t *testing.T) {
	log := logrus.New()
	log.SetOutput(io.Discard)
	hook := &settling{}
	log.AddHook(hook)
	r := start(t, Options{Log: log}, "order=parallel")
	hook.ask = func() (int, string) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL()+"/data_sources", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Cookie", r.PageCookie())
		return do(t, req)
	}
	r.put("a.csv", header+"\nu,u@example.com,U,Ser\n")
	r.put("b.csv", header+"\nv,v@example.com,V,Ser\nw,w@example.com,W,Ser\n")
	r.PickUp()
	if hook.status != http.StatusOK || !strings.Contains(strings.ToLower(hook.body), "loading") {
		t.Errorf("%d: %.300s; want a load that is at work", hook.status, hook.body)
	}
}
