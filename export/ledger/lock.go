package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/hr2coupa/hr2coupa/export"
)

// maxHolder bounds, in bytes, what is written to and read from the lock file.
const maxHolder = 512

// lockPatience is how long Take tries. Busy holds the lock for a moment, and a run must not fail because of that.
const lockPatience = 300 * time.Millisecond

// Lock is the run lock of a ledger: a file with a lock of the kernel.
type Lock struct{ Path string }

// Busy reports whether a run holds the lock now. It changes nothing.
func (l Lock) Busy() (bool, error) {
	lock := flock.New(l.Path, flock.SetFlag(os.O_RDONLY), flock.SetPermissions(0o600))
	got, err := lock.TryRLock()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // no run has ever made the file
	}
	if err != nil {
		return false, fmt.Errorf("check the lock of the ledger: %s: %w", l.Path, err)
	}
	return !got, lock.Unlock()
}

// Take takes the run lock and waits only for a moment. It writes holder into the lock file: one line that names its
// holder to a person ("pid 4711 on host hr1, hr2coupa run, since 2026-11-24T02:00:00Z"). Where another run has the
// lock, the error is an *export.LockedError with that run's line. The kernel releases the lock when the program dies;
// unlock releases it earlier and may be called more than once.
func (l Lock) Take(holder string) (unlock func() error, err error) {
	lock := flock.New(l.Path, flock.SetPermissions(0o600))
	patience, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	got, err := lock.TryLockContext(patience, lockPatience/10)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, export.Hint(fmt.Errorf("lock ledger: %s: %w", l.Path, err), "put the ledger on a local disk")
	}
	if !got {
		return nil, &export.LockedError{Holder: l.Holder()}
	}
	if err := os.WriteFile(l.Path, []byte(oneLine(holder)+"\n"), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("lock ledger: %w", err), lock.Unlock())
	}
	return sync.OnceValue(func() error {
		if err := errors.Join(os.Truncate(l.Path, 0), lock.Unlock()); err != nil {
			return fmt.Errorf("unlock ledger: %w", err)
		}
		return nil
	}), nil
}

// Holder returns the line in the lock file. It may be empty for the moment between taking the lock and writing it.
func (l Lock) Holder() string {
	f, err := os.Open(l.Path)
	if err != nil {
		return "unknown (" + err.Error() + ")"
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxHolder))
	if err != nil {
		return "unknown (" + err.Error() + ")"
	}
	if holder := oneLine(string(text)); holder != "" {
		return holder
	}
	return "unknown (" + l.Path + " names no holder)"
}

// oneLine makes text fit for one line of a terminal.
func oneLine(text string) string {
	text = strings.TrimSpace(export.Plain(text))
	if len(text) >= maxHolder {
		text = strings.ToValidUTF8(text[:maxHolder-1], "")
	}
	return text
}
