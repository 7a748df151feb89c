package export_test

import (
	"fmt"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestHeldLimits: each limit counts the people of its kind, and names the first of them.
func TestHeldLimits(t *testing.T) {
	row := func(kinds ...export.ChangeKind) *export.RowResult {
		r := &export.RowResult{Key: "k", Outcome: export.Held}
		for _, k := range kinds {
			r.Kinds = r.Kinds.With(k)
		}
		return r
	}
	withCell := row(export.ChangeOther)
	withCell.Change = &export.PersonChange{Cells: []export.CellChange{{Column: "Department", Kind: export.ChangeOther}}}
	blank := &export.RowResult{Outcome: export.Quarantined, Counted: []string{export.FillLimit("Status")}}
	for limit, counted := range map[string]*export.RowResult{
		export.DeactivationsLimit: row(export.ChangeDeactivation, export.ChangeLogin), export.CreatesLimit: row(export.ChangeCreate),
		export.ReactivationsLimit: row(export.ChangeReactivation), export.LoginsLimit: row(export.ChangeLogin), export.NumbersLimit: row(export.ChangeNumber),
		export.EmailsLimit: row(export.ChangeEmail), export.RolesTakenLimit: row(export.ChangeRoleTaken), export.RolesGivenLimit: row(export.ChangeRoleGiven),
		export.UpdatesLimit: row(export.ChangeOther), export.ColumnLimit("Department"): withCell,
		export.ApprovalLimitsLimit: row(export.ChangeApprovalLimit), export.FillLimit("Status"): blank,
	} {
		h := export.HeldLimits([]export.Breach{{Limit: limit, Has: 30}, {Limit: export.ShrinkLimit}, {Text: "of an earlier program"}})
		if len(h) != 1 || h[0].Needs != 30 {
			t.Fatalf("%s: %+v", limit, h)
		}
		for i := range export.ShownHeld + 5 {
			counted.Key = fmt.Sprint(i)
			if !h[0].Add(counted) {
				t.Errorf("%s does not count %v", limit, counted.Kinds.List())
			}
		}
		if h[0].People != export.ShownHeld+5 || len(h[0].First) != export.ShownHeld || h[0].First[1].Key != "1" {
			t.Errorf("%s: %d people, %d named", limit, h[0].People, len(h[0].First))
		}
		for _, other := range []*export.RowResult{row(), row(export.ChangeFilled, export.ChangeDeactivation)} {
			if limit != export.DeactivationsLimit && h[0].Add(other) {
				t.Errorf("%s counts %v", limit, other.Kinds.List())
			}
		}
	}
}
