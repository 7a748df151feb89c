package ledgertest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Noon is the time at which every story begins.
var Noon = time.Date(2026, 11, 23, 14, 5, 1, 0, time.UTC)

// Day is the step by which time moves in a story.
const Day = 24 * time.Hour

// Must returns the value of a call and fails the test where the call failed.
func Must[V any](t testing.TB) func(V, error) V {
	return func(v V, err error) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// OK fails the test where err is not nil.
func OK(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// WantErr fails the test unless err contains each of the words.
func WantErr(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", words)
	}
	said := strings.Join(append([]string{err.Error()}, export.HintsOf(err)...), " / hint: ")
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("error %q lacks %q", said, w)
		}
	}
}

// KnownTo returns the people whom a ledger knows, by key.
func KnownTo(t testing.TB, l ledger.Ledger) map[string]export.Person {
	t.Helper()
	people := map[string]export.Person{}
	known := Must[*baseline.KnownPeople](t)(l.Known())
	known.All(func(key string, p export.Person) {
		if again, ok := known.Of(key); !ok || again != p {
			t.Errorf("%s is %v and %v", key, p, again)
		}
		people[key] = p
	})
	if len(people) != known.Len() {
		t.Errorf("%d people of %d", len(people), known.Len())
	}
	return people
}

// Begin begins a run at noon.
func Begin(t testing.TB, l ledger.Ledger, command string) (run string) {
	t.Helper()
	return Must[export.RunRecord](t)(l.BeginRun(export.RunRecord{Command: command, Started: Noon})).ID
}

// Plan opens the plan of a run.
func Plan(t testing.TB, l ledger.Ledger, run string) export.PlanTx {
	t.Helper()
	return Must[export.PlanTx](t)(l.Plan(run))
}

// Row returns the row of a person who is named by the line of the feed.
func Row(part int64, partRow, line int, o export.Outcome) export.RowResult {
	return export.RowResult{
		Part: part, PartRow: partRow, Origin: export.Origin{File: "users.csv", Line: line}, Lines: 1,
		Key: fmt.Sprintf("E%04d", line), First: fmt.Sprintf("E%04d", line), Login: fmt.Sprintf("u%d", line), Outcome: o,
	}
}

// PlanPart plans a run with one part, whose rows from line 2 on are pending, and returns the part.
func PlanPart(t testing.TB, l ledger.Ledger, run string, p export.Part) export.Part {
	t.Helper()
	tx := Plan(t, l, run)
	id := Must[int64](t)(tx.AddPart(p, []byte("bytes of "+p.Name)))
	for i := 1; i <= p.Rows; i++ {
		OK(t, tx.AddRow(Row(id, i, i+1, export.Pending)))
	}
	OK(t, tx.Commit(export.PlanSum{Files: []export.FeedFile{{Path: "/hr/users.csv", Name: "users.csv", Size: 9, SHA256: "aa"}}, Input: p.Rows}))
	parts := Must[[]export.Part](t)(l.Parts(run))
	if len(parts) != 1 {
		t.Fatalf("%d parts, want 1", len(parts))
	}
	return parts[0]
}

// OnePart begins and plans a run with one part of n pending rows.
func OnePart(t testing.TB, l ledger.Ledger, name string, n int) export.Part {
	t.Helper()
	return PlanPart(t, l, Begin(t, l, "run"), export.Part{Name: name, Rows: n})
}

// Deliver moves a planned part to the state delivered.
func Deliver(t testing.TB, l ledger.Ledger, p export.Part) export.Part {
	t.Helper()
	for _, s := range []export.PartState{export.Staged, export.Renaming, export.Delivered} {
		p.State = s
		OK(t, l.Move(p))
	}
	return p
}

// Settled moves a planned part to the state settled, with its rows applied.
func Settled(t testing.TB, l ledger.Ledger, p export.Part) {
	t.Helper()
	p = Deliver(t, l, p)
	p.Verdict = export.VerdictOK
	OK(t, l.Settle(p, export.Applied, nil))
}

// Night plans a run with parts of one row each.
func Night(l ledger.Ledger, run string, parts int) error {
	tx, err := l.Plan(run)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for i := range parts {
		name := fmt.Sprintf("%s_%d.csv", run, i)
		id, err := tx.AddPart(export.Part{Name: name, Rows: 1}, []byte("bytes of "+name))
		if err != nil {
			return err
		}
		if err := tx.AddRow(Row(id, 1, i+2, export.Pending)); err != nil {
			return err
		}
	}
	return tx.Commit(export.PlanSum{Input: parts})
}
