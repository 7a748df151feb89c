package export

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// fewRows is how many rows a RowList holds in memory.
const fewRows = 10_000

// RowList holds the rows of a report in the order in which they were added. There may be as many as a feed has: beyond
// the first few they are in a private temporary file, and memory does not grow with them. The zero value is empty. It
// must not be copied once rows were added.
type RowList struct {
	few   []RowResult
	n     int
	spill *spill // nil while there are few
	err   error  // why rows could not be read back; Err returns it
}

// spill is the temporary file of a long list. It has no name any more and disappears with the process.
type spill struct {
	file *os.File
	w    *bufio.Writer
	e    *gob.Encoder
	mark string // marks in JSON the place of the rows
}

// ListRows returns a list of these rows.
func ListRows(rows ...RowResult) RowList { return RowList{few: rows, n: len(rows)} }

// Add appends a row. An error means that the temporary file could not be written.
func (l *RowList) Add(r RowResult) error {
	l.n++
	if l.spill == nil && l.n <= fewRows {
		l.few = append(l.few, r)
		return nil
	}
	if err := l.aside(r); err != nil {
		return Hint(fmt.Errorf("write rows of the report to %s: %w", os.TempDir(), err), "set TMPDIR to a folder with more room")
	}
	return nil
}

func (l *RowList) aside(r RowResult) error {
	if l.spill == nil {
		f, err := os.CreateTemp("", "hr2coupa-rows-*")
		if err != nil {
			return err
		}
		os.Remove(f.Name()) // where an open file cannot be removed, it stays behind
		w := bufio.NewWriterSize(f, 256<<10)
		l.spill = &spill{file: f, w: w, e: gob.NewEncoder(w), mark: "hr2coupa-rows-" + rand.Text()}
	}
	return l.spill.e.Encode(&r)
}

// Len returns how many rows there are.
func (l *RowList) Len() int { return l.n }

// First returns the first row; the list must not be empty.
func (l *RowList) First() RowResult { return l.few[0] }

// All returns an iterator over every row, in the order in which they were added. An error ends it; Err returns it.
func (l *RowList) All() iter.Seq[RowResult] {
	return func(yield func(RowResult) bool) {
		for _, r := range l.few {
			if !yield(r) {
				return
			}
		}
		if l.spill == nil {
			return
		}
		if err := l.spill.each(yield); err != nil {
			l.err = errors.Join(l.err, fmt.Errorf("read rows of the report back: %w", err))
		}
	}
}

// Err returns why All ended early, if it did.
func (l *RowList) Err() error { return l.err }

func (s *spill) each(yield func(RowResult) bool) error {
	if err := s.w.Flush(); err != nil {
		return err
	}
	d := gob.NewDecoder(bufio.NewReaderSize(io.NewSectionReader(s.file, 0, 1<<62), 256<<10))
	for {
		var r RowResult
		switch err := d.Decode(&r); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if !yield(r) {
			return nil
		}
	}
}

// MarshalJSON returns a list that is in memory. For a longer one it returns a mark in place of the rows, which
// WriteJSON replaces.
func (l RowList) MarshalJSON() ([]byte, error) {
	switch {
	case l.spill != nil:
		return json.Marshal([]string{l.spill.mark})
	case l.few == nil:
		return []byte("[]"), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(l.few)
	return b.Bytes(), err
}

// WriteJSON writes v, indented, with the rows of lists in it, each once and one row at a time.
func WriteJSON(w io.Writer, v any, lists ...*RowList) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	rest := b.Bytes()
	for {
		at, list := nextMark(rest, lists)
		if list == nil {
			break
		}
		line := bytes.LastIndexByte(rest[:at], '\n') + 1
		out.Write(rest[:line]) // Flush returns the error of any write
		if err := list.writeJSON(out, string(rest[line:at])); err != nil {
			return err
		}
		_, rest, _ = bytes.Cut(rest[at:], []byte("\n"))
	}
	out.Write(rest)
	return out.Flush()
}

// nextMark returns the position of the next mark in data, and its list.
func nextMark(data []byte, lists []*RowList) (at int, next *RowList) {
	for _, l := range lists {
		if l.spill == nil {
			continue
		}
		if i := bytes.Index(data, []byte(`"`+l.spill.mark+`"`)); i >= 0 && (next == nil || i < at) {
			at, next = i, l
		}
	}
	return at, next
}

func (l *RowList) writeJSON(w *bufio.Writer, indent string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent(indent, "  ")
	n := 0
	for r := range l.All() {
		b.Reset()
		if err := e.Encode(r); err != nil {
			return err
		}
		w.WriteString(indent)
		w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
		if n++; n < l.n {
			w.WriteByte(',')
		}
		w.WriteByte('\n')
	}
	return l.err
}

// RowLists returns the row lists of a report and of the runs that it resumed.
func (rep *Report) RowLists() []*RowList {
	out := []*RowList{&rep.Rows}
	for _, r := range rep.Resumed {
		out = append(out, r.RowLists()...)
	}
	return out
}
