package sftpd

import (
	"errors"
	"os"

	"github.com/pkg/sftp"
)

// upload is one file being written.
type upload struct {
	session *session
	file    *os.File
}

// WriteAt stores file data, unless a fault is switched on.
func (u *upload) WriteAt(data []byte, offset int64) (int, error) {
	s, board := u.session, u.session.server.board
	s.lag()
	if board.Get().SilentAfter == "write" && board.Strikes() {
		s.fallSilent()
		<-s.gone
		return 0, sftp.ErrSSHFxConnectionLost
	}
	switch write := board.Get().Write; {
	case write == "full" && board.Strikes():
		return 0, status("No space left on device")
	case write == "quota" && board.Strikes():
		return 0, status("Disk quota exceeded")
	case write == "short" && board.Strikes():
		_, err := u.file.WriteAt(data[:len(data)/2], offset)
		return len(data), err
	}
	room := s.room(len(data))
	if board.Get().PickUp == "eager" {
		half := len(data) / 2
		if _, err := u.file.WriteAt(data[:half], offset); err != nil {
			return 0, err
		}
		s.server.pickUp()
	}
	n, err := u.file.WriteAt(data[:room], offset)
	if room < len(data) && board.Strikes() {
		s.cut()
		return n, sftp.ErrSSHFxConnectionLost
	}
	if room < len(data) {
		n, err = u.file.WriteAt(data, offset)
	}
	return n, err
}

// room counts file data and returns how many of n bytes may still arrive.
func (s *session) room(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if limit := s.server.board.Get().DropAfterBytes; limit > 0 && s.written+n > limit {
		n = limit - s.written
		s.written = limit
		return n
	}
	s.written += n
	return n
}

// Close closes the file.
func (u *upload) Close() error {
	s := u.session
	at := s.server.tree.Closed(u.file)
	err := u.file.Close()
	if s.server.board.Get().Write == "vanish" && s.server.board.Strikes() {
		return errors.Join(err, wireError(s.server.tree.Root.Remove(at)))
	}
	s.named()
	return err
}
