package drop

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/export"
)

const password = "correct horse"

// server is a real SSH and SFTP server inside the test. Zero fields get working values: an ed25519 host key, a password
// login, the machine's own files.
type server struct {
	hostKeys []ssh.Signer
	config   *ssh.ServerConfig
	handlers *sftp.Handlers // serve these instead of the machine's files
	asked    chan string    // receives the names of the first global requests, when set
	tap      *tap           // inspects the packets, when set

	mu     sync.Mutex
	logins []string // methods tried, "none" left out
}

// start serves until the test ends and returns a Config that can log in; drop folder and archive exist.
func (s *server) start(t *testing.T) Config {
	t.Helper()
	if s.config == nil {
		s.config = &ssh.ServerConfig{PasswordCallback: func(_ ssh.ConnMetadata, got []byte) (*ssh.Permissions, error) {
			if string(got) != password {
				return nil, errors.New("no")
			}
			return nil, nil
		}}
	}
	if s.hostKeys == nil {
		s.hostKeys = []ssh.Signer{newHostKey(t)}
	}
	for _, key := range s.hostKeys {
		s.config.AddHostKey(key)
	}
	s.config.AuthLogCallback = func(_ ssh.ConnMetadata, method string, _ error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if method != "none" {
			s.logins = append(s.logins, method)
		}
	}
	root := t.TempDir()
	for _, dir := range []string{"Incoming/Users", "Incoming/Archive/Users", "staging"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return Config{
		Address: listen(t, s.serve), User: "acme", Password: export.NewSecret(password),
		HostKey: ssh.FingerprintSHA256(s.hostKeys[0].PublicKey()),
		Folder:  root + "/Incoming/Users", Archive: []string{root + "/nowhere", root + "/Incoming/Archive/Users"},
		Connect: 10 * time.Second, Silence: 10 * time.Second, Keepalive: time.Minute,
	}
}

func (s *server) tried() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.logins...)
}

func (s *server) serve(conn net.Conn) {
	sc, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	defer sc.Close()
	go s.answer(requests)
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				r.Reply(r.Type == "subsystem" && string(r.Payload[4:]) == "sftp", nil)
			}
		}()
		go s.files(channel)
	}
}

func (s *server) answer(requests <-chan *ssh.Request) {
	for r := range requests {
		select {
		case s.asked <- r.Type:
		default:
		}
		r.Reply(false, nil)
	}
}

func (s *server) files(channel ssh.Channel) {
	defer channel.Close()
	var stream io.ReadWriteCloser = channel
	if s.tap != nil {
		stream = s.tap.on(channel)
	}
	if s.handlers != nil {
		sftp.NewRequestServer(stream, *s.handlers).Serve()
		return
	}
	if server, err := sftp.NewServer(stream); err == nil {
		server.Serve()
	}
}

// listen accepts connections on a free loopback port until the test ends, then waits for their handlers.
func listen(t *testing.T, handle func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var handlers sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	handlers.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			handlers.Go(func() { defer conn.Close(); handle(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, conn := range open {
			conn.Close()
		}
		mu.Unlock()
		handlers.Wait()
	})
	return l.Addr().String()
}

func newHostKey(t *testing.T) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newSignerFor(t, key)
}

func newSignerFor(t *testing.T, key any) ssh.Signer {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// dial connects, and closes the session when the test ends.
func dial(t *testing.T, c Config) *Session {
	t.Helper()
	s, err := Dial(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// memory returns a file system with the usual folders, behind handlers that a test can replace.
func memory(t *testing.T) *sftp.Handlers {
	t.Helper()
	h := sftp.InMemHandler()
	for _, dir := range []string{"/Incoming", "/Incoming/Users", "/staging"} {
		if err := h.FileCmd.Filecmd(sftp.NewRequest("Mkdir", dir)); err != nil {
			t.Fatal(err)
		}
	}
	return &h
}

// startMemory is start with the folders of memory.
func (s *server) startMemory(t *testing.T) Config {
	t.Helper()
	c := s.start(t)
	c.Folder, c.Archive = "/Incoming/Users", nil
	return c
}

type writerFunc func(r *sftp.Request) (io.WriterAt, error)

func (f writerFunc) Filewrite(r *sftp.Request) (io.WriterAt, error) { return f(r) }

type cmderFunc func(r *sftp.Request) error

func (f cmderFunc) Filecmd(r *sftp.Request) error { return f(r) }

type writerAtFunc func(b []byte, off int64) (int, error)

func (f writerAtFunc) WriteAt(b []byte, off int64) (int, error) { return f(b, off) }

type listerFunc func(r *sftp.Request) (sftp.ListerAt, error)

func (f listerFunc) Filelist(r *sftp.Request) (sftp.ListerAt, error) { return f(r) }

type listerAtFunc func(to []os.FileInfo, off int64) (int, error)

func (f listerAtFunc) ListAt(to []os.FileInfo, off int64) (int, error) { return f(to, off) }

// closerAt calls a function when it is closed.
type closerAt struct {
	io.WriterAt
	closed func()
}

func (c closerAt) Close() error {
	c.closed()
	return nil
}

// wantFault checks that err is a NotDeliveredError with this obstacle, and that its text has each of the pieces.
func wantFault(t *testing.T, err error, what string, pieces ...string) {
	t.Helper()
	var fault *export.NotDeliveredError
	if !errors.As(err, &fault) {
		t.Fatalf("got error %v, want a NotDeliveredError", err)
	}
	if fault.What.String() != what {
		t.Errorf("got fault %q, want %q: %v", fault.What, what, err)
	}
	said := err.Error() + "\nhint: " + export.HintText(err)
	for _, piece := range pieces {
		if !strings.Contains(said, piece) {
			t.Errorf("error %q does not say %q", said, piece)
		}
	}
	if strings.Contains(said, password) {
		t.Errorf("error %q shows the password", said)
	}
}

// dialFault returns the error of a Dial that must fail.
func dialFault(t *testing.T, ctx context.Context, c Config) error {
	t.Helper()
	s, err := Dial(ctx, c, nil)
	if err == nil {
		s.Close()
		t.Fatal("connected, want an error")
	}
	return err
}
