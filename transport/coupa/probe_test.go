package coupa

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

func TestClock(t *testing.T) {
	now := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, date string
		want       time.Duration
	}{
		{"same", now.Format(http.TimeFormat), 0},
		{"ahead", now.Add(time.Hour).Format(http.TimeFormat), time.Hour},
		{"behind", now.Add(-90 * time.Second).Format(http.TimeFormat), -90 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "" {
					t.Error("a token was sent")
				}
				w.Header().Set("Date", c.date)
				w.WriteHeader(http.StatusUnauthorized) // any answer carries the time
			}))
			defer web.Close()
			got, err := Clock(t.Context(), Config{URL: web.URL, Now: func() time.Time { return now }}, nil)
			if err != nil || got != c.want {
				t.Errorf("%v, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestClockUnknown(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header()["Date"] = nil }))
	defer web.Close()
	if _, err := Clock(t.Context(), Config{URL: web.URL}, nil); err == nil || !strings.Contains(bothFields(err), "without its time") {
		t.Errorf("no Date: %v", err)
	}
	never := func(context.Context, time.Duration) error { return errors.New("slept") }
	_, err := Clock(t.Context(), Config{URL: nobodyThere, CheckBudget: time.Millisecond, Sleep: never}, nil)
	if not := new(export.NotDeliveredError); !errors.As(err, &not) || not.What.String() != "unreachable" {
		t.Errorf("nobody there: %v", err)
	}
}
