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

// Heartbeat pings an address in the way that healthchecks.io documents: the address itself means success, /start and
// /fail the rest. The service, not this program, notices when pings stay away.
type Heartbeat struct{ URL export.Secret }

// pingPatience bounds one ping; each signal is tried at most three times.
const pingPatience = 5 * time.Second

// Signal is the kind of a ping: start, success or failure.
type Signal string

const (
	Started Signal = "start"
	Success Signal = ""
	Failure Signal = "fail"
)

// String names the target by its host, without the secret path.
func (h *Heartbeat) String() string { return "heartbeat at " + hostOf(h.URL) }

// Ping sends one signal with a line of text about it.
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
