package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Heartbeat pings an address as healthchecks.io documents it: the address itself is success, /start and /fail say the
// others. What is silent for too long is missed by the service, not by us.
type Heartbeat struct{ URL export.Secret }

// pingPatience bounds one ping; there are at most three of each.
const pingPatience = 5 * time.Second

// Signal is what a ping says.
type Signal string

const (
	Started Signal = "start"
	Success Signal = ""
	Failure Signal = "fail"
)

func (h *Heartbeat) String() string { return "heartbeat at " + hostOf(h.URL) }

// Ping sends one signal with a line about it.
func (h *Heartbeat) Ping(ctx context.Context, s Signal, line string) error {
	u, err := url.Parse(h.URL.Reveal())
	if err != nil {
		return errors.New("heartbeat.url cannot be read")
	}
	if s != Success {
		u.Path, u.RawPath = strings.TrimRight(u.Path, "/")+"/"+string(s), ""
	}
	header := http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	if err := post(ctx, u.String(), header, []byte(line), pingPatience); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	return nil
}
