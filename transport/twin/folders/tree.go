// Package folders is the folder tree behind the SFTP server: the drop folder and the archive.
package folders

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// Drop is where Coupa looks for user files ("Users Import"), relative to the root.
const Drop = "Incoming/Users"

// maxTaken bounds what is read of one dropped file.
const maxTaken = 64 << 20

// Tree is the folder tree behind the SFTP server. No path and no link leads out of its Root.
type Tree struct {
	Root      *os.Root
	Dir       string
	temporary bool
	Archive   string

	mu      sync.Mutex          // held by renames, so that none overwrites in a race
	writers map[*os.File]string // files open for writing, and their current paths
}

// Open makes the folders; an empty dir stands for a temporary one, which Close removes.
func Open(dir string, sw *switchboard.Switches) (*Tree, error) {
	t := &Tree{Dir: dir, Archive: "Incoming/Archive/Users", writers: map[*os.File]string{}}
	if sw.ArchivePlace == "archive-incoming" {
		t.Archive = "Archive/Incoming/Users"
	}
	if dir == "" {
		made, err := os.MkdirTemp("", "hr2coupa-twin-*")
		if err != nil {
			return nil, fmt.Errorf("folder for the SFTP tree: %w", err)
		}
		t.Dir, t.temporary = made, true
	}
	err := os.MkdirAll(t.Dir, 0o700)
	if err == nil {
		t.Root, err = os.OpenRoot(t.Dir)
	}
	if err == nil {
		err = errors.Join(t.makeDropFolder(sw.DropPath), t.Root.MkdirAll(t.Archive, 0o700))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("folders of the SFTP tree: %w", err), t.Close())
	}
	return t, nil
}

// makeDropFolder makes the folder, or a link to one elsewhere in the tree.
func (t *Tree) makeDropFolder(kind string) error {
	if kind != "link" {
		return t.Root.MkdirAll(Drop, 0o700)
	}
	err := errors.Join(t.Root.MkdirAll("Shares/Users", 0o700), t.Root.MkdirAll(path.Dir(Drop), 0o700))
	if err == nil {
		err = t.Root.Symlink("../Shares/Users", Drop)
	}
	if errors.Is(err, fs.ErrExist) { // from an earlier start
		return nil
	}
	return err
}

// Close releases the tree and removes it if it is temporary.
func (t *Tree) Close() error {
	var err error
	if t.Root != nil {
		err = t.Root.Close()
	}
	if t.temporary {
		err = errors.Join(err, os.RemoveAll(t.Dir))
	}
	return err
}

// Dropped returns the names of the regular files in the drop folder, sorted.
func (t *Tree) Dropped() ([]string, error) {
	infos, err := t.List(Drop)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, info := range infos {
		if info.Mode().IsRegular() {
			names = append(names, info.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// RealPath follows the links of a path. It returns false if that leads nowhere or out of the tree.
func (t *Tree) RealPath(name string) (string, bool) {
	root, err := filepath.EvalSymlinks(t.Dir)
	if err != nil {
		return "", false
	}
	at, err := filepath.EvalSymlinks(filepath.Join(root, name))
	if err != nil {
		return "", false
	}
	at, err = filepath.Rel(root, at)
	return filepath.ToSlash(at), err == nil && filepath.IsLocal(at)
}

// List reads a folder; a file that disappears meanwhile is left out.
func (t *Tree) List(folder string) ([]fs.FileInfo, error) {
	f, err := t.Root.Open(folder)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	infos := make([]fs.FileInfo, 0, len(entries))
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			infos = append(infos, info)
		}
	}
	slices.SortFunc(infos, func(a, b fs.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
	return infos, nil
}

// ReadDropped returns what a file of the drop folder holds.
func (t *Tree) ReadDropped(name string) ([]byte, error) { return t.read(path.Join(Drop, name)) }

// ReadArchived returns what a file of the archive holds.
func (t *Tree) ReadArchived(name string) ([]byte, error) { return t.read(path.Join(t.Archive, name)) }

func (t *Tree) read(name string) ([]byte, error) {
	f, err := t.Root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxTaken))
}

// ArchiveFile moves a file from the drop folder to the archive. It overwrites an older file of that name: no page
// says that archived files are renamed.
func (t *Tree) ArchiveFile(name string) error {
	return t.Rename(path.Join(Drop, name), path.Join(t.Archive, name), true)
}

// ArchivedSize returns the size of a file in the archive, or -1 if it is not there.
func (t *Tree) ArchivedSize(name string) int64 {
	info, err := t.Root.Stat(path.Join(t.Archive, name))
	if err != nil {
		return -1
	}
	return info.Size()
}

// Rename moves a file within the tree. If the file is open for writing, its path is kept up to date.
func (t *Tree) Rename(from, to string, overwrite bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !overwrite {
		if _, err := t.Root.Lstat(to); err == nil {
			return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
		}
	}
	if err := t.Root.Rename(from, to); err != nil {
		return err
	}
	for u, at := range t.writers {
		if at == from {
			t.writers[u] = to
		}
	}
	return nil
}

// OpenForWriting reports whether a file of the drop folder is open for writing.
func (t *Tree) OpenForWriting(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := path.Join(Drop, name)
	for _, open := range t.writers {
		if open == at {
			return true
		}
	}
	return false
}

// Opened notes that a file is open for writing.
func (t *Tree) Opened(u *os.File, at string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writers[u] = at
}

// Closed forgets a file that was open for writing and returns its current path.
func (t *Tree) Closed(u *os.File) (at string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at = t.writers[u]
	delete(t.writers, u)
	return at
}
