package rowstore

import (
	"encoding/binary"
	"fmt"
)

// windowSize is how many bytes of a Pile are read at once: records lie side by side, and are small.
const windowSize = 32 << 10

// Pile keeps records, each of which can be read by its place. Many are in a temporary file that only this user may read, and
// that disappears with the process. The zero value is empty. One goroutine uses it.
type Pile struct {
	text   Scratch
	size   int64
	window []byte
	from   int64 // where window begins
}

// Add stores a record and returns its place.
func (p *Pile) Add(record []byte) (place int64, err error) {
	var head [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(head[:], uint64(len(record)))
	place = p.size
	for _, b := range [][]byte{head[:n], record} {
		if _, err := p.text.Write(b); err != nil {
			return 0, err
		}
		p.size += int64(len(b))
	}
	p.window = nil
	return place, nil
}

// Read returns the record at a place, in the memory of into if that is large enough.
func (p *Pile) Read(place int64, into []byte) ([]byte, error) {
	head, err := p.at(place, binary.MaxVarintLen64)
	if err != nil {
		return nil, err
	}
	size, n := binary.Uvarint(head)
	if n <= 0 || place+int64(n)+int64(size) > p.size {
		return nil, fmt.Errorf("read a record back: none begins at %d", place)
	}
	b, err := p.at(place+int64(n), int(size))
	if err != nil {
		return nil, err
	}
	return append(into[:0], b[:size]...), nil
}

// at returns at least n bytes from a place, or those that there are.
func (p *Pile) at(place int64, n int) ([]byte, error) {
	n = int(min(int64(n), p.size-place))
	if p.text.file == nil {
		return p.text.little[place:], nil
	}
	if end := p.from + int64(len(p.window)); place < p.from || place+int64(n) > end {
		if err := p.text.w.Flush(); err != nil {
			return nil, fmt.Errorf("read a record back: %w", err)
		}
		size := int(min(int64(max(n, windowSize)), p.size-place))
		if cap(p.window) < size {
			p.window = make([]byte, size)
		}
		p.window, p.from = p.window[:size], place
		if _, err := p.text.file.ReadAt(p.window, place); err != nil {
			p.window = nil
			return nil, fmt.Errorf("read a record back: %w", err)
		}
	}
	return p.window[place-p.from:], nil
}

// Close removes what was stored.
func (p *Pile) Close() {
	p.text.Close()
	*p = Pile{}
}
