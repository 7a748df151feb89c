package delivery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
)

// TestDirect: a part is written under its final name. After an interrupted write the file is looked for in the
// direction in which it moves, and never written again.
func TestDirect(t *testing.T) {
	torn := func(g *rig) {
		g.server.point = func(what string) {
			if what == "looked" {
				return
			}
			g.server.folder["a"] = 40
		}
	}
	for _, c := range []struct {
		name   string
		fault  string
		before func(*rig)
		source *source
		state  export.PartState
		moves  string
		took   time.Duration
		note   string
	}{
		{"clean", "", nil, done(), export.Settled, "a renaming, a delivered, a settled", 0, ""},
		{"only the answer is lost", "written", nil, done(), export.Settled, "a renaming, a delivered, a settled", 2 * time.Second, ""},
		{"the answer is lost, and it was picked up at once", "written", func(g *rig) {
			g.server.point = func(what string) {
				if what == "written" {
					delete(g.server.folder, "a")
					g.server.archive["a"] = 100
				}
			}
		}, done(), export.Settled, "a renaming, a delivered, a settled", 2 * time.Second, ""},
		{"gone, and Coupa lists it", "write", nil, done(), export.Settled, "a renaming, a delivered, a settled", 2 * time.Second, ""},
		{"half of it lies there", "write", torn, &source{via: "api"}, export.InDoubt, "a renaming, a in doubt", 2 * time.Second, "40 of 100 bytes"},
		{"seen nowhere: a no of the load list counts after load.pickup", "write", nil, &source{via: "api"}, export.InDoubt,
			"a renaming, a in doubt", pickup + 2*time.Second, "seen nowhere"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(c.source)
				g.change = func(r *delivery.Runner) { r.Direct = true }
				g.part("a", 1)
				if c.fault != "" {
					g.server.faults[c.fault] = []error{errWire}
				}
				if c.before != nil {
					c.before(g)
				}
				began := time.Now()
				g.mustDrive(t)
				g.want(t, "a", c.state, c.note)
				g.wantMoves(t, c.moves)
				if took := time.Since(began); took < c.took || took > c.took+poll {
					t.Errorf("took %s, want %s", took, c.took)
				}
				if n := g.server.arrived["a"]; n > 1 {
					t.Errorf("written %d times", n)
				}
			})
		})
	}
}

// TestDirectInterruptedWhileAsking: an interrupted question is no "no", so the part is not in doubt yet.
func TestDirectInterruptedWhileAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		src := &source{via: "api", answer: func(export.LoadQuery) (*export.Load, error) {
			cancel(errSignal)
			return nil, context.Cause(ctx)
		}}
		g := newRig(src)
		g.change = func(r *delivery.Runner) { r.Direct = true }
		g.part("a", 1)
		g.set("a", func(p *export.Part) { p.State, p.Planned = export.Renaming, time.Now().Add(-time.Hour) })
		if _, err := g.drive(ctx); !errors.Is(err, errSignal) {
			t.Errorf("got %v", err)
		}
		g.want(t, "a", export.Renaming)
	})
}
