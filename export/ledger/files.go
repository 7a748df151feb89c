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

// posix is false on Windows, which has no mode bits worth checking and no folders that can be synced.
const posix = runtime.GOOS != "windows"

// Disk makes every change that a ledger itself makes in its folder, so that a test can cut the power between any two.
// SQLite writes ledger.db and its companion files by itself; we rely on its durability with synchronous=FULL. The line
// in the lock file need not survive a crash. Reading goes to the operating system.
type Disk interface {
	// Mkdir makes one folder with mode 0700, whatever the umask.
	Mkdir(dir string) error
	// Create makes a new file with mode 0600, whatever the umask. It fails where the file exists.
	Create(path string) (File, error)
	Rename(from, to string) error
	Remove(path string) error
	// SyncDir makes the names in a folder durable. Without it, a crash may undo that a file was made, renamed or
	// removed.
	SyncDir(dir string) error
}

// File is a new file; its bytes are durable once Sync has returned.
type File interface {
	io.WriteCloser
	Sync() error
}

// KeyFile is the name of the file with the key of the hashes, in the folder of a ledger. It is missing where the config
// names another place.
const KeyFile = "ledger.key"

// OSDisk is the Disk of the operating system.
type OSDisk struct{}

// Mkdir implements Disk.
func (OSDisk) Mkdir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// Create implements Disk.
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

// Rename implements Disk.
func (OSDisk) Rename(from, to string) error { return os.Rename(from, to) }

// Remove implements Disk.
func (OSDisk) Remove(path string) error { return os.Remove(path) }

// SyncDir implements Disk.
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

// CreateFile makes an empty file unless it exists.
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

// CheckRegular returns an error where path is not a regular file: opening a named pipe may wait forever.
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

// CheckPrivate returns an error where other users may read or change path: the ledger holds personal data.
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

// LooseMode returns the mode of a file or folder and the mode it should have where other users may use it, else 0 and
// 0.
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
