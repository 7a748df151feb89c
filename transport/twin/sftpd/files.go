package sftpd

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/pkg/sftp"

	"github.com/hr2coupa/hr2coupa/transport/twin/folders"
)

// Fileread opens a file for reading.
func (s *session) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	p := s.rel(r.Filepath)
	if !s.mayLook(p) {
		return nil, sftp.ErrSSHFxPermissionDenied
	}
	f, err := s.server.tree.Root.Open(p)
	if err != nil {
		return nil, wireError(err)
	}
	return f, nil
}

// Filewrite opens a file for writing, anywhere in the tree.
func (s *session) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	s.lag()
	if s.server.board.Get().Write == "denied" && s.server.board.Strikes() {
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
	f, err := s.server.tree.Root.OpenFile(p, flags, 0o600)
	if err != nil {
		return nil, wireError(err)
	}
	u := &upload{session: s, file: f}
	s.server.tree.Opened(f, p)
	return u, nil
}

// Filecmd serves everything that changes names and folders. It accepts times and modes and ignores them.
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
		return wireError(tree.Root.Mkdir(p, 0o700))
	case "Remove", "Rmdir":
		if p == folders.Drop || p == tree.Archive {
			return sftp.ErrSSHFxPermissionDenied
		}
		return wireError(tree.Root.Remove(p))
	}
	return sftp.ErrSSHFxOpUnsupported
}

// PosixRename is the OpenSSH extension: it overwrites.
func (s *session) PosixRename(r *sftp.Request) error {
	return s.rename(s.rel(r.Filepath), s.rel(r.Target), true)
}

func (s *session) rename(from, to string, overwrite bool) error {
	board := s.server.board
	switch how := board.Get().Rename; {
	case how == "unsupported" && board.Strikes():
		return sftp.ErrSSHFxOpUnsupported
	case how == "denied" && board.Strikes():
		return sftp.ErrSSHFxPermissionDenied
	case how == "taken" && board.Strikes():
		if err := s.server.tree.Root.WriteFile(to, []byte("foreign\n"), 0o600); err != nil {
			return wireError(err)
		}
	case how == "overwrites":
		overwrite = true
	}
	if err := s.server.tree.Rename(from, to, overwrite); err != nil {
		return wireError(err)
	}
	s.named()
	if board.Get().RenameReply == "lost" && board.Strikes() {
		s.cut()
		return sftp.ErrSSHFxConnectionLost
	}
	return nil
}

// named picks up a file that has just got its name, if the switch says that Coupa does so at once.
func (s *session) named() {
	if pickUp := s.server.board.Get().PickUp; pickUp == "instant" || pickUp == "eager" {
		s.server.pickUp()
	}
}

func (s *session) setstat(r *sftp.Request, p string) error {
	if s.server.board.Get().Setstat == "refused" {
		return sftp.ErrSSHFxOpUnsupported
	}
	if !r.AttrFlags().Size {
		return nil
	}
	f, err := s.server.tree.Root.OpenFile(p, os.O_WRONLY, 0)
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
		infos, err := s.server.tree.List(p)
		return lister(infos), wireError(err)
	case "Stat":
		return s.look(p, s.server.tree.Root.Stat)
	}
	return nil, sftp.ErrSSHFxOpUnsupported
}

// RealPath follows links, as OpenSSH does. A path that does not exist is returned as it is.
func (s *session) RealPath(p string) (string, error) {
	home := s.server.board.Get().Home
	if !path.IsAbs(p) {
		p = path.Join(home, p)
	}
	p = path.Clean(p)
	at, ok := s.server.tree.RealPath(s.rel(p))
	if !ok {
		return p, nil
	}
	return path.Join(home, at), nil
}

// Lstat looks at one path without following a link.
func (s *session) Lstat(r *sftp.Request) (sftp.ListerAt, error) {
	return s.look(s.rel(r.Filepath), s.server.tree.Root.Lstat)
}

func (s *session) look(p string, stat func(string) (fs.FileInfo, error)) (sftp.ListerAt, error) {
	s.lag()
	denied := s.server.board.Get().Stat == "denied" && within(p, folders.Drop) && s.server.board.Strikes()
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
