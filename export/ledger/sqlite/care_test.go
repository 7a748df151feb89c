package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// script runs SQL on a ledger's database from outside.
func script(t testing.TB, dir, sql string) {
	t.Helper()
	c := ledgertest.Must[*sqlite.Conn](t)(sqlite.OpenConn(filepath.Join(dir, "ledger.db"), sqlite.OpenReadWrite))
	ledgertest.OK(t, errors.Join(sqlitex.ExecuteScript(c, sql, nil), c.Close()))
}

func findings(t testing.TB, dir string) string {
	t.Helper()
	var lines []string
	for _, f := range ledgertest.Must[*ledger.Checked](t)(Check(Options{Dir: dir})).Findings {
		lines = append(lines, fmt.Sprintf("%s: %s; %s", f.Where, f.What, f.Fix))
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), dir, "DIR")
}

func TestCheck(t *testing.T) {
	const backup = "stop the runs and go back to the last backup"
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, dir string)
		want  []string // each names one line; none: the ledger is sound
	}{
		{"sound", func(*testing.T, string) {}, nil},
		{"bytes of a final part pruned", func(t *testing.T, dir string) { ledgertest.OK(t, os.Remove(filepath.Join(dir, "spool", "1.csv"))) }, nil},
		{"bytes of a final part changed", func(t *testing.T, dir string) { ledgertest.OK(t, os.Truncate(filepath.Join(dir, "spool", "1.csv"), 3)) },
			[]string{"part final.csv: DIR/spool/1.csv does not hold what was sent; nothing needs it any more: rm DIR/spool/1.csv"}},
		{"bytes missing", func(t *testing.T, dir string) { ledgertest.OK(t, os.Remove(filepath.Join(dir, "spool", "2.csv"))) },
			[]string{"part open.csv: it is planned and DIR/spool/2.csv is missing; put the file back from a backup"}},
		{"bytes changed", func(t *testing.T, dir string) {
			ledgertest.OK(t, os.WriteFile(filepath.Join(dir, "spool", "2.csv"), []byte("bytes of OPEN.csv"), 0o600))
		}, []string{"part open.csv: it is planned and DIR/spool/2.csv does not hold what was planned; put the file back from a backup"}},
		{"modes", func(t *testing.T, dir string) {
			ledgertest.OK(t, os.Chmod(filepath.Join(dir, "spool", "2.csv"), 0o640))
			ledgertest.OK(t, os.Chmod(dir, 0o755))
			ledgertest.OK(t, os.WriteFile(filepath.Join(dir, "copy.db"), nil, 0o644))
		}, []string{
			"DIR: it is open to other users (mode 0755); chmod 700 DIR", "DIR/copy.db: it is open to other users (mode 0644); chmod 600 DIR/copy.db",
			"DIR/spool/2.csv: it is open to other users (mode 0640); chmod 600 DIR/spool/2.csv",
		}},
		{"a row lost", func(t *testing.T, dir string) { script(t, dir, "DELETE FROM rows WHERE line = 3 AND part = 2") },
			[]string{"part open.csv: it has 2 rows, and the ledger keeps 1; " + backup, "run 20261123T140502Z: 2 records went in, and the rows account for 1; " + backup}},
		{"a row of no run", func(t *testing.T, dir string) {
			script(t, dir, "UPDATE rows SET id = 9 << 32 | 1 WHERE part = 2 AND line = 3")
		},
			[]string{"DIR/ledger.db: 1 rows belong to no run; " + backup, "part open.csv: it has 2 rows, and the ledger keeps 1; " + backup,
				"run 20261123T140502Z: 2 records went in, and the rows account for 1; " + backup}},
		{"a part of no run", func(t *testing.T, dir string) {
			script(t, dir, "PRAGMA foreign_keys = OFF; UPDATE feed_files SET run = 9 WHERE run = 2")
		},
			[]string{"DIR/ledger.db: row 2 of feed_files names a row of runs that is not there; " + backup}},
		{"spool folder missing", func(t *testing.T, dir string) { ledgertest.OK(t, os.RemoveAll(filepath.Join(dir, "spool"))) }, []string{
			"DIR/spool: the folder with the bytes of the parts is missing; " + backup,
			"part open.csv: it is planned and DIR/spool/2.csv is missing; put the file back from a backup",
		}},
		{"no database", func(t *testing.T, dir string) {
			ledgertest.OK(t, os.WriteFile(filepath.Join(dir, "ledger.db"), bytes.Repeat([]byte("no database "), 100), 0o600))
		}, []string{"DIR/ledger.db: " /* what SQLite says */}},
		{"a page damaged", func(t *testing.T, dir string) {
			path := filepath.Join(dir, "ledger.db")
			f := ledgertest.Must[*os.File](t)(os.OpenFile(path, os.O_RDWR, 0))
			size := ledgertest.Must[os.FileInfo](t)(f.Stat()).Size()
			for at := int64(8192); at < size; at += 4096 { // skip the page of the table of tables
				ledgertest.Must[int](t)(f.WriteAt(bytes.Repeat([]byte{0xa5}, 2000), at))
			}
			ledgertest.OK(t, f.Close())
		}, []string{"DIR/ledger.db: "}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "ledger")
			l := ledgertest.Must[*Ledger](t)(Open(Options{Dir: dir, Now: func() time.Time { return ledgertest.Noon }}))
			ledgertest.Settled(t, l, ledgertest.OnePart(t, l, "final.csv", 1))
			ledgertest.OnePart(t, l, "open.csv", 2)
			ledgertest.OK(t, l.Close())
			test.spoil(t, dir)
			got := findings(t, dir)
			lines := strings.FieldsFunc(got, func(r rune) bool { return r == '\n' })
			if len(test.want) == 1 && strings.HasSuffix(test.want[0], "db: ") && len(lines) > 0 {
				lines = lines[:1] // SQLite's own text follows
			}
			same := slices.EqualFunc(lines, test.want, func(got, want string) bool { return strings.HasPrefix(got, want) })
			if !same {
				t.Errorf("findings:\n%s\nwant:\n%s", got, strings.Join(test.want, "\n"))
			}
		})
	}
	t.Run("counts", func(t *testing.T) {
		l := newLedger(t)
		ledgertest.Settled(t, l, ledgertest.OnePart(t, l, "final.csv", 1))
		ledgertest.OnePart(t, l, "open.csv", 2)
		want := &ledger.Checked{Runs: 2, Parts: 2, Spooled: 2, Rows: 3, People: 1, Findings: []ledger.Finding{}}
		if d := cmp.Diff(want, ledgertest.Must[*ledger.Checked](t)(Check(Options{Dir: l.dir}))); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
	t.Run("none", func(t *testing.T) {
		_, err := Check(Options{Dir: t.TempDir()})
		ledgertest.WantErr(t, err, "there is no ledger in")
	})
	t.Run("newer program", func(t *testing.T) {
		l := newLedger(t)
		script(t, l.dir, "CREATE TABLE later (a); PRAGMA user_version = 99")
		_, err := Check(Options{Dir: l.dir})
		ledgertest.WantErr(t, err, "newer hr2coupa")
	})
}

// TestBackup: a backup is a ledger of its own. It goes on where this one stood, also when a plan was open at that
// moment.
func TestBackup(t *testing.T) {
	l := newLedger(t)
	ledgertest.Settled(t, l, ledgertest.OnePart(t, l, "final.csv", 1))
	unfinished := ledgertest.OnePart(t, l, "open.csv", 2)
	ledgertest.OK(t, os.WriteFile(filepath.Join(l.spool.Dir, "kept-1.jsonl"), []byte("{}\n"), 0o600))
	looker := open(t, l.dir) // the backup is another program
	tx := ledgertest.Plan(t, l, ledgertest.Begin(t, l, "run"))
	ledgertest.Must[int64](t)(tx.AddPart(export.Part{Name: "planning.csv"}, []byte("p")))

	dir := filepath.Join(t.TempDir(), "backups", "monday")
	copied := ledgertest.Must[ledger.Copied](t)(looker.Backup(dir))
	if copied.Dir != dir || copied.Files != 2 || copied.Bytes < 4096 {
		t.Errorf("copied %+v", copied)
	}
	ledgertest.OK(t, tx.Commit(export.PlanSum{Input: 0}))
	if entries := ledgertest.Must[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(dir))); len(entries) != 1 {
		t.Errorf("beside the backup: %v", entries)
	}
	if got := findings(t, dir); got != "" {
		t.Errorf("the copy: %s", got)
	}

	restored := open(t, dir)
	if d := cmp.Diff([]string{"2.csv", "kept-1.jsonl"}, spoolFiles(t, restored)); d != "" {
		t.Errorf("spool (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]export.Part{unfinished}, ledgertest.Must[[]export.Part](t)(restored.Unfinished())); d != "" {
		t.Errorf("unfinished (-want +got):\n%s", d)
	}
	ledgertest.Must[[]byte](t)(restored.Bytes(unfinished))
	if n := ledgertest.Must[int](t)(restored.People()); n != 1 {
		t.Errorf("%d people, want 1", n)
	}
	ledgertest.Settled(t, restored, unfinished)
	if p := ledgertest.OnePart(t, restored, "next.csv", 1); p.ID <= unfinished.ID {
		t.Errorf("the id %d is given again", p.ID)
	}
	mode := ""
	ledgertest.OK(t, query(restored.conn, "PRAGMA journal_mode", func(s *sqlite.Stmt) error { mode = s.ColumnText(0); return nil }))
	if mode != "wal" {
		t.Errorf("the copy's journal mode is %s", mode)
	}
}

func TestBackupRefuses(t *testing.T) {
	l := newLedger(t)
	p := ledgertest.OnePart(t, l, "open.csv", 1)
	parent := t.TempDir()
	for _, name := range []string{"file", "folder"} {
		path := filepath.Join(parent, name)
		if name == "file" {
			ledgertest.OK(t, os.WriteFile(path, nil, 0o600))
		} else {
			ledgertest.OK(t, os.Mkdir(path, 0o700))
		}
		_, err := l.Backup(path)
		ledgertest.WantErr(t, err, path, "exists already / hint: name a new folder")
	}
	for name, test := range map[string]struct {
		spoil func() error
		want  string
	}{
		"changed": {func() error { return os.WriteFile(l.spool.Path(p.ID), []byte("BYTES of open.csv"), 0o600) }, "the copy is not sound"},
		"missing": {func() error { return os.Remove(l.spool.Path(p.ID)) }, "hint: hr2coupa ledger check"},
	} {
		ledgertest.OK(t, test.spoil())
		_, err := l.Backup(filepath.Join(parent, name))
		ledgertest.WantErr(t, err, test.want)
	}
	if entries := ledgertest.Must[[]os.DirEntry](t)(os.ReadDir(parent)); len(entries) != 2 {
		t.Errorf("what was refused left something: %v", entries)
	}
}

// copyOf copies a ledger that is not open.
func copyOf(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "ledger")
	ledgertest.OK(t, os.CopyFS(to, os.DirFS(dir)))
	ledgertest.OK(t, filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	}))
	return to
}

// TestDamagedLedgerIsTold: whichever table is damaged, a call that needs it returns an error that says what was being
// done, and no call panics.
func TestDamagedLedgerIsTold(t *testing.T) {
	nop := func(export.RowResult) error { return nil }
	calls := map[string]func(l *Ledger, run string, p export.Part) error{
		"BeginRun":   func(l *Ledger, _ string, _ export.Part) error { _, err := l.BeginRun(export.RunRecord{}); return err },
		"EndRun":     func(l *Ledger, run string, _ export.Part) error { return l.EndRun(export.RunRecord{ID: run}) },
		"Run":        func(l *Ledger, run string, _ export.Part) error { _, _, err := l.Run(run); return err },
		"Runs":       func(l *Ledger, _ string, _ export.Part) error { _, err := l.Runs(9); return err },
		"Seen":       func(l *Ledger, _ string, _ export.Part) error { _, _, err := l.Seen("users.csv"); return err },
		"SeenNone":   func(l *Ledger, _ string, _ export.Part) error { _, _, err := l.Seen("none.csv"); return err },
		"Unfinished": func(l *Ledger, _ string, _ export.Part) error { _, err := l.Unfinished(); return err },
		"Parts":      func(l *Ledger, run string, _ export.Part) error { _, err := l.Parts(run); return err },
		"Moves":      func(l *Ledger, _ string, p export.Part) error { _, err := l.Moves(p.ID); return err },
		"Move": func(l *Ledger, _ string, p export.Part) error {
			p.State = export.Staged
			return l.Move(p)
		},
		"Settle": func(l *Ledger, _ string, p export.Part) error {
			p.State = export.Dropped
			return l.Settle(p, export.Applied, []export.RowResult{{PartRow: 1, Outcome: export.Rejected}})
		},
		"PartRows":  func(l *Ledger, _ string, p export.Part) error { return l.PartRows(p.ID, nop) },
		"Rows":      func(l *Ledger, run string, _ export.Part) error { return l.Rows(run, nop) },
		"Counts":    func(l *Ledger, run string, _ export.Part) error { _, err := l.Counts(run); return err },
		"People":    func(l *Ledger, _ string, _ export.Part) error { _, err := l.People(); return err },
		"Known":     func(l *Ledger, _ string, _ export.Part) error { _, err := l.Known(); return err },
		"SentSince": func(l *Ledger, run string, _ export.Part) error { _, err := l.SentSince(run); return err },
		"Sweep":     func(l *Ledger, _ string, _ export.Part) error { _, err := l.Sweep(); return err },
		"Prune": func(l *Ledger, _ string, _ export.Part) error {
			_, err := l.Prune(ledger.Retention{}, false)
			return err
		},
		"PruneDry": func(l *Ledger, _ string, _ export.Part) error {
			_, err := l.Prune(ledger.Retention{}, true)
			return err
		},
		"Forget": func(l *Ledger, _ string, _ export.Part) error { _, err := l.Forget("E0009"); return err },
		"Plan": func(l *Ledger, _ string, _ export.Part) error {
			run, err := l.BeginRun(export.RunRecord{ID: "another"})
			if err != nil {
				return err
			}
			return ledgertest.Night(l, run.ID, 2)
		},
		"Check": func(l *Ledger, _ string, _ export.Part) error { _, err := Check(Options{Dir: l.dir}); return err },
		"Backup": func(l *Ledger, _ string, _ export.Part) error {
			_, err := l.Backup(l.dir + "-copy")
			return err
		},
	}
	failed := map[string]bool{}
	whole := newLedger(t)
	over := ledgertest.OnePart(t, whole, "over.csv", 3)
	ledgertest.Settled(t, whole, over)
	ledgertest.OK(t, whole.EndRun(export.RunRecord{ID: over.Run, State: export.RunEnded, Ended: ledgertest.Noon.Add(-time.Hour)}))
	p := ledgertest.OnePart(t, whole, "open.csv", 2)
	ledgertest.OK(t, whole.Close())
	for _, table := range []string{"runs", "feed_files", "parts", "moves", "sources", "rows", "people", "pruned_files"} {
		damaged := copyOf(t, whole.dir)
		script(t, damaged, "PRAGMA foreign_keys = OFF; DROP TABLE "+table)
		for name, call := range calls {
			l := open(t, copyOf(t, damaged))
			unlock := ledgertest.Must[func() error](t)(l.Lock("test"))
			if err := call(l, p.Run, p); err != nil {
				failed[name] = true
				if !strings.Contains(err.Error(), ": ") || !strings.Contains(err.Error(), "no such table") {
					t.Errorf("%s without %s: %v", name, table, err)
				}
			}
			ledgertest.OK(t, unlock())
		}
	}
	for name := range calls {
		if !failed[name] {
			t.Errorf("%s never failed, whichever table was missing", name)
		}
	}
}
