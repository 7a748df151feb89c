package ledgertest

import (
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// delivered plans a run with one part and delivers it.
func delivered(t *world, l ledger.Ledger, name string, rows int) export.Part {
	t.Helper()
	return Deliver(t, l, OnePart(t, l, name, rows))
}

// droppedFilesAreNoPeople: rows of a dropped file add no known people. Such a file may use other keys than HR does, and
// percentages refer to HR's people.
func droppedFilesAreNoPeople(t *world) {
	l := t.open()
	run := Begin(t, l, "drop")
	tx := Plan(t, l, run)
	id := Must[int64](t)(tx.AddPart(export.Part{Name: "d.csv", Rows: 1}, []byte("d")))
	OK(t, tx.AddRow(Row(id, 1, 2, export.Pending)))
	OK(t, tx.Commit(export.PlanSum{Input: 1}))
	p := Must[[]export.Part](t)(l.Parts(run))[0]
	for _, s := range []export.PartState{export.Staged, export.Renaming, export.Delivered} {
		p.State = s
		OK(t, l.Move(p))
	}
	p.State = export.Settled
	OK(t, l.Settle(p, export.Applied, nil))
	if n := Must[int](t)(l.People()); n != 0 {
		t.Errorf("%d people, want none", n)
	}
}

func settledPart(t *world) {
	l := t.open()
	p := delivered(t, l, "a.csv", 4)
	p.Verdict, p.LoadID, p.Via, p.Notes = export.VerdictPartial, "5", "api", export.Noted(export.PartNote{Kind: export.NoteLoose, Has: 2, Load: "5"})
	refused := []export.RowResult{
		{PartRow: 2, Outcome: export.Rejected, Faults: export.Faults{{Message: "Email is taken"}}}, {PartRow: 4, Outcome: export.Drifted, Faults: export.Faults{{Message: "Status differs"}}},
	}
	OK(t, l.Settle(p, export.Applied, refused))

	var got []string
	OK(t, l.PartRows(p.ID, func(r export.RowResult) error {
		got = append(got, fmt.Sprintf("%d %s %s %s", r.PartRow, r.Key, r.Outcome, r.Faults.Text()))
		return nil
	}))
	want := []string{"1 E0002 applied ", "2 E0003 rejected Email is taken", "3 E0004 applied ", "4 E0005 drifted Status differs"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	if n := Must[int](t)(l.People()); n != 2 {
		t.Errorf("%d people, want 2", n)
	}
	if d := cmp.Diff(map[string]export.Person{"E0002": {Login: "u2"}, "E0004": {Login: "u4"}}, KnownTo(t, l)); d != "" {
		t.Errorf("known people (-want +got):\n%s", d)
	}
	if parts := Must[[]export.Part](t)(l.Unfinished()); len(parts) != 0 {
		t.Errorf("unfinished: %v", parts)
	}
	Must[[]byte](t)(l.Bytes(p))
	WantErr(t, l.Settle(p, export.Rejected, nil), "part a.csv", `from "settled" to "settled"`)
	if n := Must[int](t)(l.People()); n != 2 {
		t.Errorf("%d people after a refused settling", n)
	}

	// The same people and one more, in another run; no row of that load failed.
	OK(t, l.Settle(delivered(t, l, "b.csv", 5), export.Applied, nil))
	if n := Must[int](t)(l.People()); n != 5 {
		t.Errorf("%d people, want 5", n)
	}
}

// knownIsWhatWasLastSent: Known returns what was last sent; a row without a login or a status leaves the value that was
// sent before.
func knownIsWhatWasLastSent(t *world) {
	l := t.open()
	for i, step := range []struct{ sent, want export.Person }{
		{export.Person{Login: "u"}, export.Person{Login: "u"}},
		{export.Person{Login: "u", Status: "inactive"}, export.Person{Login: "u", Status: "inactive"}},
		{export.Person{}, export.Person{Login: "u", Status: "inactive"}},
		{export.Person{Login: "w", Status: "active"}, export.Person{Login: "w", Status: "active"}},
	} {
		run := Begin(t, l, "run")
		tx := Plan(t, l, run)
		id := Must[int64](t)(tx.AddPart(export.Part{Name: fmt.Sprint(i), Rows: 1}, nil))
		r := Row(id, 1, 2, export.Pending)
		r.Login, r.Status = step.sent.Login, step.sent.Status
		OK(t, tx.AddRow(r))
		OK(t, tx.Commit(export.PlanSum{Input: 1}))
		OK(t, l.PartRows(id, func(got export.RowResult) error {
			if got.Status != step.sent.Status {
				t.Errorf("step %d: the row has the status %q", i, got.Status)
			}
			return nil
		}))
		Settled(t, l, Must[[]export.Part](t)(l.Parts(run))[0])
		if d := cmp.Diff(map[string]export.Person{"E0002": step.want}, KnownTo(t, l)); d != "" {
			t.Errorf("step %d (-want +got):\n%s", i, d)
		}
	}
}

func settleRestTakesTheNote(t *world) {
	l := t.open()
	p := delivered(t, l, "a.csv", 2)
	p.Verdict, p.Notes = export.VerdictFailed, export.Noted(export.PartNote{Kind: export.NoteEmpty})
	OK(t, l.Settle(p, export.Rejected, nil))
	n := 0
	OK(t, l.Rows(p.Run, func(r export.RowResult) error {
		if n++; r.Faults.Text() != p.Notes.Text() || r.Outcome != export.Rejected {
			t.Errorf("row %s: %s, %q", r.Origin, r.Outcome, r.Faults.Text())
		}
		return nil
	}))
	if n != 2 {
		t.Errorf("%d rows of 2", n)
	}
}

// settleRefuses: a refused call leaves the part and its rows as they were.
func settleRefuses(t *world) {
	l := t.open()
	p := delivered(t, l, "a.csv", 2)
	for name, test := range map[string]struct {
		rest    export.Outcome
		results []export.RowResult
		want    string
	}{
		"no such row":     {export.Applied, []export.RowResult{{PartRow: 3, Outcome: export.Rejected}}, "no row 3"},
		"row 0":           {export.Applied, []export.RowResult{{Outcome: export.Rejected}}, "no row 0"},
		"another part":    {export.Applied, []export.RowResult{{PartRow: ledger.MaxRow + 2, Outcome: export.Rejected}}, "no row"},
		"no rest":         {"", nil, "not an outcome"},
		"unknown outcome": {export.Applied, []export.RowResult{{PartRow: 1, Outcome: "fine"}}, "row 1"},
	} {
		t.each(name, func(t *world) {
			WantErr(t, l.Settle(p, test.rest, test.results), "part a.csv", test.want)
			counts := Must[map[export.Outcome]int](t)(l.Counts(p.Run))
			parts := Must[[]export.Part](t)(l.Unfinished())
			if counts[export.Pending] != 2 || len(parts) != 1 || parts[0].State != export.Delivered {
				t.Errorf("counts %v, parts %v", counts, parts)
			}
		})
	}
}

func settleDrops(t *world) {
	l := t.open()
	p := OnePart(t, l, "a.csv", 2)
	p.State = export.Dropped
	OK(t, l.Settle(p, export.Held, nil))
	got := Must[[]export.Part](t)(l.Parts(p.Run))[0]
	if counts := Must[map[export.Outcome]int](t)(l.Counts(p.Run)); counts[export.Held] != 2 || got.State != export.Dropped {
		t.Errorf("counts %v, state %s", counts, got.State)
	}
}

// verifiedRows: reading back makes applied rows drifted and drifted rows applied, and changes nothing else.
func verifiedRows(t *world) {
	l := t.open()
	p := OnePart(t, l, "a.csv", 3)
	drifted := export.RowResult{PartRow: 1, Outcome: export.Drifted, Faults: export.Faults{{Message: "read back: Coupa shows another value in Email"}}}
	WantErr(t, l.Verified(p, []export.RowResult{drifted}), "is planned", "settled part")
	for _, s := range []export.PartState{export.Staged, export.Renaming, export.Delivered} {
		p.State = s
		OK(t, l.Move(p))
	}
	OK(t, l.Settle(p, export.Applied, []export.RowResult{{PartRow: 2, Outcome: export.Rejected, Faults: export.Faults{{Message: "no"}}}}))

	p.ReadBack = Noon.Add(time.Hour)
	OK(t, l.Verified(p, []export.RowResult{drifted, {PartRow: 3, Outcome: export.Applied}}))
	counts := func(want map[export.Outcome]int) {
		t.Helper()
		if d := cmp.Diff(want, Must[map[export.Outcome]int](t)(l.Counts(p.Run))); d != "" {
			t.Error(d)
		}
	}
	counts(map[export.Outcome]int{export.Applied: 1, export.Drifted: 1, export.Rejected: 1})
	if got := Must[[]export.Part](t)(l.Parts(p.Run))[0].ReadBack; !got.Equal(p.ReadBack) {
		t.Errorf("read back at %s", got)
	}
	for _, bad := range []export.RowResult{
		{PartRow: 2, Outcome: export.Applied}, {PartRow: 9, Outcome: export.Applied}, {PartRow: 1, Outcome: export.Quarantined},
	} {
		if err := l.Verified(p, []export.RowResult{{PartRow: 3, Outcome: export.Drifted}, bad}); err == nil {
			t.Errorf("row %d became %s", bad.PartRow, bad.Outcome)
		}
	}
	WantErr(t, l.Verified(export.Part{ID: 77}, nil), "no part with id 77")
	counts(map[export.Outcome]int{export.Applied: 1, export.Drifted: 1, export.Rejected: 1})
	OK(t, l.Verified(p, []export.RowResult{{PartRow: 1, Outcome: export.Applied}}))
	counts(map[export.Outcome]int{export.Applied: 2, export.Rejected: 1})
}
