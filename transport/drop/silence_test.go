package drop

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	soon  = 200 * time.Millisecond
	limit = 3 * time.Second // of a silence: a server that answers at all answers within it, even on a busy machine
)

var errInterrupted = errors.New("interrupted by the test")

// mute accepts a connection and sends nothing.
func mute(conn net.Conn) { io.Copy(io.Discard, conn) }

// muteAfterVersion begins the handshake and then sends nothing.
func muteAfterVersion(conn net.Conn) {
	io.WriteString(conn, "SSH-2.0-Mute\r\n")
	bufio.NewReader(conn).ReadString('\n')
	mute(conn)
}

func TestSilentServerWhileConnecting(t *testing.T) {
	for name, handle := range map[string]func(net.Conn){"at connect": mute, "in the handshake": muteAfterVersion} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the test mostly waits
			c := (&server{}).start(t)
			c.Address = listen(t, handle)
			c.Connect = limit
			wantFault(t, dialFault(t, t.Context(), c), "silent", c.Address, "3s")

			c.Connect = time.Minute
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(soon, func() { cancel(errInterrupted) })
			err := dialFault(t, ctx, c)
			if !errors.Is(err, errInterrupted) || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the context's cause", err)
			}
		})
	}
}

func TestNotAnSSHServer(t *testing.T) {
	c := (&server{}).start(t)
	c.Address = listen(t, func(conn net.Conn) { conn.Close() })
	wantFault(t, dialFault(t, t.Context(), c), "unreachable", "before the login")
}

// stuck returns a server with a first write that blocks until the test ends; the channel signals that it does.
func stuck(t *testing.T) (*server, <-chan struct{}) {
	t.Helper()
	h := memory(t)
	writing, ended := make(chan struct{}), make(chan struct{})
	var once sync.Once
	h.FilePut = writerFunc(func(*sftp.Request) (io.WriterAt, error) {
		return writerAtFunc(func([]byte, int64) (int, error) {
			once.Do(func() { close(writing) })
			<-ended
			return 0, errors.New("too late")
		}), nil
	})
	s := &server{handlers: h}
	t.Cleanup(func() { close(ended) })
	return s, writing
}

func TestSilentServerInTheMiddleOfAWrite(t *testing.T) {
	t.Parallel()
	srv, _ := stuck(t)
	c := srv.startMemory(t)
	c.Silence = limit
	s := dial(t, c)
	wantFault(t, s.Stage(t.Context(), part, content()), "silent", "3s", "write "+part)
	wantFault(t, s.Commit(t.Context(), part, s.Temp(part)), "silent") // the session stays dead
}

func TestCancelInTheMiddleOfAWrite(t *testing.T) {
	srv, writing := stuck(t)
	s := dial(t, srv.startMemory(t))
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-writing
		cancel(errInterrupted)
	}()
	err := s.Stage(ctx, part, content())
	if !errors.Is(err, errInterrupted) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's cause", err)
	}
	var fault *export.NotDeliveredError
	if errors.As(err, &fault) {
		t.Errorf("an interruption is told as a fault of the server: %v", err)
	}
	if err := s.Stage(ctx, part, nil); !errors.Is(err, errInterrupted) {
		t.Errorf("with an ended context: got %v, want its cause", err)
	}
}

// TestSlowServerIsNotSilent: a slow server is not a silent one. Each answer comes within the limit; all of them
// together take far longer.
func TestSlowServerIsNotSilent(t *testing.T) {
	t.Parallel()
	const packets = 20
	h := memory(t)
	files := h.FilePut
	h.FilePut = writerFunc(func(r *sftp.Request) (io.WriterAt, error) {
		f, err := files.Filewrite(r)
		var one sync.Mutex
		return writerAtFunc(func(b []byte, off int64) (int, error) {
			one.Lock()
			defer one.Unlock()
			<-time.After(soon)
			return f.WriteAt(b, off)
		}), err
	})
	c := (&server{handlers: h}).startMemory(t)
	c.Silence, c.Operation = limit, soon // the size of the part raises this ceiling
	if packets*soon <= limit {
		t.Fatal("all of them together are not beyond the limit")
	}
	if err := dial(t, c).Stage(t.Context(), part, content()[:packets*packet]); err != nil {
		t.Error(err)
	}
}

// valve is a network path to the server that can be slow, and can be shut: packets then vanish without an error.
type valve struct {
	to    string
	delay time.Duration
	shut  chan struct{}
}

func (v *valve) handle(conn net.Conn) {
	far, err := net.Dial("tcp", v.to)
	if err != nil {
		return
	}
	defer far.Close()
	go v.copy(conn, far)
	v.copy(far, conn)
}

func (v *valve) copy(to, from net.Conn) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			to.Close()
			return
		}
		select {
		case <-v.shut:
		default:
			<-time.After(v.delay)
			to.Write(b[:n])
		}
	}
}

func TestKeepAlive(t *testing.T) {
	t.Parallel()
	srv := &server{asked: make(chan string, 3)}
	c := srv.start(t)
	v := &valve{to: c.Address, shut: make(chan struct{})}
	c.Address = listen(t, v.handle)
	c.Silence, c.Keepalive = limit, soon/10
	s := dial(t, c)
	for range 3 {
		if got := <-srv.asked; got != "keepalive@openssh.com" {
			t.Errorf("asked %q", got)
		}
	}
	if err := s.Stage(t.Context(), part, content()); err != nil {
		t.Fatal(err)
	}
	close(v.shut)
	s.alive.Wait() // it ends by itself when the peer is dead
	wantFault(t, s.Commit(t.Context(), part, s.Temp(part)), "silent")
}

func TestBrokenConnection(t *testing.T) {
	c := (&server{}).start(t)
	conns := make(chan net.Conn, 1)
	v := &valve{to: c.Address, shut: make(chan struct{})}
	c.Address = listen(t, func(conn net.Conn) { conns <- conn; v.handle(conn) })
	s := dial(t, c)
	(<-conns).Close()
	wantFault(t, s.Stage(t.Context(), part, content()), "unreachable", "broke")
}

func TestDepthFollowsTheRoundTrip(t *testing.T) {
	c := (&server{}).start(t)
	v := &valve{to: c.Address, delay: fastPath}
	c.Address = listen(t, v.handle)
	if s := dial(t, c); s.depth != deepDepth {
		t.Errorf("got depth %d over a long way, want %d", s.depth, deepDepth)
	}
}

// TestOneNameAtATime: an operation that never ends is ended by the ceiling, though each answer comes in time.
func TestOneNameAtATime(t *testing.T) {
	t.Parallel()
	h := memory(t)
	list := h.FileList
	h.FileList = listerFunc(func(r *sftp.Request) (sftp.ListerAt, error) {
		files, err := list.Filelist(r)
		if r.Method != "List" {
			return files, err
		}
		return listerAtFunc(func(to []os.FileInfo, _ int64) (int, error) {
			<-time.After(soon)
			one := make([]os.FileInfo, 1)
			if n, _ := files.ListAt(one, 0); n == 0 {
				return 0, errors.New("the folder is empty")
			}
			return copy(to, one), nil
		}), err
	})
	c := (&server{handlers: h}).startMemory(t)
	c.Silence, c.Operation = 10*limit, limit
	ctx, cancel := context.WithTimeout(t.Context(), 5*limit)
	defer cancel()
	_, err := dial(t, c).List(ctx, "/Incoming")
	wantFault(t, err, "silent", "3s", "sftp.operation", "list /Incoming")
}

func TestRenameThatDoesNothing(t *testing.T) {
	h := memory(t)
	commands := h.FileCmd
	h.FileCmd = cmderFunc(func(r *sftp.Request) error {
		if r.Method == "Rename" {
			return nil
		}
		return commands.Filecmd(r)
	})
	s := dial(t, (&server{handlers: h}).startMemory(t))
	if err := s.Stage(t.Context(), part, content()); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.Commit(t.Context(), part, s.Temp(part)), "folder", "says that it has renamed", "still there")
}
