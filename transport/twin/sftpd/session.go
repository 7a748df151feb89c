package sftpd

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/transport/twin/folders"
)

// session is one SSH connection after its login, with the file operations of its sftp subsystem.
type session struct {
	server *Server
	conn   net.Conn
	gone   chan struct{} // closed when the connection has ended
	quiet  chan struct{} // closed when the server no longer answers
	hush   sync.Once

	mu      sync.Mutex
	written int // bytes of file data
}

func newSession(s *Server, conn net.Conn) *session {
	return &session{server: s, conn: conn, gone: make(chan struct{}), quiet: make(chan struct{})}
}

func (s *session) end() { close(s.gone) }

func (s *session) fallSilent() { s.hush.Do(func() { close(s.quiet) }) }

// answer refuses global requests. A refusal is an answer too, and keep-alives need one. A silent server does not answer.
func (s *session) answer(requests <-chan *ssh.Request) {
	for r := range requests {
		select {
		case <-s.quiet:
			continue
		default:
		}
		if r.WantReply {
			r.Reply(false, nil)
		}
	}
}

// open serves a session channel's sftp subsystem; there is no shell.
func (s *session) open(nc ssh.NewChannel) {
	if nc.ChannelType() != "session" {
		nc.Reject(ssh.UnknownChannelType, "sftp only")
		return
	}
	channel, requests, err := nc.Accept()
	if err != nil {
		return
	}
	s.server.wg.Go(func() {
		started := false
		for r := range requests {
			isSFTP := r.Type == "subsystem" && string(r.Payload) == "\x00\x00\x00\x04sftp" && !started
			if r.WantReply {
				r.Reply(isSFTP, nil)
			}
			if isSFTP {
				started = true
				s.server.wg.Go(func() { s.files(channel) })
			}
		}
		if !started {
			channel.Close()
		}
	})
}

func (s *session) files(channel ssh.Channel) {
	defer channel.Close()
	server := sftp.NewRequestServer(channel, sftp.Handlers{FileGet: s, FilePut: s, FileCmd: s, FileList: s}, sftp.WithStartDirectory(s.server.board.Get().Home))
	if err := server.Serve(); err == nil || errors.Is(err, io.EOF) {
		channel.SendRequest("exit-status", false, []byte{0, 0, 0, 0})
	}
}

// outside is a path that never exists in the tree.
const outside = "no/such/place"

// rel returns the path of a request relative to the tree, which is the account's home.
func (s *session) rel(p string) string {
	p, home := path.Clean("/"+p), s.server.board.Get().Home
	if p == home {
		return "."
	}
	below, ok := strings.CutPrefix(p, strings.TrimSuffix(home, "/")+"/")
	if !ok {
		return outside
	}
	return below
}

// lag waits as long as the switch says, or until the connection has gone.
func (s *session) lag() {
	if d := s.server.board.Get().SFTPLatency; d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.gone:
		}
	}
}

// cut ends the connection with a reset, so that data that was written and not yet sent does not arrive.
func (s *session) cut() {
	if tcp, ok := s.conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	s.conn.Close()
}

// status returns an answer that the sftp library has no name for.
func status(text string) error { return errors.New(text) }

// within reports whether a path is below a folder; the folder itself is not.
func within(p, folder string) bool { return strings.HasPrefix(p, folder+"/") }

// mayLook reports whether the client may read or stat the path.
func (s *session) mayLook(p string) bool {
	if s.server.board.Get().DropFolder == "write-only" && within(p, folders.Drop) {
		return false
	}
	return s.server.board.Get().ArchiveRead != "denied" || !within(p, s.server.tree.Archive)
}

func (s *session) mayList(p string) bool {
	if s.server.board.Get().DropFolder != "normal" && p == folders.Drop {
		return false
	}
	return s.mayLook(p) && (s.server.board.Get().ArchiveRead != "denied" || p != s.server.tree.Archive)
}

// wireError returns a plain status for the client, which says nothing about folders on this machine.
func wireError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return sftp.ErrSSHFxNoSuchFile
	case errors.Is(err, fs.ErrPermission):
		return sftp.ErrSSHFxPermissionDenied
	case errors.Is(err, fs.ErrExist):
		return errors.New("file already exists")
	}
	return sftp.ErrSSHFxFailure
}
