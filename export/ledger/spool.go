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

	"github.com/hr2coupa/hr2coupa/export"
)

// MaxPart bounds the bytes of one part; Coupa takes far less (8 MB, "Users Import").
const MaxPart = 64 << 20

// Spool is the folder with the bytes of the parts, one file for each, named by the part's id.
type Spool struct {
	Dir  string
	Disk Disk
}

const spoolExt = ".csv"

// Name returns the name of a part's file.
func (s Spool) Name(id int64) string { return strconv.FormatInt(id, 10) + spoolExt }

// Path returns where a part's file lies.
func (s Spool) Path(id int64) string { return filepath.Join(s.Dir, s.Name(id)) }

// Write writes a part's file and leaves it open for syncing. An existing file is an orphan of a plan that was never
// committed, since ids of committed parts are not used again.
func (s Spool) Write(id int64, data []byte) (File, error) {
	path := s.Path(id)
	if err := s.Disk.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := s.Disk.Create(path)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(data); err != nil {
		return nil, errors.Join(err, f.Close(), s.Disk.Remove(path))
	}
	return f, nil
}

// read reads a part's file, which must be size bytes long.
func (s Spool) read(id, size int64) ([]byte, error) {
	if size < 0 || size > MaxPart {
		return nil, fmt.Errorf("%d bytes is not a size that a part can have", size)
	}
	f, err := os.Open(s.Path(id))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != size {
		return nil, fmt.Errorf("%s has %d bytes and was written with %d", s.Path(id), info.Size(), size)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, err
	}
	return data, nil
}

// IDs returns the ids of the parts that have a file; it skips files that belong to no part.
func (s Spool) IDs() ([]int64, error) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, e := range entries {
		if id, ok := s.ID(e.Name()); ok {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// ID returns the id of the part with a file of that name.
func (s Spool) ID(name string) (id int64, ok bool) {
	stem, ok := strings.CutSuffix(name, spoolExt)
	id, err := strconv.ParseInt(stem, 10, 64)
	return id, ok && err == nil && id > 0 && s.Name(id) == name
}

// Remove removes the files of parts; see RemoveFiles.
func (s Spool) Remove(ids []int64) error {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = s.Name(id)
	}
	return s.RemoveFiles(names)
}

// RemoveFiles removes files of any kind from the spool and skips those that do not exist. It is durable when it
// returns.
func (s Spool) RemoveFiles(names []string) error {
	if len(names) == 0 {
		return nil
	}
	var errs []error
	for _, name := range names {
		if err := s.Disk.Remove(filepath.Join(s.Dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, s.Disk.SyncDir(s.Dir))...)
}

// Syncer makes written files durable while the plan goes on, a few at a time.
type Syncer struct {
	slots chan struct{}
	work  export.Group
	mu    sync.Mutex
	err   error
}

// NewSyncer returns a Syncer with no files to wait for.
func NewSyncer() *Syncer { return &Syncer{slots: make(chan struct{}, 4)} }

// Add syncs and closes f in the background; Wait returns its error.
func (s *Syncer) Add(f File) {
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

// Wait waits until every file is durable and returns the errors that occurred.
func (s *Syncer) Wait() error {
	s.work.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Bytes returns a part's bytes as they were planned. Bytes that differ from the part's size or hash are an error: they
// are not what was checked and must not be sent.
func (s Spool) Bytes(p export.Part) ([]byte, error) {
	data, err := s.read(p.ID, p.Size)
	if err != nil {
		return nil, export.Hint(fmt.Errorf("spool: part %s: %w", p.Name, err), Restore)
	}
	if Hash(data) != p.SHA256 {
		return nil, export.Hint(fmt.Errorf("spool: part %s: %s was changed after it was planned", p.Name, s.Path(p.ID)), Restore)
	}
	return data, nil
}

// Hash returns the SHA-256 of data in the form the ledger stores.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
