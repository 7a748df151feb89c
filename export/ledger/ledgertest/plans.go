package ledgertest

import (
	"errors"
	"maps"
	"reflect"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

func planCommits(t *world) {
	l := t.open()
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	b := Must[int64](t)(tx.AddPart(export.Part{Run: run, Name: "Users_?of?.csv", UserName: "mine.csv", Wave: 2, Rows: 2}, []byte("second")))
	a := Must[int64](t)(tx.AddPart(export.Part{Name: "Users_?of?.csv", Wave: 1, Rows: 1, Size: 5, SHA256: ledger.Hash([]byte("first"))}, []byte("first")))
	OK(t, tx.NamePart(a, "Users_1of2.csv"))
	OK(t, tx.NamePart(b, "Users_2of2.csv"))
	want := []export.RowResult{Row(b, 1, 4, export.Pending), Row(b, 2, 3, export.Pending)}
	want[0].Lines, want[0].Faults = 3, export.Faults{{Message: "locale is only checked by the API"}}
	for _, r := range want {
		OK(t, tx.AddRow(r))
	}
	bad := Row(0, 0, 2, export.Quarantined)
	bad.Faults = export.Faults{{Message: "Email: no e-mail address"}}
	OK(t, tx.AddRow(bad))
	OK(t, tx.AddRow(Row(a, 1, 9, export.Pending)))
	files := []export.FeedFile{{Path: "/hr/a.csv", Name: "a.csv", Size: 7, SHA256: "aa"}, {Path: "/hr/b.csv", Name: "b.csv", Size: 8, SHA256: "bb"}}
	OK(t, tx.Commit(export.PlanSum{Files: files, Input: 6}))
	tx.Rollback() // as a deferred call would: it does nothing

	parts := Must[[]export.Part](t)(l.Parts(run))
	wantParts := []export.Part{
		{ID: a, Run: run, Name: "Users_1of2.csv", Wave: 1, Rows: 1, Size: 5, SHA256: ledger.Hash([]byte("first")), State: export.Planned, Planned: Noon, Created: -1, Updated: -1},
		{ID: b, Run: run, Name: "Users_2of2.csv", UserName: "mine.csv", Wave: 2, Rows: 2, Size: 6, SHA256: ledger.Hash([]byte("second")), State: export.Planned, Planned: Noon, Created: -1, Updated: -1},
	}
	if d := cmp.Diff(wantParts, parts); d != "" {
		t.Errorf("parts (-want +got):\n%s", d)
	}
	if d := cmp.Diff(wantParts, Must[[]export.Part](t)(l.Unfinished())); d != "" {
		t.Errorf("unfinished (-want +got):\n%s", d)
	}
	if data := Must[[]byte](t)(l.Bytes(parts[0])); string(data) != "first" {
		t.Errorf("bytes %q", data)
	}
	var got []export.RowResult
	OK(t, l.PartRows(b, func(r export.RowResult) error { got = append(got, r); return nil }))
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("rows of part (-want +got):\n%s", d)
	}
	got = nil
	OK(t, l.Rows(run, func(r export.RowResult) error { got = append(got, r); return nil }))
	if d := cmp.Diff([]export.RowResult{bad, want[1], want[0], Row(a, 1, 9, export.Pending)}, got); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	counts := Must[map[export.Outcome]int](t)(l.Counts(run))
	if d := cmp.Diff(map[export.Outcome]int{export.Pending: 5, export.Quarantined: 1}, counts); d != "" {
		t.Errorf("counts (-want +got):\n%s", d)
	}
	r, _, err := l.Run(run)
	OK(t, err)
	if d := cmp.Diff(export.RunRecord{ID: run, Command: "run", State: export.RunWorking, Started: Noon, Input: 6, Files: files}, r); d != "" {
		t.Errorf("run (-want +got):\n%s", d)
	}
}

// planRefuses: a failed step ends the plan, since an incomplete plan must not be committed.
func planRefuses(t *world) {
	tests := []struct {
		name string
		step func(tx export.PlanTx, part int64) error
		want string
	}{
		{"size", func(tx export.PlanTx, _ int64) error {
			_, err := tx.AddPart(export.Part{Name: "b", Size: 3}, []byte("four"))
			return err
		}, "size is given as 3"},
		{"hash", func(tx export.PlanTx, _ int64) error {
			_, err := tx.AddPart(export.Part{Name: "b", SHA256: "00"}, []byte("four"))
			return err
		}, "sha256"},
		{"other run", func(tx export.PlanTx, _ int64) error {
			_, err := tx.AddPart(export.Part{Name: "b", Run: "x"}, nil)
			return err
		}, "belongs to run x"},
		{"state", func(tx export.PlanTx, _ int64) error {
			_, err := tx.AddPart(export.Part{Name: "b", State: export.Settled}, nil)
			return err
		}, `cannot begin as "settled"`},
		{"too large", func(tx export.PlanTx, _ int64) error {
			_, err := tx.AddPart(export.Part{Name: "b"}, make([]byte, ledger.MaxPart+1))
			return err
		}, "at most"},
		{"name of no part", func(tx export.PlanTx, p int64) error { return tx.NamePart(p+1, "b") }, "no part"},
		{"row of no part", func(tx export.PlanTx, p int64) error { return tx.AddRow(Row(p+1, 1, 2, export.Pending)) }, "users.csv:2: the plan has no part"},
		{"row 0", func(tx export.PlanTx, p int64) error { return tx.AddRow(Row(p, 0, 2, export.Pending)) }, "rows count from 1"},
		{"row of the next part", func(tx export.PlanTx, p int64) error { return tx.AddRow(Row(p, ledger.MaxRow+2, 2, export.Pending)) }, "rows count from 1"},
		{"row twice", func(tx export.PlanTx, p int64) error {
			return errors.Join(tx.AddRow(Row(p, 1, 2, export.Pending)), tx.AddRow(Row(p, 1, 3, export.Pending)))
		}, "users.csv:3: row 1 of part 1 is there already"},
		{"no lines", func(tx export.PlanTx, p int64) error {
			r := Row(p, 1, 2, export.Pending)
			r.Lines = 0
			return tx.AddRow(r)
		}, "at least 1"},
		{"outcome", func(tx export.PlanTx, p int64) error { return tx.AddRow(Row(p, 1, 2, "fine")) }, `"fine" is not an outcome`},
		{"no name", func(tx export.PlanTx, p int64) error {
			return errors.Join(tx.NamePart(p, ""), tx.Commit(export.PlanSum{Input: 0}))
		}, "no name"},
		{"same name", func(tx export.PlanTx, _ int64) error {
			_, err := tx.AddPart(export.Part{Name: "a"}, nil)
			return errors.Join(err, tx.Commit(export.PlanSum{Input: 0}))
		}, "a part named a already"},
	}
	for _, test := range tests {
		t.each(test.name, func(t *world) {
			l := t.open()
			tx := Plan(t, l, Begin(t, l, "run"))
			part := Must[int64](t)(tx.AddPart(export.Part{Name: "a"}, []byte("a")))
			WantErr(t, test.step(tx, part), test.want)
			WantErr(t, tx.Commit(export.PlanSum{Input: 0}), "roll it back")
			tx.Rollback()
			WantErr(t, tx.Commit(export.PlanSum{Input: 0}), "committed or rolled back")
			if parts := Must[[]export.Part](t)(l.Unfinished()); len(parts) != 0 {
				t.Errorf("%d parts are left", len(parts))
			}
			if files := t.spoolFiles(); len(files) != 0 {
				t.Errorf("spool holds %v", files)
			}
		})
	}
}

func planIsTheOnlyWriter(t *world) {
	l := t.open()
	p := OnePart(t, l, "a.csv", 1)
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	_, err := l.Plan(run)
	WantErr(t, err, "a plan is open")
	_, err = l.BeginRun(export.RunRecord{})
	WantErr(t, err, "a plan is open")
	WantErr(t, l.Move(p), "a plan is open")
	tx.Rollback()
	OK(t, l.Move(p))

	_, err = l.Plan(p.Run)
	WantErr(t, err, "has its plan already")
	_, err = l.Plan("20000101T000000Z")
	WantErr(t, err, `no run "20000101T000000Z"`)
}

func rollbackLeavesNothing(t *world) {
	l := t.open()
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	id := Must[int64](t)(tx.AddPart(export.Part{Name: "a.csv"}, []byte("a")))
	OK(t, tx.AddRow(Row(id, 1, 2, export.Pending)))
	OK(t, tx.AddRow(Row(0, 0, 3, export.Quarantined)))
	tx.Rollback()
	tx.Rollback()

	counts := Must[map[export.Outcome]int](t)(l.Counts(run))
	_, seen, err := l.Seen("users.csv")
	if files := t.spoolFiles(); len(counts) != 0 || seen || err != nil || len(files) != 0 {
		t.Errorf("left: counts %v, seen %v, %v, spool %v", counts, seen, err, files)
	}
	// The run can be planned again, and the part's id and name are free.
	tx = Plan(t, l, run)
	Must[int64](t)(tx.AddPart(export.Part{Name: "a.csv"}, []byte("again")))
	OK(t, tx.Commit(export.PlanSum{Input: 0}))
	if data := Must[[]byte](t)(l.Bytes(Must[[]export.Part](t)(l.Parts(run))[0])); string(data) != "again" {
		t.Errorf("bytes %q", data)
	}
}

// readerDuringPlan: another program that reads while a plan is open does not wait and sees only what is committed.
func readerDuringPlan(t *world) {
	l := t.open()
	OnePart(t, l, "a.csv", 1)
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	OK(t, tx.AddRow(Row(0, 0, 2, export.Quarantined)))

	status := t.open()
	look := func() (int, int) {
		return len(Must[[]export.RunRecord](t)(status.Runs(10))), Must[map[export.Outcome]int](t)(status.Counts(run))[export.Quarantined]
	}
	if runs, rows := look(); runs != 2 || rows != 0 {
		t.Errorf("during the plan: %d runs, %d rows", runs, rows)
	}
	if n := Must[map[export.Outcome]int](t)(l.Counts(run)); len(n) != 0 {
		t.Errorf("the planner reads %v of its own open plan", n)
	}
	OK(t, tx.Commit(export.PlanSum{Input: 1}))
	if runs, rows := look(); runs != 2 || rows != 1 {
		t.Errorf("after the plan: %d runs, %d rows", runs, rows)
	}
}

func countsEqualRowsAdded(t *world) {
	l := t.open()
	rapid.Check(t, func(rt *rapid.T) {
		run := Begin(t, l, "run")
		tx := Plan(t, l, run)
		defer tx.Rollback()
		want := map[export.Outcome]int{}
		parts := []int64{0}
		next := map[int64]int{}
		for i := range rapid.IntRange(0, 3).Draw(rt, "parts") {
			id := Must[int64](t)(tx.AddPart(export.Part{Name: run + string(rune('a'+i))}, nil))
			parts = append(parts, id)
		}
		for range rapid.IntRange(0, 40).Draw(rt, "rows") {
			part := rapid.SampledFrom(parts).Draw(rt, "part")
			next[part]++
			r := Row(part, next[part], next[part]+1, rapid.SampledFrom(export.Outcomes()).Draw(rt, "outcome"))
			r.Lines = rapid.IntRange(1, 4).Draw(rt, "lines")
			r.Key = rapid.String().Draw(rt, "key")
			want[r.Outcome] += r.Lines
			OK(t, tx.AddRow(r))
		}
		OK(t, tx.Commit(export.PlanSum{Input: 0}))
		if got := Must[map[export.Outcome]int](t)(l.Counts(run)); !maps.Equal(got, want) {
			rt.Fatalf("counts %v, want %v", got, want)
		}
	})
}

// restartedPlan: a restarted plan holds what came after the restart, and nothing from before is left anywhere.
func restartedPlan(t *world) {
	l := t.open()
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	for i := range 2 {
		id := Must[int64](t)(tx.AddPart(export.Part{Name: "Users_1of1.csv", Rows: 1}, []byte("before")))
		OK(t, tx.AddRow(Row(id, 1, 2+i, export.Pending)))
	}
	OK(t, tx.AddRow(Row(0, 0, 9, export.Quarantined)))
	OK(t, tx.Restart())
	if left := t.spoolFiles(); len(left) > 0 {
		t.Errorf("the spool still holds %q", left)
	}
	id := Must[int64](t)(tx.AddPart(export.Part{Name: "Users_1of1.csv", Rows: 1}, []byte("after")))
	rows := []export.RowResult{Row(id, 1, 2, export.Pending), Row(0, 0, 3, export.Quarantined)}
	for _, r := range rows {
		OK(t, tx.AddRow(r))
	}
	OK(t, tx.Commit(export.PlanSum{Files: []export.FeedFile{{Path: "/hr/users.csv", Name: "users.csv", Size: 9, SHA256: "aa"}}, Input: 2}))

	parts := Must[[]export.Part](t)(l.Parts(run))
	if len(parts) != 1 || string(Must[[]byte](t)(l.Bytes(parts[0]))) != "after" {
		t.Errorf("parts %+v", parts)
	}
	var got []export.RowResult
	OK(t, l.Rows(run, func(r export.RowResult) error { got = append(got, r); return nil }))
	if !reflect.DeepEqual(got, rows) {
		t.Errorf("rows %+v, want %+v", got, rows)
	}
	if left := t.spoolFiles(); len(left) != 1 {
		t.Errorf("the spool holds %q", left)
	}
	WantErr(t, tx.Restart(), "committed or rolled back")
}

// failedPlanIsNotRestarted: a plan in which a call failed can only be rolled back.
func failedPlanIsNotRestarted(t *world) {
	l := t.open()
	tx := Plan(t, l, Begin(t, l, "run"))
	defer tx.Rollback()
	if tx.AddRow(Row(77, 1, 2, export.Pending)) == nil {
		t.Fatal("a row of no part was taken")
	}
	WantErr(t, tx.Restart(), "roll it back")
}
