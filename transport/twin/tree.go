package twin

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
)

// dropFolder is where Coupa looks for user files ("Users Import"), relative to the root.
const dropFolder = "Incoming/Users"

// maxTaken bounds what is read of one dropped file.
const maxTaken = 64 << 20

// tree is the folder tree behind the SFTP server. os.Root is the jail: no path and no link leads out.
type tree struct {
	root      *os.Root
	dir       string
	temporary bool
	archive   string

	mu      sync.Mutex         // held by renames, so that none overwrites by a race
	writers map[*upload]string // files open for writing, and their path now
}

// openTree makes the folders; an empty dir is a temporary one, removed by close.
func openTree(dir string, sw Switches) (*tree, error) {
	t := &tree{dir: dir, archive: "Incoming/Archive/Users", writers: map[*upload]string{}}
	if sw.ArchivePlace == "archive-incoming" {
		t.archive = "Archive/Incoming/Users"
	}
	if dir == "" {
		made, err := os.MkdirTemp("", "hr2coupa-twin-*")
		if err != nil {
			return nil, fmt.Errorf("folder for the SFTP tree: %w", err)
		}
		t.dir, t.temporary = made, true
	}
	err := os.MkdirAll(t.dir, 0o700)
	if err == nil {
		t.root, err = os.OpenRoot(t.dir)
	}
	if err == nil {
		err = errors.Join(t.makeDropFolder(sw.DropPath), t.root.MkdirAll(t.archive, 0o700))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("folders of the SFTP tree: %w", err), t.close())
	}
	return t, nil
}

// makeDropFolder makes the folder, or a link to one elsewhere in the tree.
func (t *tree) makeDropFolder(kind string) error {
	if kind != "link" {
		return t.root.MkdirAll(dropFolder, 0o700)
	}
	err := errors.Join(t.root.MkdirAll("Shares/Users", 0o700), t.root.MkdirAll(path.Dir(dropFolder), 0o700))
	if err == nil {
		err = t.root.Symlink("../Shares/Users", dropFolder)
	}
	if errors.Is(err, fs.ErrExist) { // from an earlier start
		return nil
	}
	return err
}

func (t *tree) close() error {
	var err error
	if t.root != nil {
		err = t.root.Close()
	}
	if t.temporary {
		err = errors.Join(err, os.RemoveAll(t.dir))
	}
	return err
}

// dropped lists the regular files of the drop folder in the order of their names.
func (t *tree) dropped() ([]string, error) {
	infos, err := t.list(dropFolder)
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

// realPath follows the links of a path, false where that leads nowhere or out of the tree.
func (t *tree) realPath(name string) (string, bool) {
	root, err := filepath.EvalSymlinks(t.dir)
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

// list reads a folder; a file that goes away meanwhile is left out.
func (t *tree) list(folder string) ([]fs.FileInfo, error) {
	f, err := t.root.Open(folder)
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

func (t *tree) readDropped(name string) ([]byte, error)  { return t.read(path.Join(dropFolder, name)) }
func (t *tree) readArchived(name string) ([]byte, error) { return t.read(path.Join(t.archive, name)) }

func (t *tree) read(name string) ([]byte, error) {
	f, err := t.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxTaken))
}

// archiveFile moves a file from the drop folder to the archive. An older one of that name is overwritten: no page says
// that archived files are renamed.
func (t *tree) archiveFile(name string) error {
	return t.rename(path.Join(dropFolder, name), path.Join(t.archive, name), true)
}

// archivedSize is -1 when the file is not in the archive.
func (t *tree) archivedSize(name string) int64 {
	info, err := t.root.Stat(path.Join(t.archive, name))
	if err != nil {
		return -1
	}
	return info.Size()
}

func (t *tree) rename(from, to string, overwrite bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !overwrite {
		if _, err := t.root.Lstat(to); err == nil {
			return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
		}
	}
	if err := t.root.Rename(from, to); err != nil {
		return err
	}
	for u, at := range t.writers {
		if at == from {
			t.writers[u] = to
		}
	}
	return nil
}

func (t *tree) openForWriting(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := path.Join(dropFolder, name)
	for _, open := range t.writers {
		if open == at {
			return true
		}
	}
	return false
}

func (t *tree) opened(u *upload, at string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writers[u] = at
}

// closed forgets a writer and gives the path its file has by now.
func (t *tree) closed(u *upload) (at string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at = t.writers[u]
	delete(t.writers, u)
	return at
}
