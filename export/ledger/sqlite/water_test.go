package sqlite

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestWater: the counters never go back, also where what they counted was pruned; a part counts as sent once it left.
func TestWater(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "ledger"))
	if w := must[export.Water](t)(l.Water(time.Time{})); w.Planned || w.Runs+w.Parts > 0 {
		t.Errorf("an empty ledger has come to %+v", w)
	}
	begin(t, l, "run")
	if w := must[export.Water](t)(l.Water(time.Time{})); w.Planned || w.Runs != 1 {
		t.Errorf("a run without a plan makes %+v", w)
	}
	p := onePart(t, l, "a.csv", 1)
	onePart(t, l, "b.csv", 1)
	p.State = export.Renaming
	ok(t, l.Move(p))
	p.State, p.Sent = export.Delivered, noon
	ok(t, l.Move(p))
	w := must[export.Water](t)(l.Water(noon.Add(-time.Hour)))
	if !w.Planned || w.Runs != 3 || w.Parts != 2 || !slices.Equal(w.Sent, []string{"a.csv"}) {
		t.Errorf("come to %+v", w)
	}
	if w := must[export.Water](t)(l.Water(noon.Add(time.Hour))); len(w.Sent) > 0 {
		t.Errorf("sent an hour later: %v", w.Sent)
	}
	if got := must[[]string](t)(l.Unknown([]string{"z.csv", "a.csv", "b.csv", "it's.csv"})); !slices.Equal(got, []string{"z.csv", "it's.csv"}) {
		t.Errorf("unknown: %v", got)
	}
}
