package drop

import (
	"bytes"
	"encoding/binary"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// tap sits before an SFTP server. It delays the answers to writes until a close comes, and counts the closes that come
// while writes have no answer. It can also make such a close look as if it had overtaken those writes.
type tap struct {
	ssh.Channel
	hold     int  // number of closes that the answers wait for
	overtake bool // a write is refused where a close came before its answer

	mu        sync.Mutex
	in, out   splitter
	open      map[uint32]bool // numbers of writes without an answer
	held      [][]byte
	ahead     int // closes that came while writes were open
	refuse    map[uint32]bool
	submitted int // all closes
}

func (p *tap) on(channel ssh.Channel) *tap {
	p.Channel, p.open, p.refuse = channel, map[uint32]bool{}, map[uint32]bool{}
	return p
}

func (p *tap) Read(b []byte) (int, error) {
	n, err := p.Channel.Read(b)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, packet := range p.in.split(b[:n]) {
		p.request(packet[typeAt], packet[numberAt:])
	}
	return n, err
}

func (p *tap) request(kind byte, rest []byte) {
	switch kind {
	case fxpWrite:
		p.open[binary.BigEndian.Uint32(rest)] = true
	case fxpClose:
		p.submitted++
		if len(p.open) > 0 {
			p.ahead++
			if p.overtake {
				p.refuse = maps.Clone(p.open)
			}
		}
		for _, packet := range p.held {
			p.answer(packet)
		}
		p.held = nil
	}
}

func (p *tap) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, packet := range p.out.split(b) {
		if p.open[binary.BigEndian.Uint32(packet[numberAt:])] && p.submitted < p.hold {
			p.held = append(p.held, packet)
			continue
		}
		p.answer(packet)
	}
	return len(b), nil
}

func (p *tap) answer(packet []byte) {
	const fxFailure = 4
	id := binary.BigEndian.Uint32(packet[numberAt:])
	if p.refuse[id] {
		binary.BigEndian.PutUint32(packet[fileAt:], fxFailure) // of a status
	}
	delete(p.open, id)
	p.Channel.Write(packet)
}

// splitter cuts a stream of bytes into packets.
type splitter struct{ rest []byte }

func (s *splitter) split(b []byte) (packets [][]byte) {
	s.rest = append(s.rest, b...)
	for len(s.rest) >= fileAt {
		n := typeAt + int(binary.BigEndian.Uint32(s.rest))
		if len(s.rest) < n {
			break
		}
		packets = append(packets, bytes.Clone(s.rest[:n]))
		s.rest = s.rest[n:]
	}
	return packets
}

// some returns a file of several packets that are all in flight at once.
func some() []byte { return content()[:4*packet+1] }

// TestCloseComesBehindTheWrites: a server that answers no write before it has seen the close must not wait forever for
// the client.
func TestCloseComesBehindTheWrites(t *testing.T) {
	srv := &server{tap: &tap{hold: 1}}
	s := dial(t, srv.start(t))
	if err := s.Stage(t.Context(), part, some()); err != nil {
		t.Fatal(err)
	}
	wantBytes(t, s.Temp(part), some())
	if srv.tap.ahead != 1 {
		t.Errorf("%d closes came ahead of the answers to writes, want 1", srv.tap.ahead)
	}
}

// TestCloseThatOvertakesWrites: a server that lets a close overtake the writes refuses them. It gets the file again,
// and from then on no early close.
func TestCloseThatOvertakesWrites(t *testing.T) {
	srv := &server{tap: &tap{hold: 1, overtake: true}}
	s := dial(t, srv.start(t))
	for range 20 {
		if err := s.Stage(t.Context(), part, some()); err != nil {
			t.Fatal(err)
		}
		wantBytes(t, s.Temp(part), some())
	}
	if srv.tap.ahead != 1 || srv.tap.submitted != 21 {
		t.Errorf("%d of %d closes came ahead of the answers to writes, want 1 of 21", srv.tap.ahead, srv.tap.submitted)
	}
}

// TestDirectWriteClosesLast: Coupa may take a final name as soon as it exists, so it is never written twice, and its
// close waits for the writes.
func TestDirectWriteClosesLast(t *testing.T) {
	srv := &server{tap: &tap{overtake: true}}
	c := srv.start(t)
	s := dial(t, c)
	for range 20 {
		if err := s.Write(t.Context(), part, some()); err != nil {
			t.Fatal(err)
		}
	}
	wantBytes(t, filepath.Join(c.Folder, part), some())
	if srv.tap.ahead != 0 || srv.tap.submitted != 20 {
		t.Errorf("%d of %d closes came ahead of the answers to writes, want 0 of 20", srv.tap.ahead, srv.tap.submitted)
	}
}

func wantBytes(t *testing.T, file string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes (%v), want the %d that were written", file, len(got), err, len(want))
	}
}
