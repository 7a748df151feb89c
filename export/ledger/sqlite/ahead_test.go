package sqlite

import (
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Times that a clock that was ahead has recorded are told; an approval given then does not count, since it would for
// longer than was said; and what a later run shows to be old is pruned.
func TestTimesStillToCome(t *testing.T) {
	a := newAged(t)
	if got := must[ledger.Ahead](t)(a.Ahead(a.now)); !got.Latest.IsZero() || got.Approvals != nil {
		t.Errorf("an empty ledger: %+v", got)
	}
	a.now = noon.Add(3650 * day)
	old := a.night(t, "old.csv")
	a.over(t, old)
	held := a.held(t, "held.csv")
	ok(t, a.Approve(export.Approval{Run: held, By: "A", At: a.now, Expires: a.now.Add(day), Ceilings: map[string]int{export.CreatesLimit: 1}}))

	a.now = noon
	got := must[ledger.Ahead](t)(a.Ahead(a.now))
	if !got.Latest.Equal(noon.Add(3650*day)) || len(got.Approvals) != 1 || got.Approvals[0].Run != held {
		t.Errorf("%+v, want the approval of %s and the time of the night", got, held)
	}
	if list := must[[]export.Approval](t)(a.Approvals(a.now)); len(list) != 0 {
		t.Errorf("an approval that is still to come counts: %v", list)
	}
	if list := must[[]export.Approval](t)(a.Approvals(noon.Add(3650*day + time.Hour))); len(list) != 1 {
		t.Errorf("%d approvals count once their time has come, want 1", len(list))
	}
	if got := must[ledger.Ahead](t)(a.Ahead(noon.Add(3650*day - time.Second))); !got.Latest.IsZero() {
		t.Errorf("a second ahead is told: %+v", got)
	}

	r := ledger.Retention{Parts: 30 * day, Values: 60 * day, History: 90 * day}
	young := a.night(t, "young.csv")
	a.over(t, young)
	a.now = noon.Add(29 * day)
	if got := must[ledger.Pruned](t)(a.Prune(r, false)); got != (ledger.Pruned{}) {
		t.Errorf("after 29 days: %+v", got)
	}
	a.now = noon.Add(91 * day)
	a.night(t, "now.csv")
	if got := must[ledger.Pruned](t)(a.Prune(r, false)); got.Runs != 2 {
		t.Errorf("after 91 days: %+v, want both nights to go", got)
	}
}
