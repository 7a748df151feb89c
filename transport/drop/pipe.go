package drop

import (
	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// pipe is the channel below SFTP. pkg/sftp's Close waits for the answer; the pipe tells when the request is on its way,
// so that what is asked next comes behind it.
type pipe struct {
	ssh.Channel
	closing chan struct{} // room for one
}

func newPipe(channel ssh.Channel) *pipe { return &pipe{channel, make(chan struct{}, 1)} }

func (p *pipe) Write(b []byte) (int, error) {
	n, err := p.Channel.Write(b)
	const length, fxpClose = 4, 4 // a packet begins with its length, then its type
	if len(b) > length && b[length] == fxpClose {
		select {
		case p.closing <- struct{}{}:
		default:
		}
	}
	return n, err
}

// sendClose closes a file all of whose writes are answered, and returns when the request was sent; the channel gets the
// answer.
func (p *pipe) sendClose(f *sftp.File) <-chan error {
	select {
	case <-p.closing: // bytes of a file that looked like a close
	default:
	}
	done := make(chan error, 1)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		done <- f.Close()
	}()
	select {
	case <-p.closing:
	case <-sent:
	}
	return done
}
