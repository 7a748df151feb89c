package reconciling

import (
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// TestLeaverTold is the table of which row has shut a leaver out.
func TestLeaverTold(t *testing.T) {
	t.Parallel()
	left := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	row := func(hours int, status string, outcome export.Outcome) ledger.Episode {
		at := left.Add(time.Duration(hours) * time.Hour)
		return ledger.Episode{Run: export.RunRecord{ID: at.Format("02T15"), Started: at}, Row: export.RowResult{Status: status, Outcome: outcome}, Part: export.Part{Planned: at}}
	}
	for name, c := range map[string]struct {
		story []ledger.Episode // newest first
		run   string
		why   export.Outcome
	}{
		"no row":            {},
		"one":               {story: []ledger.Episode{row(5, "inactive", export.Applied)}, run: "01T05"},
		"the first of two":  {story: []ledger.Episode{row(50, "inactive", export.Applied), row(5, "inactive", export.Applied), row(-900, "active", export.Applied)}, run: "01T05"},
		"back, and again":   {story: []ledger.Episode{row(50, "inactive", export.Applied), row(20, "active", export.Applied), row(5, "inactive", export.Applied)}, run: "03T02"},
		"ahead of the day":  {story: []ledger.Episode{row(-20, "inactive", export.Applied)}, run: "30T04"},
		"held before":       {story: []ledger.Episode{row(50, "inactive", export.Applied), row(5, "inactive", export.Held)}, run: "03T02", why: export.Held},
		"drifted":           {story: []ledger.Episode{row(5, "inactive", export.Drifted)}, why: export.Drifted},
		"long before, held": {story: []ledger.Episode{row(5, "inactive", export.Applied), row(-900, "active", export.Held)}, run: "01T05"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := Leaver{Left: left}
			if l.tell(c.story); l.Run != c.run || l.Why != c.why || (l.Hours != nil) != (c.run != "") {
				t.Errorf("run %q, why %q, want %q, %q", l.Run, l.Why, c.run, c.why)
			}
		})
	}
}
