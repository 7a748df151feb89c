package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite/dbfile"
)

// Backup copies the ledger as it stands at one moment into a new folder, which is a ledger itself: to restore it, point
// the config at it. A run may be at work meanwhile. The bytes of final parts are left out, since they are no longer
// needed. The copy is made under another name, checked, and only then renamed. An existing folder is an error.
func (l *Ledger) Backup(dir string) (ledger.Copied, error) {
	copied, err := l.backup(dir)
	if err != nil {
		return ledger.Copied{}, fmt.Errorf("back up ledger: %w", err)
	}
	return copied, nil
}

func (l *Ledger) backup(dir string) (copied ledger.Copied, err error) {
	if copied.Dir, err = filepath.Abs(dir); err != nil {
		return copied, err
	}
	if _, err := os.Lstat(copied.Dir); !errors.Is(err, fs.ErrNotExist) {
		return copied, errors.Join(export.Hint(fmt.Errorf("%s exists already", copied.Dir), "name a new folder"), err)
	}
	parent := filepath.Dir(copied.Dir)
	if err := ledger.MakeDir(l.disk, parent); err != nil {
		return copied, err
	}
	temp, err := os.MkdirTemp(parent, filepath.Base(copied.Dir)+".partial-*")
	if err != nil {
		return copied, err
	}
	kept := false
	defer func() {
		if !kept {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	if err := l.copyTo(temp, &copied); err != nil {
		return copied, err
	}
	checked, err := Check(Options{Dir: temp, Now: l.now, disk: l.disk})
	if err != nil {
		return copied, fmt.Errorf("check the copy: %w", err)
	}
	if n := len(checked.Findings); n > 0 {
		f := checked.Findings[0]
		return copied, export.Hint(fmt.Errorf("the copy is not sound, first of %d findings: %s: %s", n, filepath.Base(f.Where), f.What), "hr2coupa ledger check shows whether the ledger is sound")
	}
	if err := l.disk.Rename(temp, copied.Dir); err != nil {
		return copied, err
	}
	kept = true
	return copied, l.disk.SyncDir(parent)
}

// copyTo makes the copy in an empty folder, durable when it returns.
func (l *Ledger) copyTo(dir string, copied *ledger.Copied) error {
	to := newAt(dir, Options{Now: l.now, disk: l.disk})
	if err := to.lay(); err != nil {
		return err
	}
	if err := copyDatabase(l.dbPath(), to.dbPath()); err != nil {
		return err
	}
	info, err := os.Stat(to.dbPath())
	if err != nil {
		return err
	}
	copied.Bytes = info.Size()
	if err := to.connect(); err != nil {
		return fmt.Errorf("%s: %w", to.dbPath(), err)
	}
	needed, err := to.needed(l.spool)
	if err := errors.Join(err, to.Close()); err != nil {
		return err
	}
	for _, name := range needed {
		n, err := copySpool(l.spool, to.spool, name)
		if err != nil {
			return err
		}
		copied.Files++
		copied.Bytes += n
	}
	if copied.Key, err = l.copyKey(to); err != nil {
		return err
	}
	return errors.Join(l.disk.SyncDir(to.spool.Dir), l.disk.SyncDir(dir))
}

// copyKey copies the key of the hashes, where it is in the folder of the ledger.
func (l *Ledger) copyKey(to *Ledger) (copied bool, err error) {
	data, err := os.ReadFile(filepath.Join(l.dir, ledger.KeyFile)) // own file
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	f, err := to.disk.Create(filepath.Join(to.dir, ledger.KeyFile))
	if err != nil {
		return false, err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return false, export.Hint(fmt.Errorf("copy the key of the hashes: %w", err), checkRoom)
	}
	return true, nil
}

// copyDatabase has SQLite write one snapshot of a database into an empty file. The copy is not in write-ahead mode.
func copyDatabase(from, to string) error {
	c, err := sqlite.OpenConn(from, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	err = dbfile.Prepare(c)
	if err == nil {
		err = sqlitex.ExecuteTransient(c, "VACUUM INTO ?", &sqlitex.ExecOptions{Args: []any{to}})
	}
	if err := errors.Join(err, c.Close()); err != nil {
		return export.Hint(fmt.Errorf("copy the database: %w", err), checkRoom)
	}
	if c, err = sqlite.OpenConn(to, sqlite.OpenReadWrite); err != nil {
		return err
	}
	if err := errors.Join(dbfile.UseWAL(c), c.Close()); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// needed returns the names of the files in the spool from that this ledger needs: the bytes of its unfinished parts,
// and every file that is not the bytes of a part.
func (l *Ledger) needed(from ledger.Spool) (names []string, err error) {
	parts, err := l.Unfinished()
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		names = append(names, from.Name(p.ID))
	}
	entries, err := os.ReadDir(from.Dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if _, ok := from.ID(e.Name()); !ok && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func copySpool(from, to ledger.Spool, name string) (int64, error) {
	data, err := os.ReadFile(filepath.Join(from.Dir, name))
	if err != nil {
		return 0, export.Hint(fmt.Errorf("copy the spool: %w", err), "hr2coupa ledger check shows what is wrong with the ledger")
	}
	f, err := to.Disk.Create(filepath.Join(to.Dir, name))
	if err != nil {
		return 0, err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, export.Hint(fmt.Errorf("copy the spool: %w", err), checkRoom)
	}
	return int64(len(data)), nil
}
