package twin

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// session is one SSH connection after its login, with the file operations of its sftp subsystem.
type session struct {
	server *sshServer
	conn   net.Conn
	gone   chan struct{} // closed when the connection has ended
	quiet  chan struct{} // closed when the server has fallen silent
	hush   sync.Once

	mu      sync.Mutex
	written int // bytes of file data
}

func newSession(s *sshServer, conn net.Conn) *session {
	return &session{server: s, conn: conn, gone: make(chan struct{}), quiet: make(chan struct{})}
}

func (s *session) end() { close(s.gone) }

func (s *session) fallSilent() { s.hush.Do(func() { close(s.quiet) }) }

// answer refuses global requests, which is an answer: keep-alives live on it. A silent server gives none.
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
	server := sftp.NewRequestServer(channel, sftp.Handlers{FileGet: s, FilePut: s, FileCmd: s, FileList: s})
	if err := server.Serve(); err == nil || errors.Is(err, io.EOF) {
		channel.SendRequest("exit-status", false, []byte{0, 0, 0, 0})
	}
}

// rel is a request's path as the tree has it.
func rel(p string) string {
	p = strings.TrimPrefix(path.Clean("/"+p), "/")
	if p == "" {
		return "."
	}
	return p
}

// within tells whether a path lies below a folder; the folder itself does not.
func within(p, folder string) bool { return strings.HasPrefix(p, folder+"/") }

// mayLook tells whether the personality lets the client read or look at the path.
func (s *session) mayLook(p string) bool {
	if s.server.sw.DropFolder == "write-only" && within(p, dropFolder) {
		return false
	}
	return s.server.sw.ArchiveRead != "denied" || !within(p, s.server.tree.archive)
}

func (s *session) mayList(p string) bool {
	if s.server.sw.DropFolder != "normal" && p == dropFolder {
		return false
	}
	return s.mayLook(p) && (s.server.sw.ArchiveRead != "denied" || p != s.server.tree.archive)
}

// Fileread opens a file for reading.
func (s *session) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	p := rel(r.Filepath)
	if !s.mayLook(p) {
		return nil, sftp.ErrSSHFxPermissionDenied
	}
	f, err := s.server.tree.root.Open(p)
	if err != nil {
		return nil, wireError(err)
	}
	return f, nil
}

// Filewrite opens a file for writing, anywhere in the tree.
func (s *session) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	want := r.Pflags()
	flags := os.O_WRONLY
	if want.Creat {
		flags |= os.O_CREATE
	}
	if want.Trunc {
		flags |= os.O_TRUNC
	}
	if want.Excl {
		flags |= os.O_EXCL
	}
	p := rel(r.Filepath)
	f, err := s.server.tree.root.OpenFile(p, flags, 0o600)
	if err != nil {
		return nil, wireError(err)
	}
	u := &upload{session: s, file: f}
	s.server.tree.opened(u, p)
	return u, nil
}

// upload is one file being written.
type upload struct {
	session *session
	file    *os.File
}

// WriteAt stores file data, unless the personality has the server fall silent or the line be cut here.
func (u *upload) WriteAt(data []byte, offset int64) (int, error) {
	s := u.session
	if s.server.sw.SilentAfter == "write" {
		s.fallSilent()
		<-s.gone
		return 0, sftp.ErrSSHFxConnectionLost
	}
	room := s.room(len(data))
	n, err := u.file.WriteAt(data[:room], offset)
	if room < len(data) {
		s.conn.Close()
		return n, sftp.ErrSSHFxConnectionLost
	}
	return n, err
}

// room counts file data and gives how much of n still comes through.
func (s *session) room(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if limit := s.server.sw.DropAfterBytes; limit > 0 && s.written+n > limit {
		n = limit - s.written
		s.written = limit
		return n
	}
	s.written += n
	return n
}

// Close ends the writing.
func (u *upload) Close() error {
	u.session.server.tree.closed(u)
	return u.file.Close()
}

// Filecmd serves everything that changes names and folders. Times and modes are accepted and ignored.
func (s *session) Filecmd(r *sftp.Request) error {
	tree := s.server.tree
	p := rel(r.Filepath)
	switch r.Method {
	case "Rename":
		return s.rename(p, rel(r.Target), false)
	case "Setstat":
		return s.setstat(r, p)
	case "Mkdir":
		return wireError(tree.root.Mkdir(p, 0o700))
	case "Remove", "Rmdir":
		if p == dropFolder || p == tree.archive {
			return sftp.ErrSSHFxPermissionDenied
		}
		return wireError(tree.root.Remove(p))
	}
	return sftp.ErrSSHFxOpUnsupported
}

// PosixRename is the OpenSSH extension: it overwrites.
func (s *session) PosixRename(r *sftp.Request) error {
	return s.rename(rel(r.Filepath), rel(r.Target), true)
}

func (s *session) rename(from, to string, overwrite bool) error {
	switch s.server.sw.Rename {
	case "unsupported":
		return sftp.ErrSSHFxOpUnsupported
	case "denied":
		return sftp.ErrSSHFxPermissionDenied
	}
	return wireError(s.server.tree.rename(from, to, overwrite))
}

func (s *session) setstat(r *sftp.Request, p string) error {
	if !r.AttrFlags().Size {
		return nil
	}
	f, err := s.server.tree.root.OpenFile(p, os.O_WRONLY, 0)
	if err != nil {
		return wireError(err)
	}
	return errors.Join(f.Truncate(int64(r.Attributes().Size)), f.Close())
}

// Filelist lists a folder or looks at one path.
func (s *session) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	p := rel(r.Filepath)
	switch r.Method {
	case "List":
		if !s.mayList(p) {
			return nil, sftp.ErrSSHFxPermissionDenied
		}
		infos, err := s.server.tree.list(p)
		return lister(infos), wireError(err)
	case "Stat":
		return s.look(p, s.server.tree.root.Stat)
	}
	return nil, sftp.ErrSSHFxOpUnsupported
}

// Lstat looks at one path without following a link.
func (s *session) Lstat(r *sftp.Request) (sftp.ListerAt, error) {
	return s.look(rel(r.Filepath), s.server.tree.root.Lstat)
}

func (s *session) look(p string, stat func(string) (fs.FileInfo, error)) (sftp.ListerAt, error) {
	if !s.mayLook(p) {
		return nil, sftp.ErrSSHFxPermissionDenied
	}
	info, err := stat(p)
	if err != nil {
		return nil, wireError(err)
	}
	return lister{info}, nil
}

type lister []fs.FileInfo

// ListAt copies infos from offset on.
func (l lister) ListAt(infos []fs.FileInfo, offset int64) (int, error) {
	if offset >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(infos, l[offset:])
	if n < len(infos) {
		return n, io.EOF
	}
	return n, nil
}

// wireError gives the client a plain status: nothing about folders on this machine.
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
