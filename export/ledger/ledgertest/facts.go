package ledgertest

import (
	"fmt"
	"reflect"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// factsComeBack: what is known of a row comes back as it was, whatever stands in it and whatever the row before had.
func factsComeBack(t *world) {
	l := t.open()
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	said := []export.Faults{
		nil,
		{{Field: "Email", Rule: "email", Message: "is <no> \"address\"", Value: "ann <at> \"home\""}},
		{{Field: "Email", Rule: "email", Message: "is <no> \"address\""}},
		{{Origin: export.Origin{File: "users.csv", Line: 7}, Field: "Login", Rule: "required", Message: "is empty"}, {Rule: "protected", Message: "nobody", Owner: "it@acme.example"}},
		nil,
		export.CoupaFaults("email", "Email is\ninvalid; really", "no"),
	}
	var want []export.RowResult
	for i, faults := range said {
		r := Row(0, 0, i+2, export.Quarantined)
		r.Faults = faults
		if i%2 == 1 {
			r.Completed = export.ColumnNames{"Login", "Last Name"}[:1+i%3/2]
			r.Counted = []string{export.FillLimit("Status"), export.ColumnLimit("Approver Login")}[:1+i%3/2]
			r.Kinds = export.ChangeKinds(0).With(export.ChangeDeactivation).With(export.ChangeUnchecked)
		}
		OK(t, tx.AddRow(r))
		want = append(want, r)
	}
	OK(t, tx.Commit(export.PlanSum{Input: len(said)}))
	var got []export.RowResult
	OK(t, l.Rows(run, func(r export.RowResult) error { got = append(got, r); return nil }))
	if !reflect.DeepEqual(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

// addedFaults: a part's note is one fault of each row that has no answer, and what comes of a person's lists
// is one more.
func addedFaults(t *world) {
	l := t.open()
	p := byAPI(t, l, 2)
	p.State = export.Loading
	OK(t, l.Move(p))
	OK(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 1, CoupaID: "7", Emptied: map[string][]string{roles: {"Buyer"}}, Unfilled: []string{roles}}))
	p.Notes = export.Noted(export.PartNote{Kind: export.NoteSettled, Outcome: export.Rejected, By: "A; really"})
	OK(t, l.Settle(p, export.Rejected, nil))
	u := Must[[]export.Unfilled](t)(l.Unfilled())[0]
	for n := range 2 {
		OK(t, l.Filled(u, fmt.Sprintf("%s \"back\" %d", roles, n)))
	}
	var got []export.Faults
	OK(t, l.PartRows(p.ID, func(r export.RowResult) error { got = append(got, r.Faults); return nil }))
	note := export.Fault{Rule: "part", Message: "settled as rejected by A; really"}
	want := []export.Faults{{note, {Rule: "lists", Message: roles + ` "back" 0`}, {Rule: "lists", Message: roles + ` "back" 1`}}, {note}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// forgottenMessages: of the messages about others those go that name the person, however they are stored.
func forgottenMessages(t *world) {
	l := t.locked()
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	theirs := Row(0, 0, 2, export.Quarantined)
	theirs.Key = "o'neill <\"x\"> & sons"
	OK(t, tx.AddRow(theirs))
	other := Row(0, 0, 3, export.Quarantined)
	other.Faults = export.CoupaFaults("", "Email is invalid", "Approver "+theirs.Key+" is unknown", "Login is taken")
	other.Faults = append(other.Faults, export.Fault{Field: "Approver Login", Rule: "length", Message: "is too long", Value: theirs.Key})
	OK(t, tx.AddRow(other))
	OK(t, tx.Commit(export.PlanSum{Input: 2}))
	Must[ledger.Forgotten](t)(l.Forget(theirs.Key))
	var got []string
	OK(t, l.Rows(run, func(r export.RowResult) error { got = append(got, r.Faults.Text()); return nil }))
	if d := cmp.Diff([]string{"", "Email is invalid; the message named a person who was forgotten; Login is taken; the message named a person who was forgotten"}, got); d != "" {
		t.Error(d)
	}
}

// kindsComeBack: what a row would change of its person is known for as long as the ledger has the person, whatever became
// of the row.
func kindsComeBack(t *world) {
	l := t.locked()
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	id := Must[int64](t)(tx.AddPart(export.Part{Name: "a.csv", Rows: 1}, []byte("x")))
	kinds := export.ChangeKinds(0).With(export.ChangeLogin)
	row, held := Row(id, 1, 2, export.Pending), Row(0, 0, 3, export.Held)
	row.Kinds, held.Kinds = kinds.With(export.ChangeDeactivation), kinds
	older := Row(0, 0, 4, export.Held)
	for _, r := range []export.RowResult{row, held, older} {
		OK(t, tx.AddRow(r))
	}
	OK(t, tx.Commit(export.PlanSum{Input: 3}))
	part := Must[[]export.Part](t)(l.Parts(run))[0]
	Settled(t, l, part)
	check := func(when string, want ...export.ChangeKinds) {
		t.Helper()
		var got []export.ChangeKinds
		OK(t, l.PartRows(part.ID, func(r export.RowResult) error { got = append(got, r.Kinds); return nil }))
		OK(t, l.Rows(run, func(r export.RowResult) error { got = append(got, r.Kinds); return nil }))
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", when, d)
		}
	}
	check("settled", row.Kinds, held.Kinds, 0)
	story, _, err := l.Story([]string{row.Key}, -1)
	if OK(t, err); len(story) != 1 || story[0].Row.Kinds != row.Kinds {
		t.Errorf("the story says %+v", story)
	}
	Must[ledger.Forgotten](t)(l.Forget(row.Key))
	check("forgotten", 0, held.Kinds, 0)
}
