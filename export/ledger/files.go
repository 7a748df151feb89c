package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Windows has neither mode bits worth checking nor folders that can be synced.
const posix = runtime.GOOS != "windows"

// makeDir makes a folder and its missing parents, each 0700 whatever the umask.
func makeDir(dir string) error {
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
	if err := makeDir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return err
	}
	return syncDir(parent)
}

// createFile makes an empty file, 0600 whatever the umask, unless it is there.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// checkPrivate refuses what others may read or change: the ledger holds personal data.
func checkPrivate(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	perm, want := info.Mode().Perm(), 0o600
	if info.IsDir() {
		want = 0o700
	}
	if posix && perm&0o077 != 0 {
		return fmt.Errorf("%s is open to other users (mode %04o) and holds personal data: chmod %o %s", path, perm, want, path)
	}
	return nil
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	if !posix {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
