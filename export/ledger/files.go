package ledger

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/hr2coupa/hr2coupa/export/regular"
)

// Windows has neither mode bits worth checking nor folders that can be synced.
const posix = runtime.GOOS != "windows"

// Disk is every change that a ledger itself makes in its folder, so that a test can cut the power between any two.
// What SQLite does to ledger.db and the files beside it is SQLite's own, and its durability with synchronous=FULL is
// relied on; the line in the lock file need not outlive anything. Reading goes to the operating system.
type Disk interface {
	// Mkdir makes one folder, 0700 whatever the umask.
	Mkdir(dir string) error
	// Create makes a file that is not there yet, 0600 whatever the umask.
	Create(path string) (File, error)
	Rename(from, to string) error
	Remove(path string) error
	// SyncDir makes the names in a folder durable: without it a file made, renamed or removed may not have been.
	SyncDir(dir string) error
}

// File is a new file; what is written is durable once Sync has answered.
type File interface {
	io.WriteCloser
	Sync() error
}

// OSDisk is the operating system's.
type OSDisk struct{}

func (OSDisk) Mkdir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}

func (OSDisk) Create(path string) (File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(0o600); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return f, nil
}

func (OSDisk) Rename(from, to string) error { return os.Rename(from, to) }
func (OSDisk) Remove(path string) error     { return os.Remove(path) }

func (OSDisk) SyncDir(dir string) error {
	if !posix {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// MakeDir makes a folder and its missing parents.
func MakeDir(d Disk, dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s is not a folder", dir)
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := filepath.Dir(dir)
	if err := MakeDir(d, parent); err != nil {
		return err
	}
	if err := d.Mkdir(dir); errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	return d.SyncDir(parent)
}

// CreateFile makes an empty file unless it is there.
func CreateFile(d Disk, path string) error {
	f, err := d.Create(path)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// CheckRegular refuses what is no file where one is needed: to open a named pipe may wait for ever.
func CheckRegular(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %w: move it away, and go back to the last backup if there was a ledger", path, &regular.KindError{Mode: info.Mode()})
	}
	return nil
}

// CheckPrivate refuses what others may read or change: the ledger holds personal data.
func CheckPrivate(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if perm, want := LooseMode(info); want != 0 {
		return fmt.Errorf("%s is open to other users (mode %04o) and holds personal data: chmod %o %s", path, perm, want, path)
	}
	return nil
}

// LooseMode returns the mode that a file or folder should have where others may use it, else 0.
func LooseMode(info fs.FileInfo) (perm, want fs.FileMode) {
	perm = info.Mode().Perm()
	switch {
	case !posix || perm&0o077 == 0:
		return perm, 0
	case info.IsDir():
		return perm, 0o700
	}
	return perm, 0o600
}
