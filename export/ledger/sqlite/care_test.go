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
)

// script runs SQL on a ledger's database from outside.
func script(t testing.TB, dir, sql string) {
	t.Helper()
	c := must[*sqlite.Conn](t)(sqlite.OpenConn(filepath.Join(dir, "ledger.db"), sqlite.OpenReadWrite))
	ok(t, errors.Join(sqlitex.ExecuteScript(c, sql, nil), c.Close()))
}

func findings(t testing.TB, dir string) string {
	t.Helper()
	var lines []string
	for _, f := range must[*ledger.Checked](t)(Check(Options{Dir: dir})).Findings {
		lines = append(lines, fmt.Sprintf("%s: %s; %s", f.Where, f.What, f.Fix))
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), dir, "DIR")
}

func TestCheck(t *testing.T) {
	const backup = "stop the runs and go back to the last backup"
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, dir string)
		want  []string // of one line each; none: sound
	}{
		{"sound", func(*testing.T, string) {}, nil},
		{"bytes of a final part pruned", func(t *testing.T, dir string) { ok(t, os.Remove(filepath.Join(dir, "spool", "1.csv"))) }, nil},
		{"bytes of a final part changed", func(t *testing.T, dir string) { ok(t, os.Truncate(filepath.Join(dir, "spool", "1.csv"), 3)) },
			[]string{"part final.csv: DIR/spool/1.csv does not hold what was sent; nothing needs it any more: rm DIR/spool/1.csv"}},
		{"bytes missing", func(t *testing.T, dir string) { ok(t, os.Remove(filepath.Join(dir, "spool", "2.csv"))) },
			[]string{"part open.csv: it is planned and DIR/spool/2.csv is missing; put the file back from a backup"}},
		{"bytes changed", func(t *testing.T, dir string) {
			ok(t, os.WriteFile(filepath.Join(dir, "spool", "2.csv"), []byte("bytes of OPEN.csv"), 0o600))
		}, []string{"part open.csv: it is planned and DIR/spool/2.csv does not hold what was planned; put the file back from a backup"}},
		{"modes", func(t *testing.T, dir string) {
			ok(t, os.Chmod(filepath.Join(dir, "spool", "2.csv"), 0o640))
			ok(t, os.Chmod(dir, 0o755))
			ok(t, os.WriteFile(filepath.Join(dir, "copy.db"), nil, 0o644))
		}, []string{
			"DIR: it is open to other users (mode 0755); chmod 700 DIR", "DIR/copy.db: it is open to other users (mode 0644); chmod 600 DIR/copy.db",
			"DIR/spool/2.csv: it is open to other users (mode 0640); chmod 600 DIR/spool/2.csv",
		}},
		{"a row lost", func(t *testing.T, dir string) { script(t, dir, "DELETE FROM rows WHERE line = 3 AND part = 2") },
			[]string{"run 20261123T140501Z-2: 2 records went in, and the rows account for 1; " + backup, "part open.csv: it has 2 rows, and the ledger keeps 1; " + backup}},
		{"a row of no run", func(t *testing.T, dir string) {
			script(t, dir, "UPDATE rows SET id = 9 << 32 | 1 WHERE part = 2 AND line = 3")
		},
			[]string{"DIR/ledger.db: 1 rows belong to no run; " + backup, "run 20261123T140501Z-2: 2 records went in, and the rows account for 1; " + backup,
				"part open.csv: it has 2 rows, and the ledger keeps 1; " + backup}},
		{"a part of no run", func(t *testing.T, dir string) {
			script(t, dir, "PRAGMA foreign_keys = OFF; UPDATE feed_files SET run = 9 WHERE run = 2")
		},
			[]string{"DIR/ledger.db: row 2 of feed_files names a row of runs that is not there; " + backup}},
		{"spool folder missing", func(t *testing.T, dir string) { ok(t, os.RemoveAll(filepath.Join(dir, "spool"))) }, []string{
			"DIR/spool: the folder with the bytes of the parts is missing; " + backup,
			"part open.csv: it is planned and DIR/spool/2.csv is missing; put the file back from a backup",
		}},
		{"no database", func(t *testing.T, dir string) {
			ok(t, os.WriteFile(filepath.Join(dir, "ledger.db"), bytes.Repeat([]byte("no database "), 100), 0o600))
		}, []string{"DIR/ledger.db: " /* what SQLite says */}},
		{"a page damaged", func(t *testing.T, dir string) {
			path := filepath.Join(dir, "ledger.db")
			f := must[*os.File](t)(os.OpenFile(path, os.O_RDWR, 0))
			size := must[os.FileInfo](t)(f.Stat()).Size()
			for at := int64(8192); at < size; at += 4096 { // not the tables' own page
				must[int](t)(f.WriteAt(bytes.Repeat([]byte{0xa5}, 2000), at))
			}
			ok(t, f.Close())
		}, []string{"DIR/ledger.db: "}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "ledger")
			l := must[*Ledger](t)(Open(Options{Dir: dir, Now: func() time.Time { return noon }}))
			settled(t, l, onePart(t, l, "final.csv", 1))
			onePart(t, l, "open.csv", 2)
			ok(t, l.Close())
			test.spoil(t, dir)
			got := findings(t, dir)
			lines := strings.FieldsFunc(got, func(r rune) bool { return r == '\n' })
			if len(test.want) == 1 && strings.HasSuffix(test.want[0], "db: ") && len(lines) > 0 {
				lines = lines[:1] // SQLite's own words
			}
			same := slices.EqualFunc(lines, test.want, func(got, want string) bool { return strings.HasPrefix(got, want) })
			if !same {
				t.Errorf("findings:\n%s\nwant:\n%s", got, strings.Join(test.want, "\n"))
			}
		})
	}
	t.Run("counts", func(t *testing.T) {
		l := newLedger(t)
		settled(t, l, onePart(t, l, "final.csv", 1))
		onePart(t, l, "open.csv", 2)
		want := &ledger.Checked{Runs: 2, Parts: 2, Spooled: 2, Rows: 3, People: 1, Findings: []ledger.Finding{}}
		if d := cmp.Diff(want, must[*ledger.Checked](t)(Check(Options{Dir: l.dir}))); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
	t.Run("none", func(t *testing.T) {
		_, err := Check(Options{Dir: t.TempDir()})
		wantErr(t, err, "there is no ledger in")
	})
	t.Run("newer program", func(t *testing.T) {
		l := newLedger(t)
		script(t, l.dir, "CREATE TABLE later (a); PRAGMA user_version = 99")
		_, err := Check(Options{Dir: l.dir})
		wantErr(t, err, "newer hr2coupa")
	})
}

// A backup is a ledger of its own that goes on where this one stood, also when a plan was open at that moment.
func TestBackup(t *testing.T) {
	l := newLedger(t)
	settled(t, l, onePart(t, l, "final.csv", 1))
	unfinished := onePart(t, l, "open.csv", 2)
	ok(t, os.WriteFile(filepath.Join(l.spool.Dir, "kept-1.jsonl"), []byte("{}\n"), 0o600))
	looker := open(t, l.dir) // the backup is another program
	tx := plan(t, l, begin(t, l, "run"))
	must[int64](t)(tx.AddPart(export.Part{Name: "planning.csv"}, []byte("p")))

	dir := filepath.Join(t.TempDir(), "backups", "monday")
	copied := must[ledger.Copied](t)(looker.Backup(dir))
	if copied.Dir != dir || copied.Files != 2 || copied.Bytes < 4096 {
		t.Errorf("copied %+v", copied)
	}
	ok(t, tx.Commit(export.PlanSum{Input: 0}))
	if entries := must[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(dir))); len(entries) != 1 {
		t.Errorf("beside the backup: %v", entries)
	}
	if got := findings(t, dir); got != "" {
		t.Errorf("the copy: %s", got)
	}

	restored := open(t, dir)
	if d := cmp.Diff([]string{"2.csv", "kept-1.jsonl"}, spoolFiles(t, restored)); d != "" {
		t.Errorf("spool (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]export.Part{unfinished}, must[[]export.Part](t)(restored.Unfinished())); d != "" {
		t.Errorf("unfinished (-want +got):\n%s", d)
	}
	must[[]byte](t)(restored.Bytes(unfinished))
	if n := must[int](t)(restored.People()); n != 1 {
		t.Errorf("%d people, want 1", n)
	}
	settled(t, restored, unfinished)
	if p := onePart(t, restored, "next.csv", 1); p.ID <= unfinished.ID {
		t.Errorf("the id %d is given again", p.ID)
	}
	mode := ""
	ok(t, query(restored.conn, "PRAGMA journal_mode", func(s *sqlite.Stmt) error { mode = s.ColumnText(0); return nil }))
	if mode != "wal" {
		t.Errorf("the copy's journal mode is %s", mode)
	}
}

func TestBackupRefuses(t *testing.T) {
	l := newLedger(t)
	p := onePart(t, l, "open.csv", 1)
	parent := t.TempDir()
	for _, name := range []string{"file", "folder"} {
		path := filepath.Join(parent, name)
		if name == "file" {
			ok(t, os.WriteFile(path, nil, 0o600))
		} else {
			ok(t, os.Mkdir(path, 0o700))
		}
		_, err := l.Backup(path)
		wantErr(t, err, path, "there already")
	}
	for name, test := range map[string]struct {
		spoil func() error
		want  string
	}{
		"changed": {func() error { return os.WriteFile(l.spool.Path(p.ID), []byte("BYTES of open.csv"), 0o600) }, "the copy is not sound"},
		"missing": {func() error { return os.Remove(l.spool.Path(p.ID)) }, "ledger check"},
	} {
		ok(t, test.spoil())
		_, err := l.Backup(filepath.Join(parent, name))
		wantErr(t, err, test.want)
	}
	if entries := must[[]os.DirEntry](t)(os.ReadDir(parent)); len(entries) != 2 {
		t.Errorf("what was refused left something: %v", entries)
	}
}

// A backup outlives a power cut once it is told, and half a one never has its name.
func TestBackupPowerCut(t *testing.T) {
	for cutAt, whole := 1, false; !whole; cutAt++ {
		dir := filepath.Join(t.TempDir(), "ledger")
		ok(t, must[*Ledger](t)(Open(Options{Dir: dir})).Close())
		d := &shaky{}
		l := must[*Ledger](t)(Open(Options{Dir: dir, Disk: d}))
		p := onePart(t, l, "open.csv", 1)
		d.cutAt = d.steps + cutAt
		to := filepath.Join(filepath.Dir(dir), "backup")
		_, err := l.Backup(to)
		if whole = err == nil; !whole && !errors.Is(err, errPower) {
			t.Fatal(err)
		}
		ok(t, l.Close())
		ok(t, d.lose())
		_, err = os.Stat(to)
		switch {
		case err == nil:
			if got := findings(t, to); got != "" {
				t.Errorf("step %d: %s", cutAt, got)
			}
			must[[]byte](t)(open(t, to).Bytes(p))
		case whole || !errors.Is(err, fs.ErrNotExist):
			t.Errorf("step %d: %v", cutAt, err)
		}
	}
}

const day = 24 * time.Hour

// aged is a ledger with a clock that a test turns, and the lock.
type aged struct {
	*Ledger
	now time.Time
}

func newAged(t testing.TB) *aged {
	a := &aged{now: noon}
	a.Ledger = must[*Ledger](t)(Open(Options{Dir: filepath.Join(t.TempDir(), "ledger"), Now: func() time.Time { return a.now }}))
	unlock := must[func() error](t)(a.Lock("test"))
	t.Cleanup(func() { ok(t, errors.Join(unlock(), a.Close())) })
	return a
}

// night is a run with one part of two rows and one row that is quarantined, of a feed file.
func (a *aged) night(t testing.TB, file string) export.Part {
	t.Helper()
	run := must[string](t)(a.BeginRun(export.RunRecord{Command: "run", Started: a.now}))
	tx := plan(t, a.Ledger, run)
	id := must[int64](t)(tx.AddPart(export.Part{Name: run + ".csv", Rows: 2}, []byte("bytes of "+file)))
	ok(t, tx.AddRow(row(id, 1, 2, export.Pending)))
	ok(t, tx.AddRow(row(id, 2, 3, export.Pending)))
	bad := row(0, 0, 4, export.Quarantined)
	bad.Reason = "Email: no e-mail address"
	ok(t, tx.AddRow(bad))
	ok(t, tx.Commit(export.PlanSum{Files: []export.FeedFile{{Path: "/hr/" + file, Name: file, Size: 9, SHA256: "hash of " + file}}, Input: 3}))
	return must[[]export.Part](t)(a.Parts(run))[0]
}

func (a *aged) over(t testing.TB, p export.Part) {
	t.Helper()
	settled(t, a.Ledger, p)
	ok(t, a.EndRun(export.RunRecord{ID: p.Run, State: export.RunEnded, Ended: a.now}))
}

func (a *aged) held(t testing.TB, files ...string) string {
	t.Helper()
	run := must[string](t)(a.BeginRun(export.RunRecord{Command: "run", Started: a.now}))
	tx := plan(t, a.Ledger, run)
	ok(t, tx.AddRow(row(0, 0, 2, export.Held)))
	var seen []export.FeedFile
	for _, f := range files {
		seen = append(seen, export.FeedFile{Path: "/hr/" + f, Name: f, SHA256: "hash of " + f})
	}
	ok(t, tx.Commit(export.PlanSum{Files: seen, Input: 1}))
	ok(t, a.EndRun(export.RunRecord{ID: run, State: export.RunHeld, Ended: a.now}))
	return run
}

func (a *aged) runs(t testing.TB) []string {
	t.Helper()
	var ids []string
	for _, r := range must[[]export.RunRecord](t)(a.Runs(100)) {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestPrune(t *testing.T) {
	a := newAged(t)
	r := ledger.Retention{Parts: 30 * day, Values: 60 * day, History: 90 * day}
	old := a.night(t, "old.csv")
	a.over(t, old)
	stalled := a.night(t, "stalled.csv")
	forgotten := a.held(t, "held.csv")
	a.now = noon.Add(50 * day)
	young := a.night(t, "young.csv")
	a.over(t, young)

	prune := func(at time.Duration, want ledger.Pruned) {
		t.Helper()
		a.now = noon.Add(at)
		if got := must[ledger.Pruned](t)(a.Prune(r, true)); got != want {
			t.Errorf("dry, after %v: %+v, want %+v", at, got, want)
		}
		if got := must[ledger.Pruned](t)(a.Prune(r, false)); got != want {
			t.Errorf("after %v: %+v, want %+v", at, got, want)
		}
		if got := must[ledger.Pruned](t)(a.Prune(r, false)); got != (ledger.Pruned{}) {
			t.Errorf("after %v, a second time: %+v", at, got)
		}
		if got := findings(t, a.dir); got != "" {
			t.Errorf("after %v: %s", at, got)
		}
	}
	prune(50*day, ledger.Pruned{Parts: 1, Bytes: 16})
	prune(61*day, ledger.Pruned{Rows: 3})
	ok(t, a.PartRows(old.ID, func(r export.RowResult) error {
		want := row(old.ID, r.PartRow, r.PartRow+1, export.Applied)
		want.First, want.Login = "", ""
		if r != want {
			t.Errorf("row %+v, want %+v", r, want)
		}
		return nil
	}))
	counts := must[map[export.Outcome]int](t)(a.Counts(old.Run))
	if d := cmp.Diff(map[export.Outcome]int{export.Applied: 2, export.Quarantined: 1}, counts); d != "" {
		t.Errorf("counts (-want +got):\n%s", d)
	}
	prune(91*day, ledger.Pruned{Parts: 1, Bytes: 18, Runs: 1})
	if d := cmp.Diff([]string{young.Run, forgotten, stalled.Run}, a.runs(t)); d != "" {
		t.Errorf("runs (-want +got):\n%s", d)
	}
	prune(1000*day, ledger.Pruned{Runs: 1})
	if d := cmp.Diff([]string{forgotten, stalled.Run}, a.runs(t)); d != "" {
		t.Errorf("what is unfinished or held must stay (-want +got):\n%s", d)
	}
	must[[]byte](t)(a.Bytes(stalled))
	if n := must[int](t)(a.People()); n != 2 {
		t.Errorf("%d people, want 2: they stay", n)
	}

	// A feed file of a pruned run is not new, and another of that name is.
	want := export.SeenFile{
		FeedFile: export.FeedFile{Path: "/hr/old.csv", Name: "old.csv", Size: 9, SHA256: "hash of old.csv"}, Run: old.Run, RunState: export.RunEnded,
	}
	seen, found, err := a.Seen("old.csv")
	if d := cmp.Diff(want, seen); d != "" || !found || err != nil {
		t.Errorf("seen: %v, %v (-want +got):\n%s", found, err, d)
	}
	if p := a.night(t, "next.csv"); p.ID <= young.ID {
		t.Errorf("the id %d is given again", p.ID)
	}
}

// A held run stays, and so does a run of which people wait, until a later plan has taken up what they keep.
func TestPruneKept(t *testing.T) {
	a := newAged(t)
	r := ledger.Retention{Parts: day, Values: day, History: day}
	held := keep(t, a.Ledger, 2)
	ok(t, a.EndRun(export.RunRecord{ID: held, State: export.RunHeld, Ended: a.now}))
	a.now = noon.Add(100 * day)
	if got := must[ledger.Pruned](t)(a.Prune(r, false)); got.Runs != 0 {
		t.Errorf("%d runs went", got.Runs)
	}
	must[bool](t)(a.GiveUp(held, "A"))
	ok(t, a.Approve(export.Approval{Run: held, By: "A", At: noon, Expires: noon}))
	waiting := keep(t, a.Ledger, 3)
	ok(t, a.EndRun(export.RunRecord{ID: waiting, State: export.RunEnded, Ended: noon}))
	if got := must[ledger.Pruned](t)(a.Prune(r, false)); got.Runs != 1 {
		t.Errorf("%d runs went, want the one that was given up", got.Runs)
	}
	if d := cmp.Diff([]string{waiting}, a.runs(t)); d != "" {
		t.Errorf("runs (-want +got):\n%s", d)
	}
}

// Whoever is kept for the next plan cannot be forgotten, nor whom another's record names; what was given up is gone.
func TestForgetKept(t *testing.T) {
	a := newAged(t)
	run := keep(t, a.Ledger, 2)
	for _, key := range []string{"007", "zoë"} { // as a key, and as a word in a cell
		_, err := a.Forget(key)
		wantErr(t, err, "run "+run+" keeps records", "settle "+run+" rejected")
	}
	must[ledger.Forgotten](t)(a.Forget("nobody"))
	must[bool](t)(a.GiveUp(run, "A"))
	must[ledger.Forgotten](t)(a.Forget("007"))
	if got := spoolFiles(t, a.Ledger); len(got) > 0 {
		t.Errorf("the spool has %q", got)
	}
}

func TestPruneNeedsTheLock(t *testing.T) {
	l := newLedger(t)
	_, err := l.Prune(ledger.Retention{}, false)
	wantErr(t, err, "run lock")
	must[ledger.Pruned](t)(l.Prune(ledger.Retention{}, true))
	_, err = l.Forget("E1")
	wantErr(t, err, "run lock")
}

// TestPruneNotices: what was sent or given up goes by retention.history, and an incident once it is over for that long;
// what is due or goes on stays.
func TestPruneNotices(t *testing.T) {
	a := newAged(t)
	a.now = noon
	over := export.Incident{Kind: export.NoticeHeld, Cause: "limits", Begun: noon, Last: noon, Ended: noon.Add(day)}
	lasting := export.Incident{Kind: export.NoticeFailed, Cause: "load", Begun: noon, Last: noon}
	ok(t, a.Tell([]export.Incident{over, lasting}, []export.Notice{
		{Target: "sent", Message: []byte("{}"), Made: noon}, {Target: "given up", Message: []byte("{}"), Made: noon}, {Target: "due", Message: []byte("{}"), Made: noon},
	}))
	due := must[[]export.Notice](t)(a.Due())
	ok(t, a.Sent(due[0].ID))
	a.now = noon.Add(10 * day)
	ok(t, a.GiveUpNotice(due[1].ID, "no such target"))

	r := ledger.Retention{Parts: 90 * day, Values: 90 * day, History: 90 * day}
	for _, step := range []struct {
		at   time.Duration
		want ledger.Pruned
	}{
		{90 * day, ledger.Pruned{}}, // not a moment earlier
		{90*day + 1, ledger.Pruned{Notices: 1}},
		{101 * day, ledger.Pruned{Notices: 1, Incidents: 1}},
		{1000 * day, ledger.Pruned{}},
	} {
		a.now = noon.Add(step.at)
		for _, dry := range []bool{true, false} {
			if got := must[ledger.Pruned](t)(a.Prune(r, dry)); got != step.want {
				t.Errorf("after %v, dry %v: %+v, want %+v", step.at, dry, got, step.want)
			}
		}
	}
	if due = must[[]export.Notice](t)(a.Due()); len(due) != 1 || due[0].Target != "due" {
		t.Errorf("due: %+v", due)
	}
	if d := cmp.Diff([]export.Incident{lasting}, must[[]export.Incident](t)(a.Incidents())); d != "" {
		t.Error(d)
	}
}

// planted are the values of one person, as they stand in feed, rows, messages and parts.
var planted = []string{"P-4711", "Planted.Login", "planted.login@acme.example", "Plantedlast"}

// tracesOf gives where in a folder a word stands, whatever its case.
func tracesOf(t testing.TB, dir string, words []string) (traces []string) {
	t.Helper()
	files := 0
	ok(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data := fold(must[[]byte](t)(os.ReadFile(path)))
		for _, w := range words {
			for _, form := range [][]byte{fold([]byte(w)), utf16(w)} {
				if bytes.Contains(data, form) {
					traces = append(traces, filepath.Base(path)+": "+w)
				}
			}
		}
		return nil
	}))
	if files == 0 {
		t.Fatal("no file was looked at")
	}
	return traces
}

func utf16(s string) []byte {
	var out []byte
	for _, b := range fold([]byte(s)) {
		out = append(out, b, 0)
	}
	return out
}

// plantPerson makes a ledger in which the planted person has left traces everywhere: among many others, over two logins,
// as approver, in messages about others, in a file dropped by hand, in an orphan of the spool, and in freed pages.
func plantPerson(t testing.TB, a *aged) (unfinished func() export.Part) {
	t.Helper()
	person := func(part int64, partRow int, login string) export.RowResult {
		r := row(part, partRow, 5, export.Pending)
		r.Key, r.First, r.Login, r.Status = planted[0], planted[0], login, "active"
		return r
	}
	csv := fmt.Sprintf("\"Employee Number\",\"Login\",\"Email\",\"Last Name\"\n%q,%q,%q,%q\n", planted[0], planted[1], planted[2], planted[3])
	night := func(command, data string, rows ...export.RowResult) export.Part {
		run := must[string](t)(a.BeginRun(export.RunRecord{Command: command, Started: a.now}))
		tx := plan(t, a.Ledger, run)
		id := must[int64](t)(tx.AddPart(export.Part{Name: run + ".csv", Rows: len(rows)}, []byte(data)))
		for i, r := range rows {
			r.Part, r.PartRow = id, i+1
			ok(t, tx.AddRow(r))
		}
		for i := range 500 { // so that freed pages and a log of some length come about
			r := row(0, 0, i+100, export.Quarantined)
			r.Reason = fmt.Sprintf("Approver Login %q is unknown", planted[1])
			ok(t, tx.AddRow(r))
		}
		ok(t, tx.Commit(export.PlanSum{Input: len(rows) + 500}))
		return must[[]export.Part](t)(a.Parts(run))[0]
	}
	a.over(t, night("run", csv, person(0, 0, "planted.login"), row(0, 0, 9, export.Pending)))
	a.over(t, night("run", csv, person(0, 0, planted[1])))
	a.over(t, night("run", "\"Login\",\"Approver Login\"\n\"u77\",\"PLANTED.LOGIN\"\n", row(0, 0, 77, export.Pending)))
	byHand := row(0, 0, 2, export.Pending)
	byHand.Key, byHand.First, byHand.Login = "planted.login", "planted.login", "planted.login"
	a.over(t, night("drop", csv, byHand))
	a.over(t, night("run", "\"Login\"\n\"planted.login2\"\n", row(0, 0, 78, export.Pending))) // somebody else
	ok(t, os.WriteFile(a.spool.Path(99), []byte(csv), 0o600))
	script(t, a.dir, "PRAGMA secure_delete = OFF; CREATE TABLE theirs AS SELECT * FROM rows WHERE key = 'P-4711'; DROP TABLE theirs")
	return func() export.Part { return night("run", csv, person(0, 0, planted[1])) }
}

func TestForget(t *testing.T) {
	a := newAged(t)
	again := plantPerson(t, a)
	if len(tracesOf(t, a.dir, planted)) < 5 {
		t.Fatal("the person was not planted well")
	}
	before := must[*ledger.Checked](t)(Check(Options{Dir: a.dir}))

	got := must[ledger.Forgotten](t)(a.Forget(planted[0]))
	if want := (ledger.Forgotten{Known: true, Rows: 3, Spool: 4}); got != want {
		t.Errorf("forgotten %+v, want %+v", got, want)
	}
	for _, trace := range tracesOf(t, a.dir, planted) {
		if trace != "5.csv: Planted.Login" { // of somebody else, whose login only begins so
			t.Errorf("left: %s", trace)
		}
	}
	after := must[*ledger.Checked](t)(Check(Options{Dir: a.dir}))
	want := *before
	want.People, want.Spooled = before.People-1, 1
	if d := cmp.Diff(&want, after); d != "" {
		t.Errorf("the ledger before and after (-want +got):\n%s", d)
	}
	if counts := must[map[export.Outcome]int](t)(a.Counts("20261123T140501Z")); counts[export.Applied] != 2 {
		t.Errorf("counts %v: the sums must stay", counts)
	}
	if _, known := must[map[string]export.Person](t)(a.Known())["E0009"]; !known {
		t.Error("somebody else was forgotten")
	}
	if got := must[ledger.Forgotten](t)(a.Forget(planted[0])); got != (ledger.Forgotten{}) {
		t.Errorf("a second time: %+v", got)
	}

	// While a part is on its way the person stays, and so does everything else.
	p := again()
	_, err := a.Forget(planted[0])
	open, is := errors.AsType[*ledger.NotFinalError](err)
	if !is || open.Part.ID != p.ID {
		t.Fatalf("error %v, want a NotFinalError about part %d", err, p.ID)
	}
	wantErr(t, err, p.Name, "is planned", "hr2coupa run")
	must[[]byte](t)(a.Bytes(p))
	a.over(t, p)
	must[ledger.Forgotten](t)(a.Forget(planted[0]))
	if traces := tracesOf(t, a.dir, planted[2:]); len(traces) > 0 {
		t.Errorf("left: %v", traces)
	}
	_, err = a.Forget("")
	wantErr(t, err, "no key")
}

// What was forgotten does not come back with a power cut, wherever in the forgetting it comes: then it is done again.
func TestForgetPowerCut(t *testing.T) {
	for cutAt, whole := 1, false; !whole; cutAt++ {
		a := newAged(t)
		plantPerson(t, a)
		d := &shaky{cutAt: cutAt}
		a.disk, a.spool.Disk = d, d
		_, err := a.Forget(planted[0])
		if whole = err == nil; !whole && !errors.Is(err, errPower) {
			t.Fatal(err)
		}
		ok(t, d.lose())
		a.disk, a.spool.Disk = ledger.OSDisk{}, ledger.OSDisk{}
		if !whole {
			must[ledger.Forgotten](t)(a.Forget(planted[0]))
		}
		if traces := tracesOf(t, a.dir, planted[2:]); len(traces) > 0 {
			t.Errorf("power cut at step %d: left %v", cutAt, traces)
		}
	}
}

// Whoever reads the ledger keeps its log alive; then forgetting must not claim to be done.
func TestForgetWithAReader(t *testing.T) {
	a := newAged(t)
	plantPerson(t, a)
	reader := open(t, a.dir)
	ok(t, reader.read(func(c *sqlite.Conn) error {
		ok(t, query(c, "SELECT count(*) FROM runs", func(*sqlite.Stmt) error { return nil }))
		a.conn.SetBusyTimeout(time.Millisecond)
		_, err := a.Forget(planted[0])
		wantErr(t, err, "another program is reading the ledger")
		return nil
	}))
	must[ledger.Forgotten](t)(a.Forget(planted[0]))
	if traces := tracesOf(t, a.dir, planted[2:]); len(traces) > 0 {
		t.Errorf("left: %v", traces)
	}
}

// copyOf copies a ledger that nobody has open.
func copyOf(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "ledger")
	ok(t, os.CopyFS(to, os.DirFS(dir)))
	ok(t, filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
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

// Whichever table is damaged: a call that needs it ends in an error that says what was being done, and none panics.
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
			return night(l, run, 2)
		},
		"Check": func(l *Ledger, _ string, _ export.Part) error { _, err := Check(Options{Dir: l.dir}); return err },
		"Backup": func(l *Ledger, _ string, _ export.Part) error {
			_, err := l.Backup(l.dir + "-copy")
			return err
		},
	}
	failed := map[string]bool{}
	whole := newLedger(t)
	over := onePart(t, whole, "over.csv", 3)
	settled(t, whole, over)
	ok(t, whole.EndRun(export.RunRecord{ID: over.Run, State: export.RunEnded, Ended: noon.Add(-time.Hour)}))
	p := onePart(t, whole, "open.csv", 2)
	ok(t, whole.Close())
	for _, table := range []string{"runs", "feed_files", "parts", "moves", "sources", "rows", "people", "pruned_files"} {
		damaged := copyOf(t, whole.dir)
		script(t, damaged, "PRAGMA foreign_keys = OFF; DROP TABLE "+table)
		for name, call := range calls {
			l := open(t, copyOf(t, damaged))
			unlock := must[func() error](t)(l.Lock("test"))
			if err := call(l, p.Run, p); err != nil {
				failed[name] = true
				if !strings.Contains(err.Error(), ": ") || !strings.Contains(err.Error(), "no such table") {
					t.Errorf("%s without %s: %v", name, table, err)
				}
			}
			ok(t, unlock())
		}
	}
	for name := range calls {
		if !failed[name] {
			t.Errorf("%s never failed, whichever table was missing", name)
		}
	}
}

// What was sent since a run is for run --again: the people for whom a later run has a row in a part.
func TestSentSince(t *testing.T) {
	l := newLedger(t)
	first := onePart(t, l, "a.csv", 3)
	onePart(t, l, "b.csv", 1)
	later := begin(t, l, "run")
	tx := plan(t, l, later)
	ok(t, tx.AddRow(row(0, 0, 4, export.Quarantined))) // in no part
	ok(t, tx.Commit(export.PlanSum{Input: 1}))
	if d := cmp.Diff(map[string]bool{"E0002": true}, must[map[string]bool](t)(l.SentSince(first.Run))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := must[map[string]bool](t)(l.SentSince(later)); len(got) != 0 {
		t.Errorf("since the last run: %v", got)
	}
	_, err := l.SentSince("none")
	wantErr(t, err, `no run "none"`)
}

func fold(text []byte) []byte { return bytes.ToLower(bytes.ToUpper(text)) }
