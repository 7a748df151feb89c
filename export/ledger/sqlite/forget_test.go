package sqlite

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// freed leaves traces of the planted person also in pages that SQLite has freed.
func freed(t *testing.T, dir string) {
	t.Helper()
	l := open(t, dir)
	ledgertest.PlantPerson(t, l, l.spool, 500) // enough for freed pages and a log of some length
	script(t, dir, "PRAGMA secure_delete = OFF; CREATE TABLE theirs AS SELECT * FROM rows WHERE key = 'P-4711'; DROP TABLE theirs")
	ledgertest.OK(t, l.Close())
}

func locked(t *testing.T, dir string) *Ledger {
	t.Helper()
	l := open(t, dir)
	unlock := ledgertest.Must[func() error](t)(l.Lock("test"))
	t.Cleanup(func() { ledgertest.OK(t, unlock()) })
	return l
}

// TestForgetFreedPages: wherever forgetting is cut short, repeating it leaves no byte of the person, not even in free
// space.
func TestForgetFreedPages(t *testing.T) {
	for at, whole := 1, false; !whole; at++ {
		dir := filepath.Join(t.TempDir(), "ledger")
		freed(t, dir)
		blow := &ledgertest.Blow{At: at}
		disk := &ledgertest.Disk{Blow: blow}
		l, err := Open(Options{Dir: dir, disk: disk})
		if err == nil {
			unlock := ledgertest.Must[func() error](t)(l.Lock("test"))
			_, err = l.Forget(ledgertest.Planted[0])
			ledgertest.OK(t, errors.Join(unlock(), l.Close(), disk.Lose()))
		}
		if whole = !blow.Fallen(); whole {
			ledgertest.OK(t, err)
		} else {
			ledgertest.Must[ledger.Forgotten](t)(locked(t, dir).Forget(ledgertest.Planted[0]))
		}
		if traces := ledgertest.TracesOf(t, dir, ledgertest.Planted[2:]); len(traces) > 0 {
			t.Errorf("ended at step %d: left %v", at, traces)
		}
	}
}

// TestForgetWithAReader: a reader keeps the ledger's log alive, so forgetting must not claim to be done.
func TestForgetWithAReader(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	freed(t, dir)
	l, reader := locked(t, dir), open(t, dir)
	ledgertest.OK(t, reader.read(func(c *sqlite.Conn) error {
		ledgertest.OK(t, query(c, "SELECT count(*) FROM runs", func(*sqlite.Stmt) error { return nil }))
		l.conn.SetBusyTimeout(time.Millisecond)
		_, err := l.Forget(ledgertest.Planted[0])
		ledgertest.WantErr(t, err, "another program is reading the ledger")
		return nil
	}))
	ledgertest.Must[ledger.Forgotten](t)(l.Forget(ledgertest.Planted[0]))
	if traces := ledgertest.TracesOf(t, dir, ledgertest.Planted[2:]); len(traces) > 0 {
		t.Errorf("left: %v", traces)
	}
}
