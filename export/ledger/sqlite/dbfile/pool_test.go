package dbfile

import (
	"errors"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// TestPoolLendsTheLastOne: a read after another has the connection that knows the schema already; reads within a read have
// others, and close waits for all of them.
func TestPoolLendsTheLastOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	made := ledgertest.Must[*sqlite.Conn](t)(sqlite.OpenConn(path))
	ledgertest.OK(t, errors.Join(UseWAL(made), made.Close()))
	p := ledgertest.Must[*Pool](t)(OpenPool(path, 2))
	take := func() *sqlite.Conn { return ledgertest.Must[*sqlite.Conn](t)(p.Take()) }
	first := take()
	p.Put(first)
	if again := take(); again != first {
		t.Error("a second read has another connection")
	}
	if within := take(); within == first {
		t.Error("a read within a read has its connection")
	} else if ledgertest.Must[int](t)(Pragma(within, "query_only")) != 1 {
		t.Error("a connection for reading may write")
	} else {
		p.Put(within)
	}
	closed := make(chan error)
	go func() { closed <- p.Close() }()
	select {
	case err := <-closed:
		t.Errorf("closed while a connection is lent (%v)", err)
	default:
	}
	p.Put(first)
	ledgertest.OK(t, <-closed)
	if _, err := p.Take(); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("a closed pool returns %v, want %v", err, ledger.ErrClosed)
	}
}
