package export_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestApproveCommand: the command names each limit that holds the run, and the plan is within the limits it names.
func TestApproveCommand(t *testing.T) {
	limits := export.Limits{Columns: map[string]export.Limit{"Boss's Login": {}, "A allows 1": {Count: 1}}, Shrink: 20}
	plan := &export.Plan{Rows: 127, Deactivations: 120, Columns: map[string]int{"Boss's Login": 9, "A allows 1": 8}, Filled: map[string]export.Filling{"Boss's Login": {Known: 9, Blank: 5}}}
	seen := export.Seen{People: 300, Feed: 7, LastFeed: 70}
	want := `hr2coupa approve R --deactivations 120 --updates 7 --column 'A allows 1=8' --column 'Boss'\''s Login=9' --fill 'Boss'\''s Login=5' --shrink --expires 24h --by NAME`
	if d := cmp.Diff(want, export.ApproveCommand("R", limits.Broken(plan, seen))); d != "" {
		t.Error(d)
	}
	limits.Approved = []export.Approval{{Ceilings: map[string]int{
		export.DeactivationsLimit: 120, export.UpdatesLimit: 7, export.ColumnLimit("A allows 1"): 8, export.ColumnLimit("Boss's Login"): 9, export.ShrinkLimit: 1,
		export.FillLimit("Boss's Login"): 5,
	}}}
	if broken := limits.Broken(plan, seen); broken != nil {
		t.Errorf("held all the same: %v", broken)
	}
	for _, strange := range []string{"", "limits.", "limits.updates", "limits.updates allows nobody", "a limit of an older program"} {
		if got := export.ApproveCommand("R", []export.Breach{{Text: strange}}); got != "hr2coupa approve R --expires 24h --by NAME" {
			t.Errorf("%q: %s", strange, got)
		}
	}
}
