package rowstore

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/hr2coupa/hr2coupa/export"
)

// littleText is how many bytes a Scratch keeps in memory.
const littleText = 1 << 20

// Scratch is a text that is written once and then read, as often as it is wanted. A long one is in a temporary file that only
// this user may read, and that disappears with the process. The zero value is empty. One goroutine uses it.
type Scratch struct {
	little []byte
	file   *os.File // nil while it is little
	w      *bufio.Writer
	size   int64
}

// Write appends to the text.
func (s *Scratch) Write(b []byte) (int, error) {
	if s.file == nil && len(s.little)+len(b) <= littleText {
		s.little = append(s.little, b...)
		return len(b), nil
	}
	n, err := s.spill(b)
	if err != nil {
		return n, export.Hint(fmt.Errorf("write to a temporary file in %s: %w", os.TempDir(), err), "set TMPDIR to a folder with more room")
	}
	return n, nil
}

func (s *Scratch) spill(b []byte) (int, error) {
	if s.file == nil {
		f, err := os.CreateTemp("", "hr2coupa-rows-*")
		if err != nil {
			return 0, err
		}
		os.Remove(f.Name()) // if an open file cannot be removed, Close does it
		s.file, s.w = f, bufio.NewWriterSize(f, 256<<10)
		if _, err := s.w.Write(s.little); err != nil {
			return 0, err
		}
		s.size, s.little = int64(len(s.little)), nil
	}
	n, err := s.w.Write(b)
	s.size += int64(n)
	return n, err
}

// Reader returns a reader of the whole text. Nothing is written while it is used.
func (s *Scratch) Reader() (io.Reader, error) {
	if s.file == nil {
		return bytes.NewReader(s.little), nil
	}
	if err := s.w.Flush(); err != nil {
		return nil, err
	}
	return io.NewSectionReader(s.file, 0, s.size), nil
}

// Close removes what was written.
func (s *Scratch) Close() {
	if s.file != nil {
		s.file.Close() // it is removed anyway
		os.Remove(s.file.Name())
	}
	*s = Scratch{}
}
