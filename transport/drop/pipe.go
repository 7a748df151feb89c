package drop

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/export"
)

// pipe is the channel below SFTP. It passes on whole SFTP packets: pkg/sftp writes header and data separately, and each
// would travel in an SSH packet of its own. It reports when a file's last write, its close and its rename are on their
// way, since pkg/sftp only reports the answers. It also reports what comes from the server, so that a hung server is
// noticed.
type pipe struct {
	ssh.Channel
	packet []byte        // the part of a packet that has come so far
	under  chan struct{} // signals that a close or rename is under way; room for one

	heard func(bytes, names int) // called with what comes from the server
	in    answers

	handle []byte        // the file of the latest write, as in packets: with its length before it
	left   int           // bytes of the expected file that are not sent
	sent   chan struct{} // closed when none are left
}

// These are the offsets in a packet: length, type, number, then the name or handle with its length before it.
const (
	fxpClose   = 4
	fxpWrite   = 6
	fxpSetstat = 9
	fxpRename  = 18
	fxpName    = 104

	typeAt   = 4
	numberAt = 5
	fileAt   = 9
	countAt  = 9 // number of names, in an answer
)

// closeName in a setstat request means: close the file of the latest write. No file can have that name, so the request
// would do nothing if it were ever sent.
const closeName = "\x00close"

func newPipe(channel ssh.Channel, heard func(bytes, names int)) *pipe {
	return &pipe{Channel: channel, under: make(chan struct{}, 1), heard: heard}
}

// Read passes on what the server sends, and reports it.
func (p *pipe) Read(b []byte) (int, error) {
	n, err := p.Channel.Read(b)
	if n > 0 {
		p.heard(n, p.in.names(b[:n]))
	}
	return n, err
}

// answers follows the packets in the server's stream.
type answers struct {
	head [countAt + 4]byte // the beginning of a packet
	have int               // bytes of it that have come
	left int               // bytes of the packet after it
}

// names returns how many names are announced by the packets with a header that ends in b.
func (a *answers) names(b []byte) (names int) {
	for len(b) > 0 {
		if a.have == 0 && a.left > 0 {
			n := min(a.left, len(b))
			a.left -= n
			b = b[n:]
			continue
		}
		n := copy(a.head[a.have:a.wants()], b)
		a.have += n
		b = b[n:]
		if a.have < typeAt || a.have < a.wants() {
			continue
		}
		if a.head[typeAt] == fxpName && a.have == len(a.head) {
			names += int(binary.BigEndian.Uint32(a.head[countAt:]))
		}
		a.left = typeAt + int(binary.BigEndian.Uint32(a.head[:])) - a.have
		a.have = 0
	}
	return names
}

// wants returns how many bytes the header of this packet has: without a count it is shorter.
func (a *answers) wants() int {
	if a.have < typeAt {
		return typeAt
	}
	return min(len(a.head), typeAt+int(binary.BigEndian.Uint32(a.head[:])))
}

// expect returns a channel that is closed when the next file written, of size bytes, is on its way.
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
	if p.packet[typeAt] == fxpSetstat && bytes.HasSuffix(lengthAndData(p.packet[fileAt:]), []byte(closeName)) {
		p.toClose()
	}
	_, err := p.Channel.Write(p.packet)
	switch p.packet[typeAt] {
	case fxpWrite:
		p.wrote(p.packet[fileAt:])
	case fxpClose, fxpRename:
		select {
		case p.under <- struct{}{}:
		default:
		}
	}
	p.packet = p.packet[:0]
	return len(b), err
}

// lengthAndData returns the name, handle or data at the beginning of b, with the length before it.
func lengthAndData(b []byte) []byte { return b[:4+binary.BigEndian.Uint32(b)] }

// wrote notes a write: handle, offset, data.
func (p *pipe) wrote(b []byte) {
	p.handle = append(p.handle[:0], lengthAndData(b)...)
	if p.left == 0 {
		return
	}
	p.left -= len(lengthAndData(b[len(p.handle)+8:])) - 4
	if p.left == 0 {
		close(p.sent)
	}
}

// toClose turns the packet into a close.
func (p *pipe) toClose() {
	p.packet = append(p.packet[:fileAt], p.handle...)
	p.packet[typeAt] = fxpClose
	binary.BigEndian.PutUint32(p.packet, uint32(len(p.packet)-typeAt))
}

// send starts a request that closes or renames a file and returns when it is under way; the channel gets the answer.
func (p *pipe) send(request func() error) <-chan error {
	select {
	case <-p.under: // signal of an earlier request
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
	case <-p.under:
	case <-done: // the request could not be sent
	}
	return answer
}
