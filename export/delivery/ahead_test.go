package delivery_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
)

// TestSentByAClockThatWasAhead: a part that was sent while the clock was two days ahead is waited for once, as long as
// a part that is sent now, and its load is looked for from the right time on.
func TestSentByAClockThatWasAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		src := &source{via: "api"}
		g := newRig(src)
		g.part("a", 1)
		ahead := began.Add(48 * time.Hour)
		g.set("a", func(p *export.Part) {
			p.State, p.Temp, p.Planned, p.Sent = export.Delivered, "/staging/a", ahead, ahead
		})
		g.mustDrive(t)
		g.want(t, "a", export.Stalled, "which is still to come", "the next run asks again")
		if took := time.Since(began); took != wait {
			t.Errorf("stalled after %s, want %s", took, wait)
		}
		if floor := src.for_[0].Since; floor.After(began.Add(-24 * time.Hour)) {
			t.Errorf("loads are looked for from %s on, which is %s", floor, began)
		}
		asked := len(src.asked)
		again := time.Now()
		g.mustDrive(t)
		if took := time.Since(again); took != 0 || len(src.asked) != asked+1 {
			t.Errorf("the next run: %d questions in %s, want one at once", len(src.asked)-asked, took)
		}
		src.answer = always("done")
		g.mustDrive(t)
		g.want(t, "a", export.Settled)
	})
}

// TestDoubtByAClockThatWasAhead: a direct write in doubt is asked about for load.pickup, not until the recorded time
// comes.
func TestDoubtByAClockThatWasAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		g := newRig(&source{via: "api"})
		g.change = func(r *delivery.Runner) { r.Direct = true }
		g.part("a", 1)
		g.set("a", func(p *export.Part) { p.State, p.Sent = export.Renaming, began.Add(48*time.Hour) })
		g.mustDrive(t)
		g.want(t, "a", export.InDoubt)
		if took := time.Since(began); took > pickup+poll {
			t.Errorf("in doubt after %s, want %s", took, pickup)
		}
	})
}
