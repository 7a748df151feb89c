package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// byAPI plans a run with one part of n pending rows that goes by API.
func byAPI(t testing.TB, l *Ledger, n int) export.Part {
	t.Helper()
	run := begin(t, l, "run")
	tx := plan(t, l, run)
	id := must[int64](t)(tx.AddPart(export.Part{Name: "a.jsonl", Route: export.ByAPI, Rows: n}, []byte("bytes")))
	for i := 1; i <= n; i++ {
		ok(t, tx.AddRow(row(id, i, i+1, export.Pending)))
	}
	ok(t, tx.Commit(export.PlanSum{Input: n}))
	return must[[]export.Part](t)(l.Parts(run))[0]
}

// TestWrites: a row's calls are recorded before the first and after the last; what was emptied stays, and no row gets a
// second answer.
func TestWrites(t *testing.T) {
	l := newLedger(t)
	p := byAPI(t, l, 3)
	p.State = export.Loading
	ok(t, l.Move(p))
	ok(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 1, CoupaID: "7", Emptied: map[string][]string{"User Role Names": {"Buyer", "User"}}}))
	ok(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 1, CoupaID: "7", Emptied: map[string][]string{"User Role Names": {}}}))
	ok(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 2}))
	first := export.Write{Part: p.ID, PartRow: 1, CoupaID: "7", Answered: noon.Add(time.Second)}
	ok(t, l.EndWrite(first, export.RowResult{Outcome: export.Drifted, Reason: "no such department"}))
	wantErr(t, l.EndWrite(first, export.RowResult{Outcome: export.Applied}), "has its answer already")
	wantErr(t, l.BeginWrite(first), "has its answer already")
	wantErr(t, l.EndWrite(export.Write{Part: p.ID, PartRow: 2}, export.RowResult{Outcome: export.Applied}), "it has no answer")
	wantErr(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 4}), "has no row 4")
	wantErr(t, l.BeginWrite(export.Write{Part: 99, PartRow: 1}), "no part with id 99")

	first.Emptied = map[string][]string{"User Role Names": {"Buyer", "User"}}
	want := map[int]export.Write{1: first, 2: {Part: p.ID, PartRow: 2}}
	if d := cmp.Diff(want, must[map[int]export.Write](t)(l.Writes(p.ID))); d != "" {
		t.Error(d)
	}
	ok(t, l.EndWrite(export.Write{Part: p.ID, PartRow: 2, CoupaID: "8", Created: true, Answered: noon}, export.RowResult{Outcome: export.Unchanged}))
	ok(t, l.Settle(p, export.Rejected, nil)) // a person's word is about the row that has no answer
	counts := must[map[export.Outcome]int](t)(l.Counts(p.Run))
	if d := cmp.Diff(map[export.Outcome]int{export.Drifted: 1, export.Unchanged: 1, export.Rejected: 1}, counts); d != "" {
		t.Error(d)
	}
	wantErr(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 3}), "is settled and takes no answers")
	if _, known := must[map[string]export.Person](t)(l.Known())["E0003"]; !known {
		t.Error("somebody of whom Coupa holds everything is not known")
	}

	unlock := must[func() error](t)(l.Lock("test"))
	defer unlock()
	forgotten := must[ledger.Forgotten](t)(l.Forget("E0002"))
	if w := must[map[int]export.Write](t)(l.Writes(p.ID))[1]; forgotten.Rows != 1 || w.CoupaID != "" || w.Emptied != nil {
		t.Errorf("of somebody who was forgotten the ledger knows %+v", w)
	}
	file := onePart(t, l, "b.csv", 1)
	wantErr(t, l.BeginWrite(export.Write{Part: file.ID, PartRow: 1}), "takes no answers")
}

// TestForgetChecked: where rows begin with Coupa's number of a person, that alone names nobody in other people's files.
func TestForgetChecked(t *testing.T) {
	l := newLedger(t)
	run := begin(t, l, "run")
	tx := plan(t, l, run)
	for i, text := range []string{`"2","ann"`, `"3","apartment 2"`} {
		id := must[int64](t)(tx.AddPart(export.Part{Name: []string{"a.csv", "b.csv"}[i], Rows: 1}, []byte(text)))
		r := row(id, 1, i+2, export.Pending)
		r.First = text[1:2]
		ok(t, tx.AddRow(r))
	}
	ok(t, tx.Commit(export.PlanSum{Input: 2}))
	for _, p := range must[[]export.Part](t)(l.Parts(run)) {
		p.State = export.Dropped
		ok(t, l.Settle(p, export.Rejected, nil))
	}
	unlock := must[func() error](t)(l.Lock("test"))
	defer unlock()
	if f := must[ledger.Forgotten](t)(l.Forget("E0002")); f.Rows != 1 || f.Spool != 1 {
		t.Errorf("forgot %+v, want one row and one file of the spool", f)
	}
}
