package sqlite

import (
	"slices"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestRestart: a plan begun anew holds what came after, and nothing of what came before lies anywhere.
func TestRestart(t *testing.T) {
	l := newLedger(t)
	run := begin(t, l, "run")
	tx := plan(t, l, run)
	for i := range 2 {
		id := must[int64](t)(tx.AddPart(export.Part{Name: "Users_1of1.csv", Rows: 1}, []byte("before")))
		ok(t, tx.AddRow(row(id, 1, 2+i, export.Pending)))
	}
	ok(t, tx.AddRow(row(0, 0, 9, export.Quarantined)))
	ok(t, tx.Restart())
	if left := spoolFiles(t, l); len(left) > 0 {
		t.Errorf("the spool still holds %q", left)
	}
	id := must[int64](t)(tx.AddPart(export.Part{Name: "Users_1of1.csv", Rows: 1}, []byte("after")))
	rows := []export.RowResult{row(id, 1, 2, export.Pending), row(0, 0, 3, export.Quarantined)}
	for _, r := range rows {
		ok(t, tx.AddRow(r))
	}
	ok(t, tx.Commit(export.PlanSum{Files: []export.FeedFile{{Path: "/hr/users.csv", Name: "users.csv", Size: 9, SHA256: "aa"}}, Input: 2}))

	parts := must[[]export.Part](t)(l.Parts(run))
	if len(parts) != 1 || string(must[[]byte](t)(l.Bytes(parts[0]))) != "after" {
		t.Errorf("parts %+v", parts)
	}
	var got []export.RowResult
	ok(t, l.Rows(run, func(r export.RowResult) error { got = append(got, r); return nil }))
	if !slices.Equal(got, rows) {
		t.Errorf("rows %+v, want %+v", got, rows)
	}
	if left := spoolFiles(t, l); len(left) != 1 {
		t.Errorf("the spool holds %q", left)
	}
	wantErr(t, tx.Restart(), "committed or rolled back")
}

// TestRestartMendsNothing: a plan in which something failed can only be rolled back.
func TestRestartMendsNothing(t *testing.T) {
	l := newLedger(t)
	tx := plan(t, l, begin(t, l, "run"))
	defer tx.Rollback()
	if tx.AddRow(row(77, 1, 2, export.Pending)) == nil {
		t.Fatal("a row of no part was taken")
	}
	wantErr(t, tx.Restart(), "roll it back")
}
