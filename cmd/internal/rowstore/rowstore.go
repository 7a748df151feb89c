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

// fewRows is how many rows a Store keeps in memory.
const fewRows = 10_000

// Store takes the rows of a plan that go into no part and returns them by origin. A whole feed may consist of such rows:
// beyond a few they are in a temporary file that only this user may read, and memory holds their places.
type Store struct {
	few    []export.RowResult
	file   *os.File // nil while they are few
	w      *bufio.Writer
	size   int64
	places []rowPlace
	feeds  []string // the feed files' names
	err    error    // why rows could not be read back; Close returns it
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
	os.Remove(s.file.Name()) // the file goes with the process; if an open file cannot be removed, Close does it
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
	b = appendText(b, r.Key)
	b = appendText(b, string(r.Outcome))
	b = binary.AppendUvarint(b, uint64(len(r.Faults)))
	for _, f := range r.Faults {
		b = binary.AppendUvarint(b, uint64(f.Origin.Line))
		for _, text := range []string{f.Origin.File, f.Field, f.Rule, f.Message, f.Owner, f.Value} {
			b = appendText(b, text)
		}
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	s.places = append(s.places, rowPlace{s.size, int32(feed), int32(r.Origin.Line)})
	s.size += int64(len(b))
	_, err := s.w.Write(b)
	return err
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// Empty reports whether no row was taken.
func (s *Store) Empty() bool { return len(s.few) == 0 && s.file == nil }

// All returns every row by origin. An error ends it, and Close returns that error.
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
	var rows rowReader
	for _, p := range s.places {
		if p.at != next { // nearly all rows are stored by origin
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
		r := rows.row(b[4:])
		r.Origin = export.Origin{File: s.feeds[p.feed], Line: int(p.line)}
		if !yield(r) {
			return nil
		}
	}
	return nil
}

// Close removes the file and returns an error if not all rows that were asked for could be read.
func (s *Store) Close() error {
	err := s.err
	if s.file != nil {
		s.file.Close() // it is removed anyway
		os.Remove(s.file.Name())
	}
	*s = Store{}
	return err
}

// rowReader reads what Add has written. Neighbouring rows of a broken feed are broken alike, so what the row before had is
// taken from there.
type rowReader struct {
	b      []byte // what is left of the row
	before export.RowResult
	faults export.Faults // room for those of one row
}

func (in *rowReader) row(b []byte) export.RowResult {
	in.b = b
	r := export.RowResult{Lines: in.number()}
	r.Key = in.text(in.before.Key)
	r.Outcome = export.Outcome(in.text(string(in.before.Outcome)))
	r.Faults = in.list()
	in.before = r
	return r
}

func (in *rowReader) number() int {
	n, size := binary.Uvarint(in.b)
	in.b = in.b[size:]
	return int(n)
}

func (in *rowReader) text(before string) string {
	n := in.number()
	t := in.b[:n]
	in.b = in.b[n:]
	if string(t) == before {
		return before
	}
	return string(t)
}

func (in *rowReader) list() export.Faults {
	in.faults = in.faults[:0]
	for i := range in.number() {
		var before export.Fault
		if i < len(in.before.Faults) {
			before = in.before.Faults[i]
		}
		in.faults = append(in.faults, in.fault(before))
	}
	if slices.Equal(in.faults, in.before.Faults) {
		return in.before.Faults
	}
	return slices.Clone(in.faults)
}

func (in *rowReader) fault(before export.Fault) (f export.Fault) {
	f.Origin.Line = in.number()
	f.Origin.File = in.text(before.Origin.File)
	f.Field, f.Rule = in.text(before.Field), in.text(before.Rule)
	f.Message, f.Owner, f.Value = in.text(before.Message), in.text(before.Owner), in.text(before.Value)
	return f
}
