package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// crashes are the places where CRASH makes a process of the scripts crash, as a bug of ours would.
var crashes = map[string]func(*wiring.Env){
	"planning": func(env *wiring.Env) { // on the goroutine of the command, with a person in the value of the panic
		env.Seams.Ledger = func(l wiring.Store) wiring.Store { return crashingLedger{l} }
	},
	"opening": func(env *wiring.Env) { // while it holds the lock, before there is anything to do
		env.Seams.Ledger = func(l wiring.Store) wiring.Store { return crashingSweep{l} }
	},
	"telling": func(env *wiring.Env) { // at the end of a start, when its result is recorded
		env.Seams.Ledger = func(l wiring.Store) wiring.Store { return crashingUnfilled{l} }
	},
	"settled": func(env *wiring.Env) { // it is killed once the verdict of a part is recorded
		env.Seams.Ledger = func(l wiring.Store) wiring.Store { return killingSettle{l} }
	},
	"ending": func(env *wiring.Env) { // it is killed when it would record the end of its run
		env.Seams.Ledger = func(l wiring.Store) wiring.Store { return killingEnd{l, false} }
	},
	"ended": func(env *wiring.Env) { // it is killed once the end of its run is recorded
		env.Seams.Ledger = func(l wiring.Store) wiring.Store { return killingEnd{l, true} }
	},
	"token":   func(env *wiring.Env) { env.HTTP = crashingHTTP("/oauth2/token") }, // on another goroutine than the command's
	"looking": func(env *wiring.Env) { env.HTTP = crashingHTTP("/api/users") },    // on one of several goroutines at work
	"stack": func(env *wiring.Env) { // a fault that Go's runtime ends the program for, whatever handlers there are
		debug.SetMaxStack(1 << 20)
		var deeper func(int) int
		deeper = func(n int) int { return deeper(n+1) + n }
		env.Seams.Ledger = func(l wiring.Store) wiring.Store { depth = deeper(0); return l }
	},
}

// program is Main with the crash that CRASH names, and the clock that CLOCK sets.
func program(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	crash, clock := crashes[os.Getenv("CRASH")], os.Getenv("CLOCK")
	if crash == nil && clock == "" {
		return Main(context.Background(), args, os.Getenv, stdin, stdout, stderr)
	}
	env := newApp(os.Getenv, stdin, stdout, stderr)
	if clock != "" {
		env.Now = clockFrom(clock)
	}
	if crash != nil {
		crash(env)
	}
	return execute(context.Background(), env, args)
}

// clockFrom returns a clock that begins now, at a moment (RFC 3339) or so much later than the true one (24h).
func clockFrom(text string) func() time.Time {
	ahead, err := time.ParseDuration(text)
	if err != nil {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err)
		}
		ahead = time.Until(at)
	}
	return func() time.Time { return time.Now().Add(ahead) }
}

var depth int // so that the recursion has a use

type crashingLedger struct{ wiring.Store }

func (crashingLedger) BeginRun(export.RunRecord) (export.RunRecord, error) {
	panic("Plantedlast, Ann has no login")
}

type crashingSweep struct{ wiring.Store }

func (crashingSweep) Sweep() (int, error) { panic("opening") }

type crashingUnfilled struct{ wiring.Store }

func (crashingUnfilled) Unfilled() ([]export.Unfilled, error) { panic("telling") }

type killingSettle struct{ wiring.Store }

func (l killingSettle) Settle(p export.Part, rest export.Outcome, results []export.RowResult) error {
	if err := l.Store.Settle(p, rest, results); err != nil {
		return err
	}
	die()
	return nil
}

type killingEnd struct {
	wiring.Store
	late bool
}

func (l killingEnd) EndRun(r export.RunRecord) error {
	if l.late {
		if err := l.Store.EndRun(r); err != nil {
			return err
		}
	}
	die()
	return nil
}

// die ends this process as kill -9 does: nothing that it would still do is done.
func die() {
	if self, err := os.FindProcess(os.Getpid()); err == nil && self.Kill() == nil {
		select {}
	}
	panic("this process cannot be killed")
}

// crashingHTTP crashes when a request has this path.
func crashingHTTP(path string) *http.Client {
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, path) {
			var none []error
			return nil, none[len(r.Method)]
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestCrashGivesTheLockBack: a watcher lives on after a start that crashed, wherever it did, and its next start must not
// find that start's lock.
func TestCrashGivesTheLockBack(t *testing.T) {
	for _, at := range []string{"opening", "planning", "telling"} {
		t.Run(at, func(t *testing.T) {
			g, err := newTheatre(t.TempDir(), fate{way: ways()[0]})
			if err != nil {
				t.Fatal(err)
			}
			defer g.twin.Close()
			for range 2 {
				var out bytes.Buffer
				env := g.app(&tap{}, &out)
				crashes[at](env)
				if code := execute(t.Context(), env, append(g.work(), "-c", g.path("hr2coupa.yaml"))); code != export.ExitFault {
					t.Errorf("a start that crashed ended with %d, want %d\n%s", code, export.ExitFault, g.log.String())
				}
			}
		})
	}
}
