package explain

import (
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// TestAsOf: a verdict that came after the day is told as later, and a cell of which Coupa showed another value as drifted.
func TestAsOf(t *testing.T) {
	end := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	one := func(sent, settled time.Time) (rowStory, ledger.Episode) {
		part := export.Part{ID: 1, State: export.Settled}
		row := export.RowResult{Outcome: export.Drifted, Faults: export.Faults{{Field: "Last Name", Message: "Coupa shows Roe"}}}
		story := rowStory{
			Run: "r", Started: sent, Row: row, Part: &partStory{partFields: partFields(part)},
			Cells: []cellStory{{Column: "Login", Value: "ann"}, {Column: "Last Name", Value: "Rae"}},
		}
		return story, ledger.Episode{Row: row, Part: part, Moves: []ledger.Move{{To: export.Settled, At: settled}}}
	}
	for _, tc := range []struct {
		name    string
		settled time.Time
		later   bool
	}{
		{"a minute before its end", end.Add(-time.Minute), false},
		{"at its end", end, true},
		{"on another day", end.AddDate(0, 0, 3), true},
	} {
		story, episode := one(end.Add(-2*time.Hour), tc.settled)
		d := asOf([]rowStory{story}, []ledger.Episode{episode}, end)
		if d.Last == nil || d.Last.Later != tc.later || len(d.Cells) != 2 {
			t.Fatalf("settled %s: %+v", tc.name, d)
		}
		for _, c := range d.Cells {
			if c.Later != tc.later || !c.Known.Equal(tc.settled) || c.Drifted != (c.Column == "Last Name") {
				t.Errorf("settled %s: %+v", tc.name, c)
			}
		}
	}
	story, episode := one(end, end.Add(time.Minute))
	if d := asOf([]rowStory{story}, []ledger.Episode{episode}, end); d.Last != nil || len(d.Cells) > 0 {
		t.Errorf("a row of the next day counts: %+v", d)
	}
}
