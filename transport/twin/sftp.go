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
	"time"

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
	server := sftp.NewRequestServer(channel, sftp.Handlers{FileGet: s, FilePut: s, FileCmd: s, FileList: s}, sftp.WithStartDirectory(s.server.sw.Load().Home))
	if err := server.Serve(); err == nil || errors.Is(err, io.EOF) {
		channel.SendRequest("exit-status", false, []byte{0, 0, 0, 0})
	}
}

// outside is a path in the tree that is never there.
const outside = "no/such/place"

// rel is a request's path as the tree has it, which lies at the account's home.
func (s *session) rel(p string) string {
	p, home := path.Clean("/"+p), s.server.sw.Load().Home
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
	if d := s.server.sw.Load().SFTPLatency; d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.gone:
		}
	}
}

// cut ends the connection with a reset: nothing that was written and not sent yet arrives.
func (s *session) cut() {
	if tcp, ok := s.conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	s.conn.Close()
}

// status is an answer that the sftp library has no name for.
func status(text string) error { return errors.New(text) }

// within tells whether a path lies below a folder; the folder itself does not.
func within(p, folder string) bool { return strings.HasPrefix(p, folder+"/") }

// mayLook tells whether the personality lets the client read or look at the path.
func (s *session) mayLook(p string) bool {
	if s.server.sw.Load().DropFolder == "write-only" && within(p, dropFolder) {
		return false
	}
	return s.server.sw.Load().ArchiveRead != "denied" || !within(p, s.server.tree.archive)
}

func (s *session) mayList(p string) bool {
	if s.server.sw.Load().DropFolder != "normal" && p == dropFolder {
		return false
	}
	return s.mayLook(p) && (s.server.sw.Load().ArchiveRead != "denied" || p != s.server.tree.archive)
}

// Fileread opens a file for reading.
func (s *session) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	p := s.rel(r.Filepath)
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
	s.lag()
	if s.server.sw.Load().Write == "denied" && s.server.sw.strikes() {
		return nil, sftp.ErrSSHFxPermissionDenied
	}
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
	p := s.rel(r.Filepath)
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

// WriteAt stores file data, unless a fault is switched on.
func (u *upload) WriteAt(data []byte, offset int64) (int, error) {
	s, sw := u.session, u.session.server.sw
	s.lag()
	if sw.Load().SilentAfter == "write" && sw.strikes() {
		s.fallSilent()
		<-s.gone
		return 0, sftp.ErrSSHFxConnectionLost
	}
	switch write := sw.Load().Write; {
	case write == "full" && sw.strikes():
		return 0, status("No space left on device")
	case write == "quota" && sw.strikes():
		return 0, status("Disk quota exceeded")
	case write == "short" && sw.strikes():
		_, err := u.file.WriteAt(data[:len(data)/2], offset)
		return len(data), err
	}
	room := s.room(len(data))
	if sw.Load().PickUp == "eager" {
		half := len(data) / 2
		if _, err := u.file.WriteAt(data[:half], offset); err != nil {
			return 0, err
		}
		s.server.twin.PickUp()
	}
	n, err := u.file.WriteAt(data[:room], offset)
	if room < len(data) && sw.strikes() {
		s.cut()
		return n, sftp.ErrSSHFxConnectionLost
	}
	if room < len(data) {
		n, err = u.file.WriteAt(data, offset)
	}
	return n, err
}

// room counts file data and gives how much of n still comes through.
func (s *session) room(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if limit := s.server.sw.Load().DropAfterBytes; limit > 0 && s.written+n > limit {
		n = limit - s.written
		s.written = limit
		return n
	}
	s.written += n
	return n
}

// Close ends the writing.
func (u *upload) Close() error {
	s := u.session
	at := s.server.tree.closed(u)
	err := u.file.Close()
	if s.server.sw.Load().Write == "vanish" && s.server.sw.strikes() {
		return errors.Join(err, wireError(s.server.tree.root.Remove(at)))
	}
	s.server.twin.noticed(s.server.sw.Load().PickUp)
	return err
}

// Filecmd serves everything that changes names and folders. Times and modes are accepted and ignored.
func (s *session) Filecmd(r *sftp.Request) error {
	s.lag()
	tree := s.server.tree
	p := s.rel(r.Filepath)
	switch r.Method {
	case "Rename":
		return s.rename(p, s.rel(r.Target), false)
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
	return s.rename(s.rel(r.Filepath), s.rel(r.Target), true)
}

func (s *session) rename(from, to string, overwrite bool) error {
	sw := s.server.sw
	switch how := sw.Load().Rename; {
	case how == "unsupported" && sw.strikes():
		return sftp.ErrSSHFxOpUnsupported
	case how == "denied" && sw.strikes():
		return sftp.ErrSSHFxPermissionDenied
	case how == "taken" && sw.strikes():
		if err := s.server.tree.root.WriteFile(to, []byte("foreign\n"), 0o600); err != nil {
			return wireError(err)
		}
	case how == "overwrites":
		overwrite = true
	}
	if err := s.server.tree.rename(from, to, overwrite); err != nil {
		return wireError(err)
	}
	s.server.twin.noticed(sw.Load().PickUp)
	if sw.Load().RenameReply == "lost" && sw.strikes() {
		s.cut()
		return sftp.ErrSSHFxConnectionLost
	}
	return nil
}

func (s *session) setstat(r *sftp.Request, p string) error {
	if s.server.sw.Load().Setstat == "refused" {
		return sftp.ErrSSHFxOpUnsupported
	}
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
	p := s.rel(r.Filepath)
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

// RealPath follows links, as OpenSSH does. What is not there stays as it is written.
func (s *session) RealPath(p string) (string, error) {
	home := s.server.sw.Load().Home
	if !path.IsAbs(p) {
		p = path.Join(home, p)
	}
	p = path.Clean(p)
	at, ok := s.server.tree.realPath(s.rel(p))
	if !ok {
		return p, nil
	}
	return path.Join(home, at), nil
}

// Lstat looks at one path without following a link.
func (s *session) Lstat(r *sftp.Request) (sftp.ListerAt, error) {
	return s.look(s.rel(r.Filepath), s.server.tree.root.Lstat)
}

func (s *session) look(p string, stat func(string) (fs.FileInfo, error)) (sftp.ListerAt, error) {
	s.lag()
	denied := s.server.sw.Load().Stat == "denied" && within(p, dropFolder) && s.server.sw.strikes()
	if denied || !s.mayLook(p) {
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
