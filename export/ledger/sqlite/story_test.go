package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// nights plans two nights of one person: a row in a part, then a row held back.
func threeNights(t *testing.T, l *Ledger) (part int64, runs []string) {
	t.Helper()
	mapping := []export.Expression{{Column: "Login", Text: "login"}, {Column: "Email", Text: "lower(mail)"}}
	for i := range 2 {
		run := must[string](t)(l.BeginRun(export.RunRecord{Command: "run", Started: noon, Mapping: mapping[i:]}))
		runs = append(runs, run)
		tx := plan(t, l, run)
		r := row(0, 0, 5, export.Quarantined)
		if i == 0 {
			part = must[int64](t)(tx.AddPart(export.Part{Name: "a.csv", Rows: 2}, []byte("bytes")))
			ok(t, tx.AddRow(row(part, 1, 4, export.Pending)))
			r = row(part, 2, 5, export.Pending)
		}
		ok(t, tx.AddRow(r))
		ok(t, tx.Commit(export.PlanSum{Input: 1}))
	}
	return part, runs
}

func TestStory(t *testing.T) {
	l := newLedger(t)
	part, runs := threeNights(t, l)
	ok(t, l.Move(export.Part{ID: part, State: export.Staged, Note: "temporary written"}))
	story, more, err := l.Story([]string{"E0005"}, -1)
	ok(t, err)
	if len(story) != 2 || more != 0 {
		t.Fatalf("%d rows and %d runs more, want 2 and 0: %v", len(story), more, story)
	}
	newest, first := story[0], story[1]
	if newest.Run.ID != runs[1] || newest.Part.ID != 0 || newest.Row.Outcome != export.Quarantined || newest.Moves != nil {
		t.Errorf("newest %+v", newest)
	}
	if first.Run.ID != runs[0] || first.Part.Name != "a.csv" || first.Row.PartRow != 2 || first.Row.Login != "u5" {
		t.Errorf("first %+v", first)
	}
	if d := cmp.Diff([]ledger.Move{{From: export.Planned, To: export.Staged, At: noon, Note: "temporary written"}}, first.Moves); d != "" {
		t.Errorf("moves (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]export.Expression{{Column: "Login", Text: "login"}, {Column: "Email", Text: "lower(mail)"}}, first.Run.Mapping); d != "" {
		t.Errorf("mapping (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]export.Expression{{Column: "Email", Text: "lower(mail)"}}, newest.Run.Mapping); d != "" {
		t.Errorf("mapping of the second night (-want +got):\n%s", d)
	}
}

func TestStoryLimits(t *testing.T) {
	l := newLedger(t)
	_, runs := threeNights(t, l)
	for limit, want := range map[int][2]int{0: {0, 2}, 1: {1, 1}, 2: {2, 0}, 3: {2, 0}, -1: {2, 0}} {
		story, more, err := l.Story([]string{"E0005", "nobody"}, limit)
		if err != nil || len(story) != want[0] || more != want[1] || limit == 1 && story[0].Run.ID != runs[1] {
			t.Errorf("limit %d: %d rows, %d more, %v; want %v", limit, len(story), more, err, want)
		}
	}
	if story, more, err := l.Story([]string{"nobody"}, -1); len(story) != 0 || more != 0 || err != nil {
		t.Errorf("nobody: %v, %d, %v", story, more, err)
	}
	if d := cmp.Diff([]string{"E0004"}, must[[]string](t)(l.KeysOf("U4"))); d != "" {
		t.Errorf("keys of U4 (-want +got):\n%s", d)
	}
	if keys := must[[]string](t)(l.KeysOf("u")); len(keys) != 0 {
		t.Errorf("keys of u: %q", keys)
	}
}

// A mapping that many nights had lies in the ledger once.
func TestMappingIsKeptOnce(t *testing.T) {
	l := newLedger(t)
	threeNights(t, l)
	must[string](t)(l.BeginRun(export.RunRecord{Command: "run", Started: noon, Mapping: []export.Expression{{Column: "Email", Text: "lower(mail)"}}}))
	must[string](t)(l.BeginRun(export.RunRecord{Command: "drop", Started: noon}))
	count := func(table string) (n int) {
		ok(t, l.read(func(c *sqlite.Conn) error {
			return query(c, "SELECT count(*) FROM "+table, func(s *sqlite.Stmt) error { n = s.ColumnInt(0); return nil })
		}))
		return n
	}
	if m, r := count("mappings"), count("run_mappings"); m != 2 || r != 3 {
		t.Errorf("%d mappings of %d runs, want 2 of 3", m, r)
	}
}

// A ledger of the first version goes on: its runs have a story without expressions.
func TestStoryOfOldLedger(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	ok(t, os.Mkdir(dir, 0o700))
	ok(t, os.WriteFile(filepath.Join(dir, "ledger.db"), nil, 0o600))
	c := must[*sqlite.Conn](t)(sqlite.OpenConn(filepath.Join(dir, "ledger.db"), sqlite.OpenReadWrite))
	old := sqlitemigration.Schema{AppID: appID, Migrations: []string{schemaSQL + `;
		INSERT INTO runs (id, command, state, started) VALUES ('20251101T020000Z', 'run', 'ended', 1);
		INSERT INTO sources (id, name) VALUES (1, 'users.csv');
		INSERT INTO rows (id, source, line, lines, key, first, login, outcome, reason)
			VALUES (-1 << 32 | 1, 1, 7, 2, 'E0007', '', '', 'quarantined', 'Email: is missing');`}}
	ok(t, errors.Join(sqlitemigration.Migrate(context.Background(), c, old), c.Close()))
	story, _, err := open(t, dir).Story([]string{"E0007"}, -1)
	ok(t, err)
	if len(story) != 1 || story[0].Run.ID != "20251101T020000Z" || story[0].Row.Reason != "Email: is missing" || story[0].Run.Mapping != nil {
		t.Errorf("story %+v", story)
	}
}
