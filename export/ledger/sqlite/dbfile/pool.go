package dbfile

import (
	"errors"
	"sync"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Pool holds connections that only read. It lends the one that came back last: a connection has read the schema and
// compiled its statements at its first use, and the next one would do all of that again.
type Pool struct {
	slots chan struct{} // one for each connection that is lent

	mu     sync.Mutex
	free   []*reader
	lent   map[*sqlite.Conn]*reader
	closed bool
}

// reader is a connection, which is prepared when it is used first.
type reader struct {
	conn  *sqlite.Conn
	ready bool
}

// OpenPool opens n connections at once, so that all of them have the same file, whatever happens to its name later.
func OpenPool(path string, n int) (*Pool, error) {
	p := &Pool{slots: make(chan struct{}, n), lent: map[*sqlite.Conn]*reader{}}
	for range n {
		c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite) // a reader of a write-ahead log writes to its -shm file
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		p.free = append(p.free, &reader{conn: c})
	}
	return p, nil
}

// Take lends a connection until it is put back. It waits where all are lent.
func (p *Pool) Take() (*sqlite.Conn, error) {
	p.slots <- struct{}{}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		<-p.slots
		return nil, ledger.ErrClosed
	}
	last := len(p.free) - 1
	r := p.free[last]
	p.free = p.free[:last]
	p.lent[r.conn] = r
	p.mu.Unlock()
	if !r.ready {
		err := errors.Join(Prepare(r.conn), sqlitex.ExecuteTransient(r.conn, "PRAGMA query_only = ON", nil))
		if err != nil {
			p.Put(r.conn)
			return nil, err
		}
		r.ready = true
	}
	return r.conn, nil
}

// Put takes back a connection that was lent.
func (p *Pool) Put(c *sqlite.Conn) {
	p.mu.Lock()
	p.free = append(p.free, p.lent[c])
	delete(p.lent, c)
	p.mu.Unlock()
	<-p.slots
}

// Close waits for the connections that are lent and closes all of them.
func (p *Pool) Close() (err error) {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	for _, r := range p.free {
		err = errors.Join(err, r.conn.Close())
	}
	for range cap(p.slots) { // whoever waits learns that it is closed
		<-p.slots
	}
	return err
}
