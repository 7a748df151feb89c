package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite/dbfile"
)

// threeNights plans the nights of one person: a row in a part, then a row held back.
func threeNights(t *testing.T, l *Ledger) (part int64, runs []string) {
	t.Helper()
	mapping := []export.Expression{{Column: "Login", Text: "login"}, {Column: "Email", Text: "lower(mail)"}}
	for i := range 2 {
		run := ledgertest.Must[export.RunRecord](t)(l.BeginRun(export.RunRecord{Command: "run", Started: ledgertest.Noon, Mapping: mapping[i:]})).ID
		runs = append(runs, run)
		tx := ledgertest.Plan(t, l, run)
		r := ledgertest.Row(0, 0, 5, export.Quarantined)
		if i == 0 {
			part = ledgertest.Must[int64](t)(tx.AddPart(export.Part{Name: "a.csv", Rows: 2}, []byte("bytes")))
			ledgertest.OK(t, tx.AddRow(ledgertest.Row(part, 1, 4, export.Pending)))
			r = ledgertest.Row(part, 2, 5, export.Pending)
		}
		ledgertest.OK(t, tx.AddRow(r))
		ledgertest.OK(t, tx.Commit(export.PlanSum{Input: 1}))
	}
	return part, runs
}

// TestMappingIsKeptOnce: a mapping that many nights used is stored once.
func TestMappingIsKeptOnce(t *testing.T) {
	l := newLedger(t)
	threeNights(t, l)
	ledgertest.Must[export.RunRecord](t)(l.BeginRun(export.RunRecord{Command: "run", Started: ledgertest.Noon, Mapping: []export.Expression{{Column: "Email", Text: "lower(mail)"}}}))
	ledgertest.Must[export.RunRecord](t)(l.BeginRun(export.RunRecord{Command: "drop", Started: ledgertest.Noon}))
	count := func(table string) (n int) {
		ledgertest.OK(t, l.read(func(c *sqlite.Conn) error {
			return query(c, "SELECT count(*) FROM "+table, func(s *sqlite.Stmt) error { n = s.ColumnInt(0); return nil })
		}))
		return n
	}
	if m, r := count("mappings"), count("run_mappings"); m != 2 || r != 3 {
		t.Errorf("%d mappings of %d runs, want 2 of 3", m, r)
	}
}

// TestStoryOfOldLedger: a ledger of the first version goes on; its runs have a story without expressions.
func TestStoryOfOldLedger(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	ledgertest.OK(t, os.Mkdir(dir, 0o700))
	ledgertest.OK(t, os.WriteFile(filepath.Join(dir, "ledger.db"), nil, 0o600))
	c := ledgertest.Must[*sqlite.Conn](t)(sqlite.OpenConn(filepath.Join(dir, "ledger.db"), sqlite.OpenReadWrite))
	old := dbfile.Before("kept.sql")
	old.Migrations[0] += `;
		INSERT INTO runs (id, command, state, started) VALUES ('20251101T020000Z', 'run', 'ended', 1);
		INSERT INTO sources (id, name) VALUES (1, 'users.csv');
		INSERT INTO rows (id, source, line, lines, key, first, login, outcome, reason)
			VALUES (-1 << 32 | 1, 1, 7, 2, 'E0007', '', '', 'quarantined', 'Email: is missing');`
	ledgertest.OK(t, errors.Join(sqlitemigration.Migrate(context.Background(), c, old), c.Close()))
	story, _, err := open(t, dir).Story([]string{"E0007"}, -1)
	ledgertest.OK(t, err)
	if len(story) != 1 || story[0].Run.ID != "20251101T020000Z" || story[0].Row.Faults.Text() != "Email: is missing" || story[0].Run.Mapping != nil {
		t.Errorf("story %+v", story)
	}
}
