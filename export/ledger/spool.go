package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
)

// maxPart bounds the bytes of one part; Coupa takes far less (8 MB, "Users Import").
const maxPart = 64 << 20

// spool is the folder with the bytes of the parts, one file for each, named by the part's id.
type spool struct {
	dir  string
	disk disk
}

const spoolExt = ".csv"

func (s spool) name(id int64) string { return strconv.FormatInt(id, 10) + spoolExt }
func (s spool) path(id int64) string { return filepath.Join(s.dir, s.name(id)) }

// write writes a part's file and leaves it open for syncing. A file that is there already is an orphan of a plan that
// never got committed, since ids of committed parts are not given again.
func (s spool) write(id int64, data []byte) (file, error) {
	path := s.path(id)
	if err := s.disk.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := s.disk.Create(path)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(data); err != nil {
		return nil, errors.Join(err, f.Close(), s.disk.Remove(path))
	}
	return f, nil
}

// read reads a part's file, which must be size bytes long.
func (s spool) read(id, size int64) ([]byte, error) {
	if size < 0 || size > maxPart {
		return nil, fmt.Errorf("%d bytes is no size of a part", size)
	}
	f, err := os.Open(s.path(id))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != size {
		return nil, fmt.Errorf("%s has %d bytes and was written with %d", s.path(id), info.Size(), size)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, err
	}
	return data, nil
}

// ids gives the parts that have a file; files that are not of a part are passed over.
func (s spool) ids() ([]int64, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, e := range entries {
		if id, ok := s.id(e.Name()); ok {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// id gives the part whose file bears that name.
func (s spool) id(name string) (id int64, ok bool) {
	stem, ok := strings.CutSuffix(name, spoolExt)
	id, err := strconv.ParseInt(stem, 10, 64)
	return id, ok && err == nil && id > 0 && s.name(id) == name
}

// remove removes the files of parts, see removeFiles.
func (s spool) remove(ids []int64) error {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = s.name(id)
	}
	return s.removeFiles(names)
}

// removeFiles removes files of any kind from the spool; those that are gone already are passed over. It is durable when
// it returns.
func (s spool) removeFiles(names []string) error {
	if len(names) == 0 {
		return nil
	}
	var errs []error
	for _, name := range names {
		if err := s.disk.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, s.disk.SyncDir(s.dir))...)
}

// syncer makes written files durable while the plan goes on, a few at a time.
type syncer struct {
	slots chan struct{}
	work  export.Group
	mu    sync.Mutex
	err   error
}

func newSyncer() *syncer { return &syncer{slots: make(chan struct{}, 4)} }

// add syncs and closes f; an error comes out of wait.
func (s *syncer) add(f file) {
	s.slots <- struct{}{}
	s.work.Go(func() {
		defer func() { <-s.slots }()
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.err = errors.Join(s.err, err)
		}
	})
}

// wait returns when every file is durable, or with what went wrong.
func (s *syncer) wait() error {
	s.work.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Bytes gives a part's bytes as they were planned. Bytes that do not fit the part's size and hash are an error: they
// are not what was checked, and must not be sent.
func (l *Ledger) Bytes(p export.Part) ([]byte, error) {
	data, err := l.spool.read(p.ID, p.Size)
	if err != nil {
		return nil, fmt.Errorf("spool: part %s: %w; restore the ledger folder from its backup", p.Name, err)
	}
	if hash(data) != p.SHA256 {
		return nil, fmt.Errorf("spool: part %s: %s was changed after it was planned; restore the ledger folder from its backup",
			p.Name, l.spool.path(p.ID))
	}
	return data, nil
}

// Sweep removes spool files of plans that never got committed and tells how many. It needs the run lock, because the
// plan of another run at work looks just the same.
func (l *Ledger) Sweep() (removed int, err error) {
	err = l.write(func(c *sqlite.Conn) error {
		if !l.locked {
			return errNotLocked
		}
		orphans, err := l.orphans(c)
		if err != nil {
			return err
		}
		if err := l.spool.remove(orphans); err != nil {
			return err
		}
		kept, err := l.sweepKept(c)
		removed = len(orphans) + kept
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sweep spool: %w", err)
	}
	return removed, nil
}

func (l *Ledger) orphans(c *sqlite.Conn) ([]int64, error) {
	ids, err := l.spool.ids()
	if err != nil {
		return nil, err
	}
	var orphans []int64
	for _, id := range ids {
		if _, ok, err := partByID(c, id); err != nil {
			return nil, err
		} else if !ok {
			orphans = append(orphans, id)
		}
	}
	return orphans, nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
