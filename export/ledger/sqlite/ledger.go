// Package sqlite keeps a ledger in SQLite: ledger.db in the ledger's folder, in write-ahead mode, with -wal and -shm
// files beside it. All SQL of the program is here.
package sqlite

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite/dbfile"
)

const readers = 4 // also how deep reads may nest in the callbacks of PartRows and Rows

// Options sets the folder of a ledger and its clock.
type Options struct {
	Dir string           // made where it does not exist, with its parents; must be on a local disk
	Now func() time.Time // nil: time.Now

	disk ledger.Disk // nil: the operating system's disk
}

// Ledger is a ledger.Ledger on a folder. Its methods may be called from several goroutines, and several programs may
// have the same folder open: they read without waiting for each other, and writers take turns. Only one run at a time
// should write, which is what Lock is for.
type Ledger struct {
	dir   string
	disk  ledger.Disk
	now   func() time.Time
	spool ledger.Spool
	lock  ledger.Lock
	reads *dbfile.Pool

	mu     sync.Mutex // guards everything below and the only connection that writes
	conn   *sqlite.Conn
	plan   *planTx // the open plan: it has the connection to itself
	locked bool    // this Ledger holds the run lock
	names  ownNames
}

var _ ledger.Ledger = (*Ledger)(nil)

// Open opens the ledger in o.Dir and creates what is missing. A folder or file that other users may read or change, and
// a ledger of a newer program, are errors that say what to do. It takes no lock: a ledger may be read while a run works
// on it.
func Open(o Options) (*Ledger, error) {
	if o.Dir == "" {
		return nil, errors.New("open ledger: no folder given")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	l := newAt(dir, o)
	if err := l.lay(); err != nil {
		return nil, fmt.Errorf("open ledger: %w", cmp.Or(l.unwritable(), err))
	}
	if err := l.connect(); err != nil {
		if errors.As(err, new(*ledger.DamagedError)) {
			return nil, err
		}
		return nil, fmt.Errorf("open ledger: %w", cmp.Or(l.unwritable(), fmt.Errorf("%s: %w", l.dbPath(), err)))
	}
	return l, nil
}

// unwritable returns an error where the folder cannot be written to; nil otherwise. SQLite and the operating system
// only name the call that failed. It is called after a failure.
func (l *Ledger) unwritable() error {
	db, err := os.OpenFile(l.dbPath(), os.O_RDWR, 0)
	if err == nil {
		err = db.Close()
	}
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(l.dir, ".probe-*"); err == nil {
			err = errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		return nil
	}
	return export.Hint(fmt.Errorf("%s cannot be written to (%w), and even reading a ledger may write to it", l.dir, err),
		"run hr2coupa as the user that owns it, or make the folder and its file system writable")
}

func newAt(dir string, o Options) *Ledger {
	l := &Ledger{dir: dir, now: o.Now, disk: o.disk}
	if l.now == nil {
		l.now = time.Now
	}
	if l.disk == nil {
		l.disk = ledger.OSDisk{}
	}
	l.spool = ledger.Spool{Dir: filepath.Join(dir, "spool"), Disk: l.disk}
	l.lock = ledger.Lock{Path: l.lockPath()}
	return l
}

// lay creates what is missing in the folder and checks all modes. It creates the database file too, since SQLite would
// follow the umask; the -wal and -shm files get the same mode.
func (l *Ledger) lay() error {
	for _, dir := range []string{l.dir, l.spool.Dir} {
		if err := ledger.MakeDir(l.disk, dir); err != nil {
			return err
		}
		if err := ledger.CheckPrivate(dir); err != nil {
			return err
		}
	}
	for _, file := range []string{l.dbPath(), l.lockPath()} {
		if err := ledger.CreateFile(l.disk, file); err != nil {
			return err
		}
		if err := cmp.Or(ledger.CheckRegular(file), ledger.CheckPrivate(file)); err != nil {
			return err
		}
	}
	return l.disk.SyncDir(l.dir)
}

func (l *Ledger) connect() (err error) {
	defer func() { err = l.damage(err) }()
	if err = dbfile.CheckHeader(l.dbPath(), l.spool.Dir); err != nil {
		return err
	}
	if l.conn, err = sqlite.OpenConn(l.dbPath(), sqlite.OpenReadWrite); err != nil {
		return err
	}
	if err = dbfile.Prepare(l.conn); err == nil {
		err = dbfile.Migrate(l.conn)
	}
	if err != nil {
		return errors.Join(err, l.conn.Close())
	}
	if l.reads, err = dbfile.OpenPool(l.dbPath(), readers); err != nil {
		return errors.Join(err, l.conn.Close())
	}
	return nil
}

// Close rolls an open plan back and closes the database. It does not release the run lock.
func (l *Ledger) Close() error {
	l.mu.Lock()
	plan := l.plan
	l.mu.Unlock()
	if plan != nil {
		plan.Rollback()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return nil
	}
	err := errors.Join(l.reads.Close(), l.conn.Close())
	l.conn = nil
	if err != nil {
		return fmt.Errorf("close ledger: %w", err)
	}
	return nil
}

func (l *Ledger) dbPath() string   { return filepath.Join(l.dir, "ledger.db") }
func (l *Ledger) lockPath() string { return filepath.Join(l.dir, "lock") }

// read runs f on one snapshot of what is committed.
func (l *Ledger) read(f func(*sqlite.Conn) error) (err error) {
	defer func() { err = l.damage(err) }()
	c, err := l.reads.Take()
	if err != nil {
		return err
	}
	defer l.reads.Put(c)
	defer sqlitex.Transaction(c)(&err)
	return f(c)
}

// write runs f in a transaction that is durable when write returns nil, and leaves nothing when it does not.
func (l *Ledger) write(f func(*sqlite.Conn) error) error {
	err := l.damage(l.transact(f))
	if err != nil && sqlite.ErrCode(err).ToPrimary() == sqlite.ResultReadOnly {
		return cmp.Or(l.unwritable(), err)
	}
	return err
}

func (l *Ledger) transact(f func(*sqlite.Conn) error) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.conn == nil:
		return ledger.ErrClosed
	case l.plan != nil:
		return ledger.ErrPlanOpen
	}
	end, err := sqlitex.ImmediateTransaction(l.conn)
	if err != nil {
		return err
	}
	defer func() {
		if end(&err); err != nil {
			l.names.again()
		}
		err = l.room(err)
	}()
	return f(l.conn)
}

// checkRoom is the hint where the system could not write.
const checkRoom = "check that there is room on that disk"

// room adds to err what to check where SQLite could not write.
func (l *Ledger) room(err error) error {
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultFull, sqlite.ResultIOErr:
		return export.Hint(err, "check that there is room on the disk of %s", l.dir)
	}
	return err
}

// query runs a cached statement and calls row for each row of its result.
func query(c *sqlite.Conn, sql string, row func(*sqlite.Stmt) error, args ...any) error {
	return sqlitex.Execute(c, sql, &sqlitex.ExecOptions{Args: args, ResultFunc: row})
}

// exec runs a cached statement that has no result.
func exec(c *sqlite.Conn, sql string, args ...any) error {
	return sqlitex.Execute(c, sql, &sqlitex.ExecOptions{Args: args})
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
