package ledgertest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// moveTable: every pair of states is compared with the table of moves; a move to the same state only adds facts.
func moveTable(t *world) {
	l := t.open()
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	pairs := 0
	for _, from := range export.PartStates() {
		for _, to := range export.PartStates() {
			pairs++
			Must[int64](t)(tx.AddPart(export.Part{Name: "from " + string(from) + " to " + string(to)}, nil))
		}
	}
	OK(t, tx.Commit(export.PlanSum{}))
	parts := map[string]export.Part{}
	for _, p := range Must[[]export.Part](t)(l.Parts(run)) {
		parts[p.Name] = p
	}
	for _, from := range export.PartStates() {
		for _, to := range export.PartStates() {
			p := parts["from "+string(from)+" to "+string(to)]
			for _, p.State = range wayTo(from) {
				OK(t, l.Move(p))
			}
			p.State = to
			err := l.Move(p)
			_, table := from.To(to)
			switch {
			case (table == nil || from == to) != (err == nil):
				t.Errorf("%s to %s: error %v, table %v", from, to, err, table)
			case err != nil:
				WantErr(t, err, "part "+p.Name, table.Error())
				to = from
			}
			moved := Must[[]export.Part](t)(l.Parts(run))
			i := slices.IndexFunc(moved, func(m export.Part) bool { return m.ID == p.ID })
			if got := moved[i].State; got != to {
				t.Errorf("%s to %s: the ledger says %s", from, p.State, got)
			}
		}
	}
	if pairs != 81 {
		t.Errorf("%d pairs, want 81", pairs)
	}
}

// wayTo returns the states through which a planned part reaches a state.
func wayTo(state export.PartState) []export.PartState {
	ways := map[export.PartState][]export.PartState{export.Planned: {}}
	for range export.PartStates() {
		for from, way := range ways {
			for _, next := range export.PartStates() {
				_, known := ways[next]
				if _, err := from.To(next); err == nil && !known {
					ways[next] = append(slices.Clone(way), next)
				}
			}
		}
	}
	return ways[state]
}

func moveRecordsFactsAndHistory(t *world) {
	l := t.open()
	old := OnePart(t, l, "a.csv", 1)
	p := old
	taken := export.PartNotes{
		{Kind: export.NoteOtherSize, Load: "7", Status: "s", Has: 1, Of: 1 << 40, Because: "b", Words: []string{"w; w", ""}, Origin: export.Origin{File: "a.csv", Line: 2},
			Outcome: export.Rejected, By: "A", After: time.Second, Wait: time.Hour, Sent: Noon, Text: "\"t"},
		{Kind: export.NoteNotListed},
	}
	p.State, p.Temp, p.Notes = export.Staged, "/Incoming/Users/.a.csv", taken
	OK(t, l.Move(p))
	OK(t, l.Move(p)) // nothing is new
	p.State = export.Renaming
	OK(t, l.Move(p))
	p.State, p.Sent, p.Notes = export.Delivered, Noon.In(time.FixedZone("", 3600)), nil
	OK(t, l.Move(p))
	p.LoadID = "77"
	OK(t, l.Move(p)) // only a fact is new
	p.State, p.Via, p.Verdict = export.Loading, "api", export.VerdictOK
	p.Name, p.Rows, p.SHA256, p.Wave = "other", 99, "00", 9 // fields that Move does not change
	OK(t, l.Move(p))
	p.State = export.Staged
	WantErr(t, l.Move(p), `from "loading" to "staged"`)

	want := old
	want.State, want.Temp, want.Sent, want.LoadID, want.Via, want.Verdict = export.Loading, p.Temp, Noon, "77", "api", export.VerdictOK
	if d := cmp.Diff([]export.Part{want}, Must[[]export.Part](t)(l.Parts(p.Run))); d != "" {
		t.Errorf("part (-want +got):\n%s", d)
	}
	wantMoves := []ledger.Move{
		{From: export.Planned, To: export.Staged, At: Noon, Notes: taken}, {From: export.Staged, To: export.Renaming, At: Noon, Notes: taken},
		{From: export.Renaming, To: export.Delivered, At: Noon}, {From: export.Delivered, To: export.Delivered, At: Noon},
		{From: export.Delivered, To: export.Loading, At: Noon},
	}
	if d := cmp.Diff(wantMoves, Must[[]ledger.Move](t)(l.Moves(p.ID))); d != "" {
		t.Errorf("moves (-want +got):\n%s", d)
	}
}

// orderOfUnfinished: Unfinished orders runs by their start, not by id.
func orderOfUnfinished(t *world) {
	l := t.open()
	var want []string
	for i, run := range []string{"z", "a"} {
		Must[export.RunRecord](t)(l.BeginRun(export.RunRecord{ID: run, Started: Noon}))
		tx := Plan(t, l, run)
		for _, p := range []export.Part{{Name: "2", Wave: 1}, {Name: "1", Wave: 2}, {Name: "3", Wave: 1}} {
			p.Name = fmt.Sprint(run, p.Name)
			Must[int64](t)(tx.AddPart(p, nil))
		}
		OK(t, tx.Commit(export.PlanSum{Input: i}))
		want = append(want, run+"2", run+"3", run+"1")
	}
	var got []string
	for _, p := range Must[[]export.Part](t)(l.Unfinished()) {
		got = append(got, p.Name)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
}

// callbacks: a callback may call the ledger, and its error is returned unchanged.
func callbacks(t *world) {
	l := t.open()
	p := delivered(t, l, "a.csv", 3)
	stop := errors.New("stop")
	calls := 0
	f := func(export.RowResult) error {
		calls++
		Must[[]export.Part](t)(l.Unfinished())
		p.Notes = export.Noted(export.PartNote{Kind: export.NoteOpenRows, Has: int64(calls)})
		OK(t, l.Move(p))
		if calls%2 == 0 {
			return stop
		}
		return nil
	}
	if err := l.PartRows(p.ID, f); err != stop || calls != 2 {
		t.Errorf("part rows: error %v after %d calls", err, calls)
	}
	if err := l.Rows(p.Run, f); err != stop || calls != 4 {
		t.Errorf("rows: error %v after %d calls", err, calls)
	}
}
