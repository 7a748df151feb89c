package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

var noon = time.Date(2026, 11, 23, 14, 5, 1, 0, time.UTC)

func open(t testing.TB, dir string) *Ledger {
	t.Helper()
	l, err := Open(Options{Dir: dir, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func newLedger(t testing.TB) *Ledger { return open(t, filepath.Join(t.TempDir(), "ledger")) }

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantErr holds an error against words that must be in it.
func wantErr(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q lacks %q", err, w)
		}
	}
}

func begin(t testing.TB, l *Ledger, command string) string {
	t.Helper()
	return must[string](t)(l.BeginRun(export.RunRecord{Command: command, Started: noon}))
}

func plan(t testing.TB, l *Ledger, run string) export.PlanTx {
	t.Helper()
	return must[export.PlanTx](t)(l.Plan(run))
}

func row(part int64, partRow, line int, o export.Outcome) export.RowResult {
	return export.RowResult{
		Part: part, PartRow: partRow, Origin: export.Origin{File: "users.csv", Line: line}, Lines: 1,
		Key: fmt.Sprintf("E%04d", line), First: fmt.Sprintf("E%04d", line), Login: fmt.Sprintf("u%d", line), Outcome: o,
	}
}

// onePart plans a run with one part of n pending rows, from lines 2 and on, and gives the part.
func onePart(t testing.TB, l *Ledger, name string, n int) export.Part {
	t.Helper()
	run := begin(t, l, "run")
	tx := plan(t, l, run)
	id := must[int64](t)(tx.AddPart(export.Part{Name: name, Rows: n}, []byte("bytes of "+name)))
	for i := 1; i <= n; i++ {
		ok(t, tx.AddRow(row(id, i, i+1, export.Pending)))
	}
	ok(t, tx.Commit(export.PlanSum{Files: []export.FeedFile{{Path: "/hr/users.csv", Name: "users.csv", Size: 9, SHA256: "aa"}}, Input: n}))
	parts := must[[]export.Part](t)(l.Parts(run))
	if len(parts) != 1 {
		t.Fatalf("%d parts, want 1", len(parts))
	}
	return parts[0]
}

func spoolFiles(t testing.TB, l *Ledger) []string {
	t.Helper()
	var names []string
	for _, e := range must[[]os.DirEntry](t)(os.ReadDir(l.spool.Dir)) {
		names = append(names, e.Name())
	}
	return names
}
