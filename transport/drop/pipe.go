package drop

import (
	"encoding/binary"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// pipe is the channel below SFTP. It hands on whole SFTP packets, of which pkg/sftp writes the head and the data apart:
// each would travel as an SSH packet of its own. And it tells when a close request is on its way, since pkg/sftp only
// tells of its answer.
type pipe struct {
	ssh.Channel
	packet  []byte        // the part of a packet that came so far
	closing chan struct{} // room for one
}

func newPipe(channel ssh.Channel) *pipe {
	return &pipe{Channel: channel, closing: make(chan struct{}, 1)}
}

// Write takes bytes of one packet; pkg/sftp writes one packet after another.
func (p *pipe) Write(b []byte) (int, error) {
	const head, fxpClose = 4, 4 // a packet is its length, its type, and the rest
	p.packet = append(p.packet, b...)
	if len(p.packet) <= head || len(p.packet) < head+int(binary.BigEndian.Uint32(p.packet)) {
		return len(b), nil
	}
	_, err := p.Channel.Write(p.packet)
	if p.packet[head] == fxpClose {
		select {
		case p.closing <- struct{}{}:
		default:
		}
	}
	p.packet = p.packet[:0]
	return len(b), err
}

// sendClose closes a file and returns when the request is sent; the channel gets the answer.
func (p *pipe) sendClose(f *sftp.File) <-chan error {
	select {
	case <-p.closing: // of an earlier file
	default:
	}
	answer := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		answer <- f.Close()
	}()
	select {
	case <-p.closing:
	case <-done: // it could not be sent
	}
	return answer
}
