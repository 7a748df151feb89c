package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite/dbfile"
)

const roles, groups = "User Role Names", "Content Groups"

// TestUnfilledBefore: in a ledger of an earlier version, the rows count that have a call without an answer or lists
// that could not be put back.
func TestUnfilledBefore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	ledgertest.OK(t, ledger.MakeDir(ledger.OSDisk{}, filepath.Join(dir, "spool")))
	ledgertest.OK(t, ledger.CreateFile(ledger.OSDisk{}, filepath.Join(dir, "ledger.db")))
	c := ledgertest.Must[*sqlite.Conn](t)(sqlite.OpenConn(filepath.Join(dir, "ledger.db"), sqlite.OpenReadWrite))
	old := dbfile.Before("unfilled.sql")
	ledgertest.OK(t, dbfile.UseWAL(c))
	ledgertest.OK(t, sqlitemigration.Migrate(t.Context(), c, old))
	ledgertest.OK(t, sqlitex.ExecuteScript(c, `INSERT INTO runs (num, id, command, state, started) VALUES (1, 'old', 'run', 'ended', 1);
		INSERT INTO parts (id, run, name, user_name, wave, rows, size, sha256, state, planned, route) VALUES (1, 1, 'a', '', 1, 3, 0, '', 'settled', 1, 'api');
		INSERT INTO sources VALUES (1, 'users.csv');
		INSERT INTO rows (id, source, line, lines, key, first, login, outcome, reason) VALUES
			(1 << 32 | 1, 1, 2, 1, 'E1', '1', 'u1', 'rejected', 'settled as rejected by A'), (1 << 32 | 2, 1, 3, 1, 'E2', '2', 'u2', 'applied', ''),
			(1 << 32 | 3, 1, 4, 1, 'E3', '3', 'u3', 'rejected', 'no; User Role Names (User) could not be put back, and nobody but you can do it now');
		INSERT INTO writes (id, coupa_id, emptied, begun, answered) VALUES (1 << 32 | 1, '1', '{"User Role Names":["User"]}', 1, 0),
			(1 << 32 | 2, '2', '{"User Role Names":["User"]}', 1, 1), (1 << 32 | 3, '3', '{"User Role Names":["User"]}', 1, 1)`, nil))
	ledgertest.OK(t, c.Close())
	var keys []string
	for _, u := range ledgertest.Must[[]export.Unfilled](t)(open(t, dir).Unfilled()) {
		keys = append(keys, u.Row.Key+strings.Join(u.Lists[roles], ","))
	}
	if got := strings.Join(keys, " "); got != "E1User E3User" {
		t.Errorf("without lists: %s", got)
	}
}
