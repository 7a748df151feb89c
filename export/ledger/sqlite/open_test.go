package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
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

// openAndBegin is the first thing a run does.
func openAndBegin(dir string) error {
	l, err := Open(Options{Dir: dir})
	if err != nil {
		return err
	}
	_, err = l.BeginRun(export.RunRecord{Command: "run"})
	return errors.Join(err, l.Close())
}

func TestOpenMakesPrivateFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "var", "lib", "ledger")
	l := open(t, dir)
	ledgertest.OnePart(t, l, "a.csv", 1)
	want := map[string]os.FileMode{
		"../../../var": 0o700, "../../lib": 0o700, ".": 0o700, "spool": 0o700, "lock": 0o600,
		"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600, "spool/1.csv": 0o600,
	}
	for name, mode := range want {
		info := ledgertest.Must[os.FileInfo](t)(os.Stat(filepath.Join(dir, name)))
		if info.Mode().Perm() != mode {
			t.Errorf("%s has mode %04o, want %04o", name, info.Mode().Perm(), mode)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	sql := func(sql string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			c := ledgertest.Must[*sqlite.Conn](t)(sqlite.OpenConn(filepath.Join(dir, "ledger.db"), sqlite.OpenReadWrite))
			ledgertest.OK(t, errors.Join(sqlitex.ExecuteScript(c, sql, nil), c.Close()))
		}
	}
	chmod := func(name string, mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, dir string) { ledgertest.OK(t, os.Chmod(filepath.Join(dir, name), mode)) }
	}
	tests := []struct {
		name  string
		spoil func(t *testing.T, dir string)
		want  []string // DIR stands for the folder
	}{
		{"folder others can read", chmod(".", 0o750), []string{"mode 0750", "chmod 700 DIR"}},
		{"folder others can enter", chmod(".", 0o701), []string{"chmod 700 DIR"}},
		{"database others can read", chmod("ledger.db", 0o644), []string{"mode 0644", "chmod 600 DIR/ledger.db"}},
		{"spool others can read", chmod("spool", 0o755), []string{"chmod 700 DIR/spool"}},
		{"lock others can write", chmod("lock", 0o622), []string{"chmod 600 DIR/lock"}},
		{"newer program", sql("CREATE TABLE later (a); PRAGMA user_version = 99"), []string{"newer hr2coupa", "version 99", fmt.Sprintf("this program knows %d", len(dbfile.Schema().Migrations))}},
		{"another program's database", sql("DROP TABLE moves; PRAGMA application_id = 7"), []string{"another program"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "ledger")
			ledgertest.OK(t, ledgertest.Must[*Ledger](t)(Open(Options{Dir: dir})).Close())
			test.spoil(t, dir)
			for i, w := range test.want {
				test.want[i] = strings.ReplaceAll(w, "DIR", dir)
			}
			_, err := Open(Options{Dir: dir})
			ledgertest.WantErr(t, err, test.want...)
		})
	}
	t.Run("file in the way", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "ledger")
		ledgertest.OK(t, os.WriteFile(file, nil, 0o600))
		_, err := Open(Options{Dir: file})
		ledgertest.WantErr(t, err, file, "not a folder")
	})
	t.Run("no folder", func(t *testing.T) {
		_, err := Open(Options{})
		ledgertest.WantErr(t, err, "no folder given")
	})
	t.Run("foreign tables without a version", func(t *testing.T) {
		dir := t.TempDir()
		ledgertest.OK(t, os.Chmod(dir, 0o700))
		c := ledgertest.Must[*sqlite.Conn](t)(sqlite.OpenConn(filepath.Join(dir, "ledger.db"), sqlite.OpenReadWrite|sqlite.OpenCreate))
		ledgertest.OK(t, errors.Join(sqlitex.ExecuteTransient(c, "CREATE TABLE theirs (a)", nil), c.Close()))
		ledgertest.OK(t, os.Chmod(filepath.Join(dir, "ledger.db"), 0o600))
		_, err := Open(Options{Dir: dir})
		ledgertest.WantErr(t, err, "application_id")
	})
}

// TestOpenMigrates: a ledger of the first version goes on with everything it knows.
func TestOpenMigrates(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	ledgertest.OK(t, ledger.MakeDir(ledger.OSDisk{}, filepath.Join(dir, "spool")))
	ledgertest.OK(t, ledger.CreateFile(ledger.OSDisk{}, filepath.Join(dir, "ledger.db")))
	c := ledgertest.Must[*sqlite.Conn](t)(sqlite.OpenConn(filepath.Join(dir, "ledger.db"), sqlite.OpenReadWrite))
	old := dbfile.Before("kept.sql")
	ledgertest.OK(t, dbfile.UseWAL(c))
	ledgertest.OK(t, sqlitemigration.Migrate(t.Context(), c, old))
	ledgertest.OK(t, sqlitex.ExecuteScript(c, `INSERT INTO runs (num, id, command, state, started) VALUES (1, 'old', 'run', 'ended', 1);
		INSERT INTO parts (id, run, name, user_name, wave, rows, size, sha256, state, planned) VALUES (1, 1, 'a', '', 1, 1, 0, '', 'settled', 1);
		INSERT INTO sources VALUES (1, 'users.csv');
		INSERT INTO rows VALUES (1 << 32 | 1, 1, 2, 1, 'E1', 'E1', 'u1', 'applied', '');
		INSERT INTO people VALUES ('E1', 'u1', 'old')`, nil))
	ledgertest.OK(t, c.Close())

	l := open(t, dir)
	want := export.RowResult{
		Part: 1, PartRow: 1, Origin: export.Origin{File: "users.csv", Line: 2}, Lines: 1, Key: "E1", First: "E1", Login: "u1", Outcome: export.Applied,
	}
	ledgertest.OK(t, l.PartRows(1, func(got export.RowResult) error {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("row %+v, want %+v", got, want)
		}
		return nil
	}))
	if got := ledgertest.KnownTo(t, l); len(got) != 1 || got["E1"] != (export.Person{Login: "u1"}) {
		t.Errorf("known: %v", got)
	}
	ledgertest.OnePart(t, l, "b.csv", 1)
}

func TestPragmas(t *testing.T) {
	l := newLedger(t)
	want := map[string]int{"synchronous": 2, "foreign_keys": 1, "trusted_schema": 0, "secure_delete": 1, "user_version": len(dbfile.Schema().Migrations)}
	for name, value := range want {
		ledgertest.OK(t, l.read(func(c *sqlite.Conn) error {
			if got := ledgertest.Must[int](t)(dbfile.Pragma(c, name)); got != value {
				t.Errorf("reader: %s is %d, want %d", name, got, value)
			}
			return nil
		}))
		if got := ledgertest.Must[int](t)(dbfile.Pragma(l.conn, name)); got != value {
			t.Errorf("writer: %s is %d, want %d", name, got, value)
		}
	}
	err := l.read(func(c *sqlite.Conn) error { return exec(c, "DELETE FROM runs") })
	ledgertest.WantErr(t, err, "readonly")
}
