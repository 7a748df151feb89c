package drop

import (
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// These limits bound what the server may send during one operation. The largest honest answer is the list of an archive
// folder: about 150 bytes a file.
const (
	maxAnswer = 32 << 20
	maxNames  = 200_000
)

// wire is the connection below SSH. While an operation is under way, every byte of SFTP that the pipe reports moves a
// deadline. When none comes before the deadline, the wire closes. What SSH itself sends (keepalives, windows) is no
// progress: a living SSH server sends it with a hung SFTP server behind it. pkg/sftp's calls take no context, so
// closing the wire is also how they are cancelled; fail records the cause.
type wire struct {
	net.Conn
	ack     quickAck
	silence time.Duration
	watch   *time.Timer // fires on silence; stopped while no operation is under way

	mu    sync.Mutex
	busy  int       // operations under way
	until time.Time // when the silence will have lasted too long
	got   int       // bytes of SFTP since the latest operation began
	names int       // names in them
	cause error     // why we closed the connection
}

func newWire(conn net.Conn, silence time.Duration) *wire {
	w := &wire{Conn: conn, ack: newQuickAck(conn), silence: silence}
	w.watch = export.Timer(silence, w.listen, w.fail)
	w.watch.Stop()
	return w
}

func (w *wire) Read(b []byte) (int, error) {
	w.ack.arm()
	n, err := w.Conn.Read(b)
	if n > 1 { // SSH reads the version line byte by byte
		w.ack.arm()
	}
	return n, err
}

// listen closes the wire where an operation has received no byte for too long.
func (w *wire) listen() {
	w.mu.Lock()
	still := w.busy > 0 && !time.Now().Before(w.until)
	w.mu.Unlock()
	if still {
		w.fail(silent(w.RemoteAddr().String(), w.silence))
	}
}

// progress counts bytes of SFTP, and the names that begin in them.
func (w *wire) progress(bytes, names int) {
	w.mu.Lock()
	busy := w.busy > 0
	if busy {
		w.got += bytes
		w.names += names
		w.wait()
	}
	flood := w.got > maxAnswer || w.names > maxNames
	w.mu.Unlock()
	if busy && flood {
		w.fail(fault(export.NoFolder, nil, "the server sent more than %d MiB or %d names in answer to one question", maxAnswer>>20, maxNames).
			WithHint("if an archive folder is very full, remove it from sftp.archive"))
	}
}

// wait begins the wait for the next byte.
func (w *wire) wait() {
	w.until = time.Now().Add(w.silence)
	w.watch.Reset(w.silence)
}

// begin starts the watch over one operation and ends the connection when the operation takes longer than limit (0: no
// limit); end stops the watch.
func (w *wire) begin(limit time.Duration) (end func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy++
	w.got, w.names = 0, 0
	w.wait()
	var ceiling *time.Timer
	if limit > 0 {
		ceiling = export.Timer(limit, func() { w.fail(endless(w.RemoteAddr().String(), limit)) }, w.fail)
	}
	return func() {
		if ceiling != nil {
			ceiling.Stop()
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.busy--
		if w.busy == 0 {
			w.watch.Stop()
		}
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

// why returns the cause of an earlier fail, or nil.
func (w *wire) why() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cause
}

var errClosed = fmt.Errorf("the sftp session is closed: %w", net.ErrClosed)
