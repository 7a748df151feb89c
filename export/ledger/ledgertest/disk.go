package ledgertest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Disk is the disk of a program that a blow ends. Only what was synced survives the blow. Other bytes are lost. A file
// that was made, renamed or removed in a folder that was not synced is as it was before.
type Disk struct {
	ledger.OSDisk
	Blow              *Blow
	DeafFile, DeafDir bool // Sync or SyncDir does nothing, as in a program that forgets to call it

	mu      sync.Mutex
	lost    map[string]int64 // durable bytes of files that are not durable as a whole
	changes []change         // changes of names that are not durable, oldest first
}

// change is a change of a name that is not durable: made, renamed (from is the old name), or removed (data is its
// content).
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

// Mkdir makes a folder that is durable once its parent is synced.
func (d *Disk) Mkdir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.Blow.Step(); err != nil {
		return err
	}
	if err := d.OSDisk.Mkdir(dir); err != nil {
		return err
	}
	d.changes = append(d.changes, change{path: dir})
	return nil
}

// Create makes a file of which nothing is durable yet.
func (d *Disk) Create(path string) (ledger.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.Blow.Step(); err != nil {
		return nil, err
	}
	f, err := d.OSDisk.Create(path)
	if err != nil {
		return nil, err
	}
	d.changes = append(d.changes, change{path: path})
	return &diskFile{f, d, path, 0}, nil
}

// Rename renames a file; the change is durable once the folder is synced.
func (d *Disk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.Blow.Step(); err != nil {
		return err
	}
	if err := d.OSDisk.Rename(from, to); err != nil {
		return err
	}
	// Files below from that are not durable are not durable below to either.
	lost := map[string]int64{}
	for path, size := range d.lost {
		lost[renamed(path, from, to)] = size
	}
	d.lost = lost
	for i := range d.changes {
		d.changes[i].path = renamed(d.changes[i].path, from, to)
	}
	d.changes = append(d.changes, change{path: to, from: from})
	return nil
}

func renamed(path, from, to string) string {
	if rest, ok := strings.CutPrefix(path, from); ok {
		return to + rest
	}
	return path
}

// Remove removes a file; the change is durable once the folder is synced.
func (d *Disk) Remove(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.Blow.Step(); err != nil {
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

// SyncDir makes the names in a folder durable.
func (d *Disk) SyncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.Blow.Step(); err != nil {
		return err
	}
	if !d.DeafDir {
		d.changes = slices.DeleteFunc(d.changes, func(c change) bool { return filepath.Dir(c.path) == dir })
	}
	return nil
}

// Lose undoes what was not synced, where the blow has fallen.
func (d *Disk) Lose() error {
	if !d.Blow.Fallen() {
		return nil
	}
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
		if errors.Is(err, fs.ErrNotExist) { // removed meanwhile
			errs[i] = nil
		}
	}
	d.lost, d.changes = nil, nil
	return errors.Join(errs...)
}

type diskFile struct {
	ledger.File
	d    *Disk
	path string
	size int64
}

func (f *diskFile) Write(b []byte) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.Blow.Step(); err != nil {
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

func (f *diskFile) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.Blow.Step(); err != nil {
		return err
	}
	if !f.d.DeafFile {
		delete(f.d.lost, f.path)
	}
	return nil
}

// Under returns the ledger l with a Close that also calls Lose.
func (d *Disk) Under(l ledger.Ledger) ledger.Ledger { return &onDisk{l, d} }

type onDisk struct {
	ledger.Ledger
	disk *Disk
}

func (l *onDisk) Close() error { return errors.Join(l.Ledger.Close(), l.disk.Lose()) }
