package ledgertest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// changedIn returns what a row has changed, as Coupa showed it.
func changedIn(cells ...export.CellChange) *export.PersonChange {
	return &export.PersonChange{CoupaID: "77", Against: export.AgainstCoupa, Cells: cells}
}

// changesComeBack: what a row changes of its person comes back in the person's story, values from before included, until the
// values of the run are pruned or the person is forgotten. Of others the cells go that name the person. A new user has no
// values from before.
func changesComeBack(t *world) {
	l := t.locked()
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	id := Must[int64](t)(tx.AddPart(export.Part{Name: "a.csv", Rows: 3}, []byte("x")))
	title := export.CellChange{Column: "Title", Kind: export.ChangeFilled, New: "<R&D>", Known: true}
	taken := export.CellChange{Column: "User Role Names", Kind: export.ChangeRoleTaken, Old: "User,Buyer", New: "User", Known: true, Lost: []string{"Buyer"}}
	names := export.CellChange{Column: "Approver Login", Kind: export.ChangeOther, Old: "U2", New: "boss", Known: true}
	unknown := export.CellChange{Column: "Department", Kind: export.ChangeOther, New: "Legal"}
	rows := []export.RowResult{Row(id, 1, 2, export.Pending), Row(id, 2, 3, export.Pending), Row(id, 3, 4, export.Pending), Row(0, 0, 5, export.Held)}
	rows[0].Change, rows[1].Change, rows[3].Change = changedIn(title, taken), changedIn(unknown, names), changedIn(taken)
	rows[2].Change = &export.PersonChange{Against: export.AgainstNothing, Cells: []export.CellChange{title}}
	for _, r := range rows {
		OK(t, tx.AddRow(r))
	}
	OK(t, tx.Commit(export.PlanSum{Input: 4}))
	want := func(when string, changes ...*export.PersonChange) {
		t.Helper()
		for i, c := range changes {
			wantChange(t, l, when, rows[i].Key, c)
		}
	}
	want("planned", rows[0].Change, rows[1].Change, nil, rows[3].Change)
	Settled(t, l, Must[[]export.Part](t)(l.Parts(run))[0])
	OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunEnded, Ended: t.now}))
	want("settled", rows[0].Change, rows[1].Change, nil, rows[3].Change)
	wantTaken(t, l, run, rows[0], rows[1], rows[2])

	Must[ledger.Forgotten](t)(l.Forget(rows[0].Key))
	rows[0].Key = "" // no one's
	want("forgotten", nil, changedIn(unknown), nil, rows[3].Change)
	rows[0].Change, rows[1].Change = nil, changedIn(unknown)
	wantTaken(t, l, run, rows[0], rows[1], rows[2])
	t.now = Noon.Add(61 * Day)
	Must[ledger.Pruned](t)(l.Prune(ledger.Retention{Parts: 60 * Day, Values: 60 * Day, History: 90 * Day}, false))
	want("pruned", nil, nil, nil, nil)
	t.wantSound()
}

// wantChange requires what the only row of a person has changed.
func wantChange(t testing.TB, l ledger.Ledger, when, key string, want *export.PersonChange) {
	t.Helper()
	story, _, err := l.Story([]string{key}, -1)
	if OK(t, err); len(story) != 1 {
		t.Fatalf("%s: %d rows of %q", when, len(story), key)
	}
	if d := cmp.Diff(want, story[0].Row.Change); d != "" {
		t.Errorf("%s: %q (-want +got):\n%s", when, key, d)
	}
}

// wantTaken requires the rows of a run that Coupa has taken, with what they have changed.
func wantTaken(t testing.TB, l ledger.Ledger, run string, want ...export.RowResult) {
	t.Helper()
	n := 0
	OK(t, l.Taken(run, func(r export.RowResult) error {
		if n < len(want) && want[n].Change != nil && want[n].Change.Against == export.AgainstNothing {
			want[n].Change = nil // there is nothing to keep
		}
		if n >= len(want) || r.Key != want[n].Key || r.Outcome != export.Applied || !cmp.Equal(r.Change, want[n].Change) {
			t.Errorf("row %d of those that Coupa has taken is %+v", n, r)
		}
		n++
		return nil
	}))
	if n != len(want) {
		t.Errorf("Coupa has taken %d rows, want %d", n, len(want))
	}
}
