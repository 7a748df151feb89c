package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

var errPower = errors.New("the power is gone")

// shaky is a disk on which only what was synced outlives a power cut: bytes that were not are lost, a file that was
// made, renamed or removed in a folder that was not synced is as it was before.
type shaky struct {
	ledger.OSDisk
	deafFile, deafDir bool // Sync or SyncDir answers and does nothing
	cutAt             int  // the step at which the power goes; 0: it goes when lose is called

	mu      sync.Mutex
	steps   int
	lost    map[string]int64 // bytes of a file that are durable, where not all are
	changes []change         // names that are not durable, oldest first
}

// change is a name that is not durable: made, renamed from another (from), or removed (data).
type change struct {
	path, from string
	data       []byte
	removed    bool
}

func (c change) undo() error {
	switch {
	case c.removed:
		return os.WriteFile(c.path, c.data, 0o600)
	case c.from != "":
		return os.Rename(c.path, c.from)
	}
	return os.RemoveAll(c.path)
}

// step counts one operation and fails it, and every later one, once the power is gone.
func (d *shaky) step() error {
	if d.steps++; d.cutAt > 0 && d.steps >= d.cutAt {
		return errPower
	}
	return nil
}

func (d *shaky) Mkdir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	if err := d.OSDisk.Mkdir(dir); err != nil {
		return err
	}
	d.changes = append(d.changes, change{path: dir})
	return nil
}

func (d *shaky) Create(path string) (ledger.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return nil, err
	}
	f, err := d.OSDisk.Create(path)
	if err != nil {
		return nil, err
	}
	d.changes = append(d.changes, change{path: path})
	return &shakyFile{f, d, path, 0}, nil
}

func (d *shaky) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	if err := d.OSDisk.Rename(from, to); err != nil {
		return err
	}
	// What is not durable below from is not durable below to either.
	lost := map[string]int64{}
	for path, size := range d.lost {
		lost[moved(path, from, to)] = size
	}
	d.lost = lost
	for i := range d.changes {
		d.changes[i].path = moved(d.changes[i].path, from, to)
	}
	d.changes = append(d.changes, change{path: to, from: from})
	return nil
}

func moved(path, from, to string) string {
	if rest, ok := strings.CutPrefix(path, from); ok {
		return to + rest
	}
	return path
}

func (d *shaky) Remove(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	data, readErr := os.ReadFile(path)
	if err := d.OSDisk.Remove(path); err != nil {
		return err
	}
	if readErr == nil {
		d.changes = append(d.changes, change{path: path, data: data, removed: true})
	}
	return nil
}

func (d *shaky) SyncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	if !d.deafDir {
		d.changes = slices.DeleteFunc(d.changes, func(c change) bool { return filepath.Dir(c.path) == dir })
	}
	return nil
}

// lose cuts the power: what was not synced is gone.
func (d *shaky) lose() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for path, size := range d.lost {
		errs = append(errs, os.Truncate(path, size))
	}
	for _, c := range slices.Backward(d.changes) {
		errs = append(errs, c.undo())
	}
	for i, err := range errs {
		if errors.Is(err, fs.ErrNotExist) { // cleared up meanwhile
			errs[i] = nil
		}
	}
	return errors.Join(errs...)
}

type shakyFile struct {
	ledger.File
	d    *shaky
	path string
	size int64
}

func (f *shakyFile) Write(b []byte) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.step(); err != nil {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, err
	}
	if f.d.lost == nil {
		f.d.lost = map[string]int64{}
	}
	if _, some := f.d.lost[f.path]; !some {
		f.d.lost[f.path] = f.size
	}
	n, err := f.File.Write(b)
	f.size += int64(n)
	return n, err
}

func (f *shakyFile) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.step(); err != nil {
		return err
	}
	if !f.d.deafFile {
		delete(f.d.lost, f.path)
	}
	return nil
}

// nights plans two runs on a disk and gives those whose plan was committed, as far as it came.
func nights(dir string, d *shaky) (committed []string, err error) {
	l, err := Open(Options{Dir: dir, Disk: d})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	for _, parts := range []int{3, 2} {
		run, err := l.BeginRun(export.RunRecord{Command: "run", Started: noon})
		if err != nil {
			return committed, err
		}
		if err := night(l, run, parts); err != nil {
			return committed, err
		}
		committed = append(committed, run)
	}
	return committed, nil
}

func night(l *Ledger, run string, parts int) error {
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
		if err := tx.AddRow(row(id, 1, i+2, export.Pending)); err != nil {
			return err
		}
	}
	return tx.Commit(export.PlanSum{Input: parts})
}

// afterPowerCut opens what is left and tells what is missing of the plans that were committed.
func afterPowerCut(dir string, committed []string) (err error) {
	l, err := Open(Options{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	for _, run := range committed {
		parts, err := l.Parts(run)
		if err != nil {
			return err
		}
		if len(parts) < 2 {
			return fmt.Errorf("run %s has %d parts", run, len(parts))
		}
		for _, p := range parts {
			if _, err := l.Bytes(p); err != nil {
				return err
			}
		}
	}
	_, err = l.Unfinished()
	return err
}

// The power goes before every single step of two nights, and after the last one.
func TestPowerCut(t *testing.T) {
	cuts, whole := 0, false
	for cutAt := 1; !whole; cutAt++ {
		dir := filepath.Join(t.TempDir(), "var", "ledger")
		d := &shaky{cutAt: cutAt}
		committed, err := nights(dir, d)
		if whole = err == nil; !whole && !errors.Is(err, errPower) {
			t.Fatalf("step %d: %v", cutAt, err)
		}
		ok(t, d.lose())
		if err := afterPowerCut(dir, committed); err != nil {
			t.Errorf("power cut at step %d, %d plans committed: %v", cutAt, len(committed), err)
		}
		cuts++
		again := open(t, dir) // life goes on
		unlock := must[func() error](t)(again.Lock("test"))
		must[int](t)(again.Sweep())
		ok(t, night(again, begin(t, again, "run"), 2))
		ok(t, unlock())
	}
	if cuts < 20 {
		t.Errorf("the power was cut %d times only", cuts)
	}
}

// A disk that swallows a sync stands for a program that forgets it: the check above must see the difference.
func TestPowerCutSeesAMissingSync(t *testing.T) {
	for name, d := range map[string]*shaky{
		"of the bytes of a part": {deafFile: true}, "of the spool folder and the ledger folder": {deafDir: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "ledger")
			committed := must[[]string](t)(nights(dir, d))
			ok(t, d.lose())
			if err := afterPowerCut(dir, committed); err == nil {
				t.Error("a committed plan has all its bytes, although nothing of them was synced")
			}
		})
	}
}

// The same with the spool folder alone: the ledger is there, the names of its spool files are not.
func TestPowerCutSeesAMissingSyncOfTheSpool(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	ok(t, must[*Ledger](t)(Open(Options{Dir: dir})).Close())
	d := &shaky{deafDir: true}
	committed := must[[]string](t)(nights(dir, d))
	ok(t, d.lose())
	wantErr(t, afterPowerCut(dir, committed), "spool: part", "no such file")
}

// heldNights plans nights of which each keeps a record that replaces the one that was kept, and gives the last that was
// committed.
func heldNights(dir string, d *shaky) (last string, err error) {
	l, err := Open(Options{Dir: dir, Disk: d})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	for range 3 {
		run, err := l.BeginRun(export.RunRecord{Command: "run", Started: noon})
		if err != nil {
			return last, err
		}
		if err := heldNight(l, run); err != nil {
			return last, err
		}
		last = run
	}
	return last, nil
}

func heldNight(l *Ledger, run string) error {
	before, there, err := l.Kept()
	if err != nil {
		return err
	}
	tx, err := l.Plan(run)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	sum := export.PlanSum{Input: 1, Held: twoBreaches()[:1]}
	rec := export.KeptRecord{Origin: export.Origin{File: "users.csv", Line: 2}, Header: &export.Header{Fields: []string{"id"}}, Values: []string{"7"}}
	if there {
		sum.Files = before.From(0).Files()
		old := export.KeptRecord{Origin: export.Origin{File: "users.csv@" + before.Run, Line: 2}, Header: rec.Header, Values: rec.Values, Again: true, ReplacedBy: &rec}
		if err := tx.Keep(old); err != nil {
			return err
		}
	}
	if err := errors.Join(tx.Keep(rec), tx.AddRow(row(0, 0, 2, export.Held))); err != nil {
		return err
	}
	return tx.Commit(sum)
}

// The power goes before every step of nights that replace what is kept: one record is kept, that of the last night, and
// every night before it says by which record its own was replaced.
func TestPowerCutOfReplacing(t *testing.T) {
	cuts, whole := 0, false
	for cutAt := 1; !whole; cutAt++ {
		dir := filepath.Join(t.TempDir(), "ledger")
		d := &shaky{cutAt: cutAt}
		last, err := heldNights(dir, d)
		if whole = err == nil; !whole && !errors.Is(err, errPower) {
			t.Fatalf("step %d: %v", cutAt, err)
		}
		ok(t, d.lose())
		l := open(t, dir)
		unlock := must[func() error](t)(l.Lock("test"))
		must[int](t)(l.Sweep())
		k, there, err := l.Kept()
		ok(t, err)
		if there && last == "" || !there && last != "" || there && (k.Records != 1 || k.Run < last) {
			t.Errorf("step %d: %+v is kept after run %q", cutAt, k, last)
		}
		wantChain(t, l, k)
		if there && len(readAll(t, k.From(0))) != 1 {
			t.Errorf("step %d: what is kept cannot be read", cutAt)
		}
		ok(t, unlock())
		cuts++
	}
	if cuts < 15 {
		t.Errorf("the power was cut %d times only", cuts)
	}
}

// wantChain wants the row of every planned run but the last to say that it was replaced by the next one's.
func wantChain(t *testing.T, l *Ledger, k *ledger.Kept) {
	t.Helper()
	runs := must[[]export.RunRecord](t)(l.Runs(10)) // newest first
	next := ""
	for _, run := range runs {
		if run.Input == 0 {
			continue // the power went before its plan
		}
		ok(t, l.Rows(run.ID, func(r export.RowResult) error {
			want := "replaced by users.csv@" + next + ":2, a newer record of this person"
			if next == "" {
				want = ""
			}
			if r.Reason != want {
				t.Errorf("run %s: %q, want %q", run.ID, r.Reason, want)
			}
			return nil
		}))
		next = run.ID
	}
}
