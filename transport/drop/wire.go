package drop

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// maxAnswer bounds what the server may send during one operation. The largest honest answer is the list of an archive
// folder: some 150 bytes a file.
const maxAnswer = 64 << 20

// wire is the connection below SSH. While an operation is under way every byte from the server moves a deadline; when the
// server stays silent until it, the wire closes. pkg/sftp's calls take no context, so closing the wire is also how they
// are cancelled: whoever closes it leaves the cause.
type wire struct {
	net.Conn
	ack     quickAck
	silence time.Duration

	mu    sync.Mutex
	busy  int   // operations under way
	got   int   // bytes read since the latest one began
	cause error // why we closed the connection
}

func newWire(conn net.Conn, silence time.Duration) *wire {
	return &wire{Conn: conn, ack: newQuickAck(conn), silence: silence}
}

func (w *wire) Read(b []byte) (int, error) {
	w.ack.arm()
	n, err := w.Conn.Read(b)
	if n > 1 { // SSH reads the version line byte by byte
		w.ack.arm()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		w.fail(silent(w.RemoteAddr().String(), w.silence))
	}
	if n > 0 {
		w.progress(n)
	}
	return n, err
}

func (w *wire) progress(n int) {
	w.mu.Lock()
	busy := w.busy > 0
	if busy {
		w.got += n
		w.Conn.SetReadDeadline(time.Now().Add(w.silence))
	}
	flood := busy && w.got > maxAnswer
	w.mu.Unlock()
	if flood {
		w.fail(fault("folder", nil, "the server sent more than %d MiB in answer to one question: is an archive folder very full? Take it out of sftp.archive", maxAnswer>>20))
	}
}

// begin starts the watch over one operation; end stops it.
func (w *wire) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy++
	w.got = 0
	w.Conn.SetReadDeadline(time.Now().Add(w.silence))
}

func (w *wire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy--
	if w.busy == 0 {
		w.Conn.SetReadDeadline(time.Time{})
	}
}

func (w *wire) idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.busy == 0
}

// fail closes the connection. The first cause stays.
func (w *wire) fail(cause error) {
	w.mu.Lock()
	if w.cause == nil {
		w.cause = cause
	}
	w.mu.Unlock()
	w.Conn.Close()
}

// why is the cause of an earlier fail, or nil.
func (w *wire) why() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cause
}

var errClosed = fmt.Errorf("the sftp session is closed: %w", net.ErrClosed)
