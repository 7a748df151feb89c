package ledgertest

import (
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// byAPI plans a run with one part of n pending rows that goes by API.
func byAPI(t *world, l ledger.Ledger, n int) export.Part {
	t.Helper()
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	id := Must[int64](t)(tx.AddPart(export.Part{Name: "a.jsonl", Route: export.ByAPI, Rows: n}, []byte("bytes")))
	for i := 1; i <= n; i++ {
		OK(t, tx.AddRow(Row(id, i, i+1, export.Pending)))
	}
	OK(t, tx.Commit(export.PlanSum{Input: n}))
	return Must[[]export.Part](t)(l.Parts(run))[0]
}

// recordedWrites: a row's calls are recorded before the first and after the last. The content of emptied lists stays
// recorded, and no row gets a second answer.
func recordedWrites(t *world) {
	l := t.open()
	p := byAPI(t, l, 3)
	p.State = export.Loading
	OK(t, l.Move(p))
	OK(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 1, CoupaID: "7", Emptied: map[string][]string{"User Role Names": {"Buyer", "User"}}}))
	OK(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 1, CoupaID: "7", Emptied: map[string][]string{"User Role Names": {}}}))
	OK(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 2}))
	first := export.Write{Part: p.ID, PartRow: 1, CoupaID: "7", Answered: Noon.Add(time.Second)}
	OK(t, l.EndWrite(first, export.RowResult{Outcome: export.Drifted, Faults: export.Faults{{Message: "no such department"}}}))
	WantErr(t, l.EndWrite(first, export.RowResult{Outcome: export.Applied}), "has its answer already")
	WantErr(t, l.BeginWrite(first), "has its answer already")
	WantErr(t, l.EndWrite(export.Write{Part: p.ID, PartRow: 2}, export.RowResult{Outcome: export.Applied}), "it has no answer")
	WantErr(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 4}), "has no row 4")
	WantErr(t, l.BeginWrite(export.Write{Part: 99, PartRow: 1}), "no part with id 99")

	first.Emptied = map[string][]string{"User Role Names": {"Buyer", "User"}}
	want := map[int]export.Write{1: first, 2: {Part: p.ID, PartRow: 2}}
	if d := cmp.Diff(want, Must[map[int]export.Write](t)(l.Writes(p.ID))); d != "" {
		t.Error(d)
	}
	OK(t, l.EndWrite(export.Write{Part: p.ID, PartRow: 2, CoupaID: "8", Created: true, Answered: Noon}, export.RowResult{Outcome: export.Unchanged}))
	OK(t, l.Settle(p, export.Rejected, nil)) // a person decides only about the row that has no answer
	counts := Must[map[export.Outcome]int](t)(l.Counts(p.Run))
	if d := cmp.Diff(map[export.Outcome]int{export.Drifted: 1, export.Unchanged: 1, export.Rejected: 1}, counts); d != "" {
		t.Error(d)
	}
	WantErr(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 3}), "is settled and takes no answers")
	if _, known := KnownTo(t, l)["E0003"]; !known {
		t.Error("a person with all lists in Coupa is not known")
	}

	unlock := Must[func() error](t)(l.Lock("test"))
	defer unlock()
	forgotten := Must[ledger.Forgotten](t)(l.Forget("E0002"))
	if w := Must[map[int]export.Write](t)(l.Writes(p.ID))[1]; forgotten.Rows != 1 || w.CoupaID != "" || w.Emptied != nil {
		t.Errorf("of a forgotten person the ledger knows %+v", w)
	}
	file := OnePart(t, l, "b.csv", 1)
	WantErr(t, l.BeginWrite(export.Write{Part: file.ID, PartRow: 1}), "takes no answers")
}

const roles, groups = "User Role Names", "Content Groups"

// emptied returns a ledger and a part of one row; a call has emptied the roles of its person.
func emptied(t *world) (ledger.Ledger, export.Part) {
	l := t.open()
	p := byAPI(t, l, 1)
	p.State = export.Loading
	OK(t, l.Move(p))
	OK(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 1, CoupaID: "7", Emptied: map[string][]string{roles: {"User"}}, Unfilled: []string{roles}}))
	return l, p
}

// unfilledPeople: a list that a call has emptied is known until it is filled, also after the part is settled. Another
// list that a later start empties is added to it.
func unfilledPeople(t *world) {
	l, p := emptied(t)
	OK(t, l.BeginWrite(export.Write{
		Part: p.ID, PartRow: 1, CoupaID: "7", Emptied: map[string][]string{roles: {}, groups: {"Legal"}}, Unfilled: []string{groups, roles},
	}))
	OK(t, l.Settle(p, export.Rejected, nil))
	people := Must[[]export.Unfilled](t)(l.Unfilled())
	if len(people) != 1 || people[0].Part != p.Name || people[0].State != export.Settled || people[0].Row.Key == "" || people[0].CoupaID != "7" {
		t.Fatalf("without lists: %+v", people)
	}
	if d := cmp.Diff(map[string][]string{roles: {"User"}, groups: {"Legal"}}, people[0].Lists); d != "" {
		t.Error(d)
	}
	u := people[0]
	u.Lists = map[string][]string{groups: {"Legal"}}
	OK(t, l.Filled(u, "roles were put back"))
	if people = Must[[]export.Unfilled](t)(l.Unfilled()); len(people) != 1 || len(people[0].Lists) != 1 || people[0].Row.Faults.Text() != "roles were put back" {
		t.Errorf("without lists: %+v", people)
	}
	u.Lists = nil
	OK(t, l.Filled(u, ""))
	if people = Must[[]export.Unfilled](t)(l.Unfilled()); len(people) > 0 {
		t.Errorf("without lists: %+v", people)
	}
	u.PartRow = 2
	WantErr(t, l.Filled(u, ""), "was never written")
}

// unfilledStays: neither pruning nor forgetting removes the content of a list that is not filled again.
func unfilledStays(t *world) {
	l, p := emptied(t)
	OK(t, l.Settle(p, export.Rejected, nil))
	r, _, err := l.Run(p.Run)
	OK(t, err)
	r.State, r.Ended = export.RunEnded, Noon
	OK(t, l.EndRun(r))
	unlock := Must[func() error](t)(l.Lock("test"))
	defer unlock()
	t.now = Noon.AddDate(10, 0, 0)
	soon := ledger.Retention{Parts: time.Hour, Values: time.Hour, History: 2 * time.Hour}
	if got := Must[ledger.Pruned](t)(l.Prune(soon, false)); got.Runs+got.Rows > 0 {
		t.Errorf("pruned %+v", got)
	}
	_, err = l.Forget(Must[[]export.Unfilled](t)(l.Unfilled())[0].Row.Key)
	WantErr(t, err, "hr2coupa settle a.jsonl rejected")
	u := Must[[]export.Unfilled](t)(l.Unfilled())[0]
	u.Lists = nil
	OK(t, l.Filled(u, ""))
	if got := Must[ledger.Pruned](t)(l.Prune(soon, false)); got.Runs != 1 {
		t.Errorf("pruned %+v", got)
	}
}
