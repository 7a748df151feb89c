package sqlite

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

func TestPlanCommits(t *testing.T) {
	l := newLedger(t)
	run := begin(t, l, "run")
	tx := plan(t, l, run)
	b := must[int64](t)(tx.AddPart(export.Part{Run: run, Name: "Users_?of?.csv", UserName: "mine.csv", Wave: 2, Rows: 2}, []byte("second")))
	a := must[int64](t)(tx.AddPart(export.Part{Name: "Users_?of?.csv", Wave: 1, Rows: 1, Size: 5, SHA256: ledger.Hash([]byte("first"))}, []byte("first")))
	ok(t, tx.NamePart(a, "Users_1of2.csv"))
	ok(t, tx.NamePart(b, "Users_2of2.csv"))
	want := []export.RowResult{row(b, 1, 4, export.Pending), row(b, 2, 3, export.Pending)}
	want[0].Lines, want[0].Reason = 3, "locale is only checked by the API"
	for _, r := range want {
		ok(t, tx.AddRow(r))
	}
	bad := row(0, 0, 2, export.Quarantined)
	bad.Reason = "Email: no e-mail address"
	ok(t, tx.AddRow(bad))
	ok(t, tx.AddRow(row(a, 1, 9, export.Pending)))
	files := []export.FeedFile{{Path: "/hr/a.csv", Name: "a.csv", Size: 7, SHA256: "aa"}, {Path: "/hr/b.csv", Name: "b.csv", Size: 8, SHA256: "bb"}}
	ok(t, tx.Commit(export.PlanSum{Files: files, Input: 6}))
	tx.Rollback() // as deferred: does nothing

	parts := must[[]export.Part](t)(l.Parts(run))
	wantParts := []export.Part{
		{ID: a, Run: run, Name: "Users_1of2.csv", Wave: 1, Rows: 1, Size: 5, SHA256: ledger.Hash([]byte("first")), State: export.Planned, Planned: noon, Created: -1, Updated: -1},
		{ID: b, Run: run, Name: "Users_2of2.csv", UserName: "mine.csv", Wave: 2, Rows: 2, Size: 6, SHA256: ledger.Hash([]byte("second")), State: export.Planned, Planned: noon, Created: -1, Updated: -1},
	}
	if d := cmp.Diff(wantParts, parts); d != "" {
		t.Errorf("parts (-want +got):\n%s", d)
	}
	if d := cmp.Diff(wantParts, must[[]export.Part](t)(l.Unfinished())); d != "" {
		t.Errorf("unfinished (-want +got):\n%s", d)
	}
	if data := must[[]byte](t)(l.Bytes(parts[0])); string(data) != "first" {
		t.Errorf("bytes %q", data)
	}
	var got []export.RowResult
	ok(t, l.PartRows(b, func(r export.RowResult) error { got = append(got, r); return nil }))
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("rows of part (-want +got):\n%s", d)
	}
	got = nil
	ok(t, l.Rows(run, func(r export.RowResult) error { got = append(got, r); return nil }))
	if d := cmp.Diff([]export.RowResult{bad, want[1], want[0], row(a, 1, 9, export.Pending)}, got); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]export.RowResult{bad}, must[[]export.RowResult](t)(l.Problems(run, 10))); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
	counts := must[map[export.Outcome]int](t)(l.Counts(run))
	if d := cmp.Diff(map[export.Outcome]int{export.Pending: 5, export.Quarantined: 1}, counts); d != "" {
		t.Errorf("counts (-want +got):\n%s", d)
	}
	r, _, err := l.Run(run)
	ok(t, err)
	if d := cmp.Diff(export.RunRecord{ID: run, Command: "run", State: export.RunWorking, Started: noon, Input: 6, Files: files}, r); d != "" {
		t.Errorf("run (-want +got):\n%s", d)
	}
}

// A failed step ends the plan: a plan that lacks something must not be committed.
func TestPlanRefuses(t *testing.T) {
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
		{"row of no part", func(tx export.PlanTx, p int64) error { return tx.AddRow(row(p+1, 1, 2, export.Pending)) }, "users.csv:2: the plan has no part"},
		{"row 0", func(tx export.PlanTx, p int64) error { return tx.AddRow(row(p, 0, 2, export.Pending)) }, "rows count from 1"},
		{"row of the next part", func(tx export.PlanTx, p int64) error { return tx.AddRow(row(p, maxRow+2, 2, export.Pending)) }, "rows count from 1"},
		{"row twice", func(tx export.PlanTx, p int64) error {
			return errors.Join(tx.AddRow(row(p, 1, 2, export.Pending)), tx.AddRow(row(p, 1, 3, export.Pending)))
		}, "users.csv:3: row 1 of part 1 is there already"},
		{"no lines", func(tx export.PlanTx, p int64) error {
			r := row(p, 1, 2, export.Pending)
			r.Lines = 0
			return tx.AddRow(r)
		}, "at least 1"},
		{"outcome", func(tx export.PlanTx, p int64) error { return tx.AddRow(row(p, 1, 2, "fine")) }, `"fine" is not an outcome`},
		{"no name", func(tx export.PlanTx, p int64) error {
			return errors.Join(tx.NamePart(p, ""), tx.Commit(export.PlanSum{Input: 0}))
		}, "no name"},
		{"same name", func(tx export.PlanTx, _ int64) error {
			_, err := tx.AddPart(export.Part{Name: "a"}, nil)
			return errors.Join(err, tx.Commit(export.PlanSum{Input: 0}))
		}, "a part named a already"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLedger(t)
			tx := plan(t, l, begin(t, l, "run"))
			part := must[int64](t)(tx.AddPart(export.Part{Name: "a"}, []byte("a")))
			wantErr(t, test.step(tx, part), test.want)
			wantErr(t, tx.Commit(export.PlanSum{Input: 0}), "roll it back")
			tx.Rollback()
			wantErr(t, tx.Commit(export.PlanSum{Input: 0}), "committed or rolled back")
			if parts := must[[]export.Part](t)(l.Unfinished()); len(parts) != 0 {
				t.Errorf("%d parts are left", len(parts))
			}
			if files := spoolFiles(t, l); len(files) != 0 {
				t.Errorf("spool holds %v", files)
			}
		})
	}
}

func TestPlanIsTheOnlyWriter(t *testing.T) {
	l := newLedger(t)
	p := onePart(t, l, "a.csv", 1)
	run := begin(t, l, "run")
	tx := plan(t, l, run)
	_, err := l.Plan(run)
	wantErr(t, err, "a plan is open")
	_, err = l.BeginRun(export.RunRecord{})
	wantErr(t, err, "a plan is open")
	wantErr(t, l.Move(p), "a plan is open")
	tx.Rollback()
	ok(t, l.Move(p))

	_, err = l.Plan(p.Run)
	wantErr(t, err, "has its plan already")
	_, err = l.Plan("20000101T000000Z")
	wantErr(t, err, `no run "20000101T000000Z"`)
}

func TestRollbackLeavesNothing(t *testing.T) {
	l := newLedger(t)
	run := begin(t, l, "run")
	tx := plan(t, l, run)
	id := must[int64](t)(tx.AddPart(export.Part{Name: "a.csv"}, []byte("a")))
	ok(t, tx.AddRow(row(id, 1, 2, export.Pending)))
	ok(t, tx.AddRow(row(0, 0, 3, export.Quarantined)))
	tx.Rollback()
	tx.Rollback()

	counts := must[map[export.Outcome]int](t)(l.Counts(run))
	_, seen, err := l.Seen("users.csv")
	if files := spoolFiles(t, l); len(counts) != 0 || seen || err != nil || len(files) != 0 {
		t.Errorf("left: counts %v, seen %v, %v, spool %v", counts, seen, err, files)
	}
	// The run can be planned again, and the id and the name are free.
	tx = plan(t, l, run)
	must[int64](t)(tx.AddPart(export.Part{Name: "a.csv"}, []byte("again")))
	ok(t, tx.Commit(export.PlanSum{Input: 0}))
	if data := must[[]byte](t)(l.Bytes(must[[]export.Part](t)(l.Parts(run))[0])); string(data) != "again" {
		t.Errorf("bytes %q", data)
	}
}

// A crash between the spool and the commit is a plan whose connection is gone.
func TestSweepAfterCrash(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	crashed := must[*Ledger](t)(Open(Options{Dir: dir}))
	kept := onePart(t, crashed, "kept.csv", 1)
	tx := plan(t, crashed, begin(t, crashed, "run"))
	must[int64](t)(tx.AddPart(export.Part{Name: "lost.csv"}, []byte("lost")))
	ok(t, tx.(*planTx).files.Wait())
	ok(t, errors.Join(crashed.conn.Close(), crashed.reads.Close()))

	l := open(t, dir)
	for _, name := range []string{"note.txt", "007.csv", "-1.csv"} {
		ok(t, os.WriteFile(filepath.Join(l.spool.Dir, name), nil, 0o600))
	}
	_, err := l.Sweep()
	wantErr(t, err, "run lock")
	unlock := must[func() error](t)(l.Lock("test"))
	defer unlock()
	if n := must[int](t)(l.Sweep()); n != 1 {
		t.Errorf("swept %d files, want 1", n)
	}
	if d := cmp.Diff([]string{"-1.csv", "007.csv", "1.csv", "note.txt"}, spoolFiles(t, l)); d != "" {
		t.Errorf("spool (-want +got):\n%s", d)
	}
	must[[]byte](t)(l.Bytes(kept))
	if n := must[int](t)(l.Sweep()); n != 0 {
		t.Errorf("swept %d files the second time", n)
	}
	plan(t, l, begin(t, l, "run")).Rollback()
}

// An orphan that was not swept does not end up in a part that gets its id.
func TestOrphanIsNotReused(t *testing.T) {
	l := newLedger(t)
	ok(t, os.WriteFile(l.spool.Path(1), []byte("orphan, and longer"), 0o644))
	p := onePart(t, l, "a.csv", 1)
	if data := must[[]byte](t)(l.Bytes(p)); string(data) != "bytes of a.csv" {
		t.Errorf("bytes %q", data)
	}
	if info := must[os.FileInfo](t)(os.Stat(l.spool.Path(1))); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestSpoolFaultSaysWhere(t *testing.T) {
	l := newLedger(t)
	tx := plan(t, l, begin(t, l, "run"))
	defer tx.Rollback()
	ok(t, os.RemoveAll(l.spool.Dir))
	_, err := tx.AddPart(export.Part{Name: "a.csv"}, []byte("a"))
	wantErr(t, err, "part a.csv", l.spool.Path(1))
	wantErr(t, tx.Commit(export.PlanSum{Input: 0}), "roll it back")
}

func TestBytesAreChecked(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"changed": func(path string) error { return os.WriteFile(path, []byte("bytes of b.csv"), 0o600) },
		"longer":  func(path string) error { return os.WriteFile(path, []byte("bytes of a.csv."), 0o600) },
		"torn":    func(path string) error { return os.Truncate(path, 3) },
		"missing": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t)
			p := onePart(t, l, "a.csv", 1)
			ok(t, spoil(l.spool.Path(p.ID)))
			_, err := l.Bytes(p)
			wantErr(t, err, "part a.csv", l.spool.Path(p.ID), "restore")
			if name == "missing" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("error %v", err)
			}
		})
	}
	l := newLedger(t)
	_, err := l.Bytes(export.Part{ID: 1, Size: ledger.MaxPart + 1})
	wantErr(t, err, "no size of a part")
}

// Another program looks on while a plan is open: it waits for nothing and sees only what is committed.
func TestReaderDuringPlan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	l := open(t, dir)
	onePart(t, l, "a.csv", 1)
	run := begin(t, l, "run")
	tx := plan(t, l, run)
	ok(t, tx.AddRow(row(0, 0, 2, export.Quarantined)))

	status := open(t, dir)
	look := func() (int, int) {
		return len(must[[]export.RunRecord](t)(status.Runs(10))), must[map[export.Outcome]int](t)(status.Counts(run))[export.Quarantined]
	}
	if runs, rows := look(); runs != 2 || rows != 0 {
		t.Errorf("during the plan: %d runs, %d rows", runs, rows)
	}
	if n := must[map[export.Outcome]int](t)(l.Counts(run)); len(n) != 0 {
		t.Errorf("the planner reads %v of its own open plan", n)
	}
	ok(t, tx.Commit(export.PlanSum{Input: 1}))
	if runs, rows := look(); runs != 2 || rows != 1 {
		t.Errorf("after the plan: %d runs, %d rows", runs, rows)
	}
}

func TestCountsEqualRowsAdded(t *testing.T) {
	l := newLedger(t)
	rapid.Check(t, func(rt *rapid.T) {
		run := begin(t, l, "run")
		tx := plan(t, l, run)
		defer tx.Rollback()
		want := map[export.Outcome]int{}
		parts := []int64{0}
		next := map[int64]int{}
		for i := range rapid.IntRange(0, 3).Draw(rt, "parts") {
			id := must[int64](t)(tx.AddPart(export.Part{Name: run + string(rune('a'+i))}, nil))
			parts = append(parts, id)
		}
		for range rapid.IntRange(0, 40).Draw(rt, "rows") {
			part := rapid.SampledFrom(parts).Draw(rt, "part")
			next[part]++
			r := row(part, next[part], next[part]+1, rapid.SampledFrom(export.Outcomes()).Draw(rt, "outcome"))
			r.Lines = rapid.IntRange(1, 4).Draw(rt, "lines")
			r.Key = rapid.String().Draw(rt, "key")
			want[r.Outcome] += r.Lines
			ok(t, tx.AddRow(r))
		}
		ok(t, tx.Commit(export.PlanSum{Input: 0}))
		if got := must[map[export.Outcome]int](t)(l.Counts(run)); !maps.Equal(got, want) {
			rt.Fatalf("counts %v, want %v", got, want)
		}
	})
}
