package drop

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/export"
)

// pipe is the channel below SFTP. It hands on whole SFTP packets, of which pkg/sftp writes the head and the data apart:
// each would travel as an SSH packet of its own. And it tells when a file's last write and its close are on their way,
// since pkg/sftp only tells of the answers.
type pipe struct {
	ssh.Channel
	packet  []byte        // the part of a packet that came so far
	closing chan struct{} // a close is sent; room for one

	handle []byte        // the file of the latest write, as it stands in packets: with its length before it
	left   int           // bytes of the expected file that are not sent
	sent   chan struct{} // closed when there are none left
}

// What the pipe knows of packets: their length, type, number, and then the name or handle with its length before it.
const (
	fxpClose   = 4
	fxpWrite   = 6
	fxpSetstat = 9

	typeAt   = 4
	numberAt = 5
	fileAt   = 9
)

// closeName in a setstat request means: close the file of the latest write. No file can have that name; were the request
// ever to get out, it would do nothing.
const closeName = "\x00close"

func newPipe(channel ssh.Channel) *pipe {
	return &pipe{Channel: channel, closing: make(chan struct{}, 1)}
}

// expect gives a channel that tells when a file of so many bytes, the next one written, is on its way.
func (p *pipe) expect(size int) <-chan struct{} {
	p.left, p.sent = size, make(chan struct{})
	return p.sent
}

// Write takes bytes of one packet; pkg/sftp writes one packet after another.
func (p *pipe) Write(b []byte) (int, error) {
	p.packet = append(p.packet, b...)
	if len(p.packet) <= typeAt || len(p.packet) < typeAt+int(binary.BigEndian.Uint32(p.packet)) {
		return len(b), nil
	}
	if p.packet[typeAt] == fxpSetstat && bytes.HasSuffix(text(p.packet[fileAt:]), []byte(closeName)) {
		p.toClose()
	}
	_, err := p.Channel.Write(p.packet)
	switch p.packet[typeAt] {
	case fxpWrite:
		p.wrote(p.packet[fileAt:])
	case fxpClose:
		select {
		case p.closing <- struct{}{}:
		default:
		}
	}
	p.packet = p.packet[:0]
	return len(b), err
}

// text is the name, handle or data at the beginning of b, and the length before it.
func text(b []byte) []byte { return b[:4+binary.BigEndian.Uint32(b)] }

// wrote takes note of a write: handle, offset, data.
func (p *pipe) wrote(b []byte) {
	p.handle = append(p.handle[:0], text(b)...)
	if p.left == 0 {
		return
	}
	p.left -= len(text(b[len(p.handle)+8:])) - 4
	if p.left == 0 {
		close(p.sent)
	}
}

// toClose makes the packet a close.
func (p *pipe) toClose() {
	p.packet = append(p.packet[:fileAt], p.handle...)
	p.packet[typeAt] = fxpClose
	binary.BigEndian.PutUint32(p.packet, uint32(len(p.packet)-typeAt))
}

// sendClose starts a request that closes a file and returns when the close is sent; the channel gets the answer.
func (p *pipe) sendClose(request func() error) <-chan error {
	select {
	case <-p.closing: // of an earlier file
	default:
	}
	answer := make(chan error, 1)
	done := make(chan struct{})
	export.Async(func() error {
		defer close(done)
		answer <- export.Guard(request)
		return nil
	})
	select {
	case <-p.closing:
	case <-done: // it could not be sent
	}
	return answer
}
