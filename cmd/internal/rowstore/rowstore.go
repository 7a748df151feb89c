package rowstore

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// fewRows is how many rows a rowStore keeps in memory.
const fewRows = 10_000

// Store takes the rows of a plan that go into no part and gives them back by origin. A feed may consist of nothing
// else: beyond a few they lie in a temporary file of this user alone, and memory holds only where.
type Store struct {
	few    []export.RowResult
	file   *os.File // nil while they are few
	w      *bufio.Writer
	size   int64
	places []rowPlace
	feeds  []string // the feed files' names
	err    error    // why rows could not be read back; told by close
}

type rowPlace struct {
	at         int64
	feed, line int32
}

// Add takes a row; beyond fewRows all go into a temporary file.
func (s *Store) Add(r export.RowResult) error {
	if s.file == nil && len(s.few) < fewRows {
		s.few = append(s.few, r)
		return nil
	}
	if err := s.spill(r); err != nil {
		return fmt.Errorf("store a row for the printout: %w", err)
	}
	return nil
}

func (s *Store) spill(r export.RowResult) error {
	if s.file == nil {
		if err := s.open(); err != nil {
			return err
		}
		for _, r := range s.few {
			if err := s.write(r); err != nil {
				return err
			}
		}
		s.few = nil
	}
	return s.write(r)
}

func (s *Store) open() (err error) {
	if s.file, err = os.CreateTemp("", "hr2coupa-rows-*"); err != nil {
		return err
	}
	os.Remove(s.file.Name()) // it goes with the process; where an open file cannot be removed, close does it
	s.w = bufio.NewWriterSize(s.file, 256<<10)
	return nil
}

func (s *Store) write(r export.RowResult) error {
	feed := slices.Index(s.feeds, r.Origin.File)
	if feed < 0 {
		feed = len(s.feeds)
		s.feeds = append(s.feeds, r.Origin.File)
	}
	b := append(s.w.AvailableBuffer(), 0, 0, 0, 0) // the size
	b = binary.AppendUvarint(b, uint64(r.Lines))
	for _, text := range []string{r.Key, string(r.Outcome), r.Reason} {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	s.places = append(s.places, rowPlace{s.size, int32(feed), int32(r.Origin.Line)})
	s.size += int64(len(b))
	_, err := s.w.Write(b)
	return err
}

// All gives every row by origin: what is printed of it. An error ends it and comes out of close.
func (s *Store) All() iter.Seq[export.RowResult] {
	if s.file == nil {
		slices.SortStableFunc(s.few, func(a, b export.RowResult) int {
			return cmp.Or(strings.Compare(a.Origin.File, b.Origin.File), cmp.Compare(a.Origin.Line, b.Origin.Line))
		})
		return slices.Values(s.few)
	}
	return func(yield func(export.RowResult) bool) {
		if err := s.read(yield); err != nil {
			s.err = errors.Join(s.err, fmt.Errorf("read a row back: %w", err))
		}
	}
}

func (s *Store) read(yield func(export.RowResult) bool) error {
	if err := s.w.Flush(); err != nil {
		return err
	}
	slices.SortStableFunc(s.places, func(a, b rowPlace) int {
		return cmp.Or(strings.Compare(s.feeds[a.feed], s.feeds[b.feed]), cmp.Compare(a.line, b.line))
	})
	in, next := bufio.NewReaderSize(nil, 256<<10), int64(-1)
	var b []byte
	var r export.RowResult
	for _, p := range s.places {
		if p.at != next { // rows lie by origin but for a few
			in.Reset(io.NewSectionReader(s.file, p.at, s.size-p.at))
		}
		size, err := in.Peek(4)
		if err != nil {
			return err
		}
		n := int(binary.LittleEndian.Uint32(size))
		next = p.at + int64(n)
		b = slices.Grow(b[:0], n)[:n]
		if _, err := io.ReadFull(in, b); err != nil {
			return err
		}
		r = readRow(b[4:], r)
		r.Origin = export.Origin{File: s.feeds[p.feed], Line: int(p.line)}
		if !yield(r) {
			return nil
		}
	}
	return nil
}

// Close removes the file and tells whether all that was asked for could be read.
func (s *Store) Close() error {
	err := s.err
	if s.file != nil {
		s.file.Close() // it goes anyway
		os.Remove(s.file.Name())
	}
	*s = Store{}
	return err
}

// readRow reads what write has written. Rows of a broken feed are broken alike: a text that the row before had is taken
// from there.
func readRow(b []byte, before export.RowResult) (r export.RowResult) {
	number := func() int {
		n, size := binary.Uvarint(b)
		b = b[size:]
		return int(n)
	}
	text := func(before string) string {
		n := number()
		t := b[:n]
		b = b[n:]
		if string(t) == before {
			return before
		}
		return string(t)
	}
	r.Lines = number()
	r.Key = text(before.Key)
	r.Outcome = export.Outcome(text(string(before.Outcome)))
	r.Reason = text(before.Reason)
	return r
}
