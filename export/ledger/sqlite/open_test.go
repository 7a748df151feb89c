package sqlite

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// TestMain also plays the other run that holds the lock, and another user who opens a ledger, in processes of their own.
func TestMain(m *testing.M) {
	if dir := os.Getenv("LEDGER_TEST_HOLD"); dir != "" {
		os.Exit(hold(dir))
	}
	if dir := os.Getenv("LEDGER_TEST_OPEN"); dir != "" {
		fmt.Println(openAndBegin(dir))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// hold takes the lock, says so, and dies without giving it up when its input ends.
func hold(dir string) int {
	l, err := Open(Options{Dir: dir})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if _, err := l.Lock("pid 4711 on host hr1, hr2coupa run, since 2026-11-24T02:00:00Z"); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// openAndBegin is the first a run does.
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
	onePart(t, l, "a.csv", 1)
	want := map[string]os.FileMode{
		"../../../var": 0o700, "../../lib": 0o700, ".": 0o700, "spool": 0o700, "lock": 0o600,
		"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600, "spool/1.csv": 0o600,
	}
	for name, mode := range want {
		info := must[os.FileInfo](t)(os.Stat(filepath.Join(dir, name)))
		if info.Mode().Perm() != mode {
			t.Errorf("%s has mode %04o, want %04o", name, info.Mode().Perm(), mode)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	sql := func(sql string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			c := must[*sqlite.Conn](t)(sqlite.OpenConn(filepath.Join(dir, "ledger.db"), sqlite.OpenReadWrite))
			ok(t, errors.Join(sqlitex.ExecuteScript(c, sql, nil), c.Close()))
		}
	}
	chmod := func(name string, mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, dir string) { ok(t, os.Chmod(filepath.Join(dir, name), mode)) }
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
		{"newer program", sql("CREATE TABLE later (a); PRAGMA user_version = 99"), []string{"newer hr2coupa", "version 99", fmt.Sprintf("this program knows %d", len(schema().Migrations))}},
		{"another program's database", sql("DROP TABLE moves; PRAGMA application_id = 7"), []string{"another program"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "ledger")
			ok(t, must[*Ledger](t)(Open(Options{Dir: dir})).Close())
			test.spoil(t, dir)
			for i, w := range test.want {
				test.want[i] = strings.ReplaceAll(w, "DIR", dir)
			}
			_, err := Open(Options{Dir: dir})
			wantErr(t, err, test.want...)
		})
	}
	t.Run("file in the way", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "ledger")
		ok(t, os.WriteFile(file, nil, 0o600))
		_, err := Open(Options{Dir: file})
		wantErr(t, err, file, "not a folder")
	})
	t.Run("no folder", func(t *testing.T) {
		_, err := Open(Options{})
		wantErr(t, err, "no folder given")
	})
	t.Run("foreign tables without a version", func(t *testing.T) {
		dir := t.TempDir()
		ok(t, os.Chmod(dir, 0o700))
		c := must[*sqlite.Conn](t)(sqlite.OpenConn(filepath.Join(dir, "ledger.db"), sqlite.OpenReadWrite|sqlite.OpenCreate))
		ok(t, errors.Join(sqlitex.ExecuteTransient(c, "CREATE TABLE theirs (a)", nil), c.Close()))
		ok(t, os.Chmod(filepath.Join(dir, "ledger.db"), 0o600))
		_, err := Open(Options{Dir: dir})
		wantErr(t, err, "application_id")
	})
}

// A ledger of the first version goes on with all it knows.
func TestOpenMigrates(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	ok(t, ledger.MakeDir(ledger.OSDisk{}, filepath.Join(dir, "spool")))
	ok(t, ledger.CreateFile(ledger.OSDisk{}, filepath.Join(dir, "ledger.db")))
	c := must[*sqlite.Conn](t)(sqlite.OpenConn(filepath.Join(dir, "ledger.db"), sqlite.OpenReadWrite))
	old := schema()
	old.Migrations = old.Migrations[:1]
	ok(t, useWAL(c))
	ok(t, sqlitemigration.Migrate(t.Context(), c, old))
	ok(t, sqlitex.ExecuteScript(c, `INSERT INTO runs (num, id, command, state, started) VALUES (1, 'old', 'run', 'ended', 1);
		INSERT INTO parts (id, run, name, user_name, wave, rows, size, sha256, state, planned) VALUES (1, 1, 'a', '', 1, 1, 0, '', 'settled', 1);
		INSERT INTO sources VALUES (1, 'users.csv');
		INSERT INTO rows VALUES (1 << 32 | 1, 1, 2, 1, 'E1', 'E1', 'u1', 'applied', '');
		INSERT INTO people VALUES ('E1', 'u1', 'old')`, nil))
	ok(t, c.Close())

	l := open(t, dir)
	want := export.RowResult{
		Part: 1, PartRow: 1, Origin: export.Origin{File: "users.csv", Line: 2}, Lines: 1, Key: "E1", First: "E1", Login: "u1", Outcome: export.Applied,
	}
	ok(t, l.PartRows(1, func(got export.RowResult) error {
		if got != want {
			t.Errorf("row %+v, want %+v", got, want)
		}
		return nil
	}))
	if got := must[map[string]export.Person](t)(l.Known()); len(got) != 1 || got["E1"] != (export.Person{Login: "u1"}) {
		t.Errorf("known: %v", got)
	}
	onePart(t, l, "b.csv", 1)
}

func TestPragmas(t *testing.T) {
	l := newLedger(t)
	want := map[string]int{"synchronous": 2, "foreign_keys": 1, "trusted_schema": 0, "secure_delete": 1, "user_version": len(schema().Migrations)}
	for name, value := range want {
		ok(t, l.read(func(c *sqlite.Conn) error {
			if got := must[int](t)(pragma(c, name)); got != value {
				t.Errorf("reader: %s is %d, want %d", name, got, value)
			}
			return nil
		}))
		if got := must[int](t)(pragma(l.conn, name)); got != value {
			t.Errorf("writer: %s is %d, want %d", name, got, value)
		}
	}
	err := l.read(func(c *sqlite.Conn) error { return exec(c, "DELETE FROM runs") })
	wantErr(t, err, "readonly")
}

func TestClosed(t *testing.T) {
	l := newLedger(t)
	run := begin(t, l, "run")
	tx := plan(t, l, run)
	must[int64](t)(tx.AddPart(export.Part{Name: "a.csv"}, []byte("a")))
	ok(t, l.Close())
	if files := spoolFiles(t, l); len(files) != 0 {
		t.Errorf("closing left %v of an open plan", files)
	}
	_, err := l.BeginRun(export.RunRecord{})
	wantErr(t, err, "closed")
	_, err = l.Plan(run)
	wantErr(t, err, "closed")
	_, err = l.Unfinished()
	wantErr(t, err, "closed")
	ok(t, l.Close())
}

func TestLockInOneProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	one, two := open(t, dir), open(t, dir)
	if must[bool](t)(two.Busy()) {
		t.Error("busy before anything has run")
	}
	unlock := must[func() error](t)(one.Lock("pid 1 on host a,\nhr2coupa\x1b[2J run"))
	if !must[bool](t)(two.Busy()) {
		t.Error("not busy while a run holds the lock")
	}

	_, err := two.Lock("pid 2")
	locked, is := errors.AsType[*export.LockedError](err)
	if !is {
		t.Fatalf("error %v, want a LockedError", err)
	}
	if want := "pid 1 on host a, hr2coupa [2J run"; locked.Holder != want {
		t.Errorf("holder %q, want %q", locked.Holder, want)
	}
	ok(t, unlock())
	ok(t, unlock())
	if must[bool](t)(two.Busy()) {
		t.Error("busy after the run")
	}
	unlock = must[func() error](t)(two.Lock("pid 2"))
	if got := two.lock.Holder(); got != "pid 2" {
		t.Errorf("holder %q, want pid 2", got)
	}
	ok(t, unlock())
	if got := two.lock.Holder(); !strings.Contains(got, "unknown") {
		t.Errorf("holder %q after unlocking", got)
	}
	unlock = must[func() error](t)(two.Lock(strings.Repeat("ä", 512)))
	if long := two.lock.Holder(); len(long) >= 512 || !strings.HasPrefix(long, "ää") {
		t.Errorf("a holder of %d bytes was kept", len(long))
	}
	ok(t, unlock())
}

func TestLockDiesWithItsProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	l := open(t, dir)
	other := holder(t, dir)
	_, err := l.Lock("me")
	wantErr(t, err, "pid 4711 on host hr1, hr2coupa run, since 2026-11-24T02:00:00Z")
	other()
	unlock := must[func() error](t)(l.Lock("me"))
	ok(t, unlock())
}

// holder starts a process that holds the lock and returns what kills it.
func holder(t *testing.T, dir string) (kill func()) {
	t.Helper()
	cmd := osexec.Command(must[string](t)(os.Executable()), "-test.run=^$")
	cmd.Env = append(os.Environ(), "LEDGER_TEST_HOLD="+dir)
	must[io.WriteCloser](t)(cmd.StdinPipe())
	out := must[io.ReadCloser](t)(cmd.StdoutPipe())
	ok(t, cmd.Start())
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "held\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return kill
}
