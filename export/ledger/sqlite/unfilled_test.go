package sqlite

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

const roles, groups = "User Role Names", "Content Groups"

// emptied is a ledger with a part of one row, a call of which has emptied its person's roles.
func emptied(t *testing.T) (*Ledger, export.Part) {
	l := newLedger(t)
	p := byAPI(t, l, 1)
	p.State = export.Loading
	ok(t, l.Move(p))
	ok(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 1, CoupaID: "7", Emptied: map[string][]string{roles: {"User"}}, Unfilled: []string{roles}}))
	return l, p
}

// TestUnfilled: what a call has emptied is known until it is filled, also once the part is settled, and another list that a
// later start empties joins it.
func TestUnfilled(t *testing.T) {
	l, p := emptied(t)
	ok(t, l.BeginWrite(export.Write{
		Part: p.ID, PartRow: 1, CoupaID: "7", Emptied: map[string][]string{roles: {}, groups: {"Legal"}}, Unfilled: []string{groups, roles},
	}))
	ok(t, l.Settle(p, export.Rejected, nil))
	people := must[[]export.Unfilled](t)(l.Unfilled())
	if len(people) != 1 || people[0].Part != p.Name || people[0].State != export.Settled || people[0].Row.Key == "" || people[0].CoupaID != "7" {
		t.Fatalf("without lists: %+v", people)
	}
	if d := cmp.Diff(map[string][]string{roles: {"User"}, groups: {"Legal"}}, people[0].Lists); d != "" {
		t.Error(d)
	}
	u := people[0]
	u.Lists = map[string][]string{groups: {"Legal"}}
	ok(t, l.Filled(u, "roles were put back"))
	if people = must[[]export.Unfilled](t)(l.Unfilled()); len(people) != 1 || len(people[0].Lists) != 1 || people[0].Row.Reason != "roles were put back" {
		t.Errorf("without lists: %+v", people)
	}
	u.Lists = nil
	ok(t, l.Filled(u, ""))
	if people = must[[]export.Unfilled](t)(l.Unfilled()); len(people) > 0 {
		t.Errorf("without lists: %+v", people)
	}
	u.PartRow = 2
	wantErr(t, l.Filled(u, ""), "was never written")
}

// TestUnfilledStays: neither pruning nor forgetting takes away what a list held that is not filled again.
func TestUnfilledStays(t *testing.T) {
	l, p := emptied(t)
	ok(t, l.Settle(p, export.Rejected, nil))
	r, _, err := l.Run(p.Run)
	ok(t, err)
	r.State, r.Ended = export.RunEnded, noon
	ok(t, l.EndRun(r))
	unlock := must[func() error](t)(l.Lock("test"))
	defer unlock()
	l.now = func() time.Time { return noon.AddDate(10, 0, 0) }
	soon := ledger.Retention{Parts: time.Hour, Values: time.Hour, History: 2 * time.Hour}
	if got := must[ledger.Pruned](t)(l.Prune(soon, false)); got.Runs+got.Rows > 0 {
		t.Errorf("pruned %+v", got)
	}
	_, err = l.Forget(must[[]export.Unfilled](t)(l.Unfilled())[0].Row.Key)
	wantErr(t, err, "hr2coupa settle a.jsonl rejected")
	u := must[[]export.Unfilled](t)(l.Unfilled())[0]
	u.Lists = nil
	ok(t, l.Filled(u, ""))
	if got := must[ledger.Pruned](t)(l.Prune(soon, false)); got.Runs != 1 {
		t.Errorf("pruned %+v", got)
	}
}

// TestUnfilledBefore: in a ledger of an earlier version those rows count whose calls have no answer, or whose lists could
// not be put back.
func TestUnfilledBefore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	ok(t, ledger.MakeDir(ledger.OSDisk{}, filepath.Join(dir, "spool")))
	ok(t, ledger.CreateFile(ledger.OSDisk{}, filepath.Join(dir, "ledger.db")))
	c := must[*sqlite.Conn](t)(sqlite.OpenConn(filepath.Join(dir, "ledger.db"), sqlite.OpenReadWrite))
	old := schema()
	old.Migrations = old.Migrations[:slices.Index(old.Migrations, unfilledSQL)]
	ok(t, useWAL(c))
	ok(t, sqlitemigration.Migrate(t.Context(), c, old))
	ok(t, sqlitex.ExecuteScript(c, `INSERT INTO runs (num, id, command, state, started) VALUES (1, 'old', 'run', 'ended', 1);
		INSERT INTO parts (id, run, name, user_name, wave, rows, size, sha256, state, planned, route) VALUES (1, 1, 'a', '', 1, 3, 0, '', 'settled', 1, 'api');
		INSERT INTO sources VALUES (1, 'users.csv');
		INSERT INTO rows (id, source, line, lines, key, first, login, outcome, reason) VALUES
			(1 << 32 | 1, 1, 2, 1, 'E1', '1', 'u1', 'rejected', 'settled as rejected by A'), (1 << 32 | 2, 1, 3, 1, 'E2', '2', 'u2', 'applied', ''),
			(1 << 32 | 3, 1, 4, 1, 'E3', '3', 'u3', 'rejected', 'no; User Role Names (User) could not be put back, and nobody but you can do it now');
		INSERT INTO writes (id, coupa_id, emptied, begun, answered) VALUES (1 << 32 | 1, '1', '{"User Role Names":["User"]}', 1, 0),
			(1 << 32 | 2, '2', '{"User Role Names":["User"]}', 1, 1), (1 << 32 | 3, '3', '{"User Role Names":["User"]}', 1, 1)`, nil))
	ok(t, c.Close())
	var keys []string
	for _, u := range must[[]export.Unfilled](t)(open(t, dir).Unfilled()) {
		keys = append(keys, u.Row.Key+strings.Join(u.Lists[roles], ","))
	}
	if got := strings.Join(keys, " "); got != "E1User E3User" {
		t.Errorf("without lists: %s", got)
	}
}
