package change

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// Said is one change as a person has typed it.
type Said struct {
	Key   string   // the person's value in the feed's key column
	Cells []string // NAME=VALUE each, or one - for lines of that form from stdin
	HR    bool     // the names are HR's fields and go through the mapping; else they are Coupa's columns
	By    string   // who says so; "" is not recorded
}

// FromStdin, as the only cell, means that the cells are lines of stdin: other users of the machine see a command line.
const FromStdin = "-"

const maxStdin = 1 << 20

// Feed returns the change as a feed of one record for a pipeline. stdin is read only for [FromStdin], and at most 1 MiB of
// it. Every error is one of usage (2), and none holds a value.
func (s Said) Feed(pipe *wiring.Pipeline, stdin io.Reader) (export.Feed, error) {
	if alike.Tidy(s.Key) == "" {
		return nil, export.Hint(exit.Usage("change: KEY is empty"), "give the person's value of the feed's field %q", pipe.Config.Feed.Key)
	}
	place := "argument"
	if slices.Equal(s.Cells, []string{FromStdin}) {
		lines, err := readLines(stdin)
		if err != nil {
			return nil, exit.Usage("change: read stdin: %w", err)
		}
		s.Cells, place = lines, "line"
	}
	cells, err := s.parse(pipe, place)
	if err != nil {
		return nil, err
	}
	if len(cells) == 0 {
		return nil, export.Hint(exit.Usage("change: it says no value"), "give at least one %s", s.form())
	}
	return newOne(pipe, s, cells), nil
}

// form is how a cell is written.
func (s Said) form() string {
	if s.HR {
		return "FIELD=VALUE"
	}
	return "COLUMN=VALUE"
}

func readLines(r io.Reader) (lines []string, err error) {
	in := bufio.NewScanner(io.LimitReader(r, maxStdin+1))
	in.Buffer(nil, maxStdin)
	size := 0
	for in.Scan() {
		if size += len(in.Bytes()) + 1; size > maxStdin {
			return nil, errors.New("it has more than 1 MiB")
		}
		lines = append(lines, in.Text())
	}
	return lines, in.Err()
}

// parse returns the values by name. place is what a cell is counted as in an error: a cell without = may be a value, and is
// not repeated.
func (s Said) parse(pipe *wiring.Pipeline, place string) (map[string]string, error) {
	cells := map[string]string{}
	for i, cell := range s.Cells {
		if place == "line" && strings.TrimSpace(cell) == "" {
			continue
		}
		name, value, ok := strings.Cut(cell, "=")
		if !ok {
			return nil, export.Hint(exit.Usage("change: %s %d has no =", place, i+1), "write it as %s, in quotes if it has blanks", s.form())
		}
		if _, twice := cells[name]; twice {
			return nil, exit.Usage("change: %q is given twice", name)
		}
		if !utf8.ValidString(cell) {
			return nil, exit.Usage("change: %s %d is not valid UTF-8", place, i+1)
		}
		if err := s.check(pipe, name, value); err != nil {
			return nil, err
		}
		cells[name] = value
	}
	if s.HR {
		return cells, nil
	}
	return cells, identified(pipe, cells)
}

// check returns why a cell cannot be part of the change, whoever the person is.
func (s Said) check(pipe *wiring.Pipeline, name, value string) error {
	if s.HR {
		return checkField(pipe, name, value)
	}
	if known := pipe.Mapping.Columns(); !slices.Contains(known, name) {
		return unmapped(name, known)
	}
	if name == export.ColumnID || name == pipe.Key && keyAlone(pipe, name) {
		return export.Hint(exit.Usage("change: %s says who the person is, and KEY does that", name), "leave it out; --hr with HR's fields can change it")
	}
	switch {
	case strings.TrimSpace(value) == "":
		return export.Hint(exit.Usage("change: %s has no value, and a blank changes nothing in Coupa", name), "to empty it in Coupa, write '%s=%s'", name, export.NullWord)
	case value != export.NullWord && strings.Contains(strings.ToUpper(value), export.NullWord):
		return export.Hint(exit.Usage("change: %s has %s and something else", name, export.NullWord), "write '%s=%s', or leave the word out", name, export.NullWord)
	}
	return nil
}

// unmapped returns the error for a column that the mapping does not fill. What plans, limits and the read-back know of a person
// are the mapping's columns.
func unmapped(name string, known []string) error {
	if near := alike.Nearest(name, known); near != "" {
		return export.Hint(exit.Usage("change: the mapping has no column %q", name), "did you mean %q? HR's own fields need --hr", near)
	}
	return export.Hint(exit.Usage("change: the mapping has no column %q, and only its columns can be changed", name), "use one of %s; or fill it in mapping.columns; HR's own fields need --hr", words.Few(known))
}

func checkField(pipe *wiring.Pipeline, name, value string) error {
	known := pipe.Mapping.Fields()
	switch {
	case name == pipe.Config.Feed.Key:
		return export.Hint(exit.Usage("change: the field %q says who the person is, and KEY does that", name), "leave it out")
	case !slices.Contains(known, name):
		err := exit.Usage("change: the mapping reads no field %q", name)
		if near := alike.Nearest(name, known); near != "" {
			return export.Hint(err, "did you mean %q? Coupa's columns go without --hr", near)
		}
		return export.Hint(err, "use one of %s; Coupa's columns go without --hr", words.Few(known))
	case strings.TrimSpace(value) == "":
		return export.Hint(exit.Usage("change: the field %q has no value, which says as much as leaving it out", name), "leave it out, or name Coupa's column without --hr")
	}
	return nil
}

// identified returns an error if nothing says which Coupa user is meant: the mapping makes the column that does from other
// fields than HR's key, and it is not given.
func identified(pipe *wiring.Pipeline, cells map[string]string) error {
	for _, column := range pipe.Mapping.Columns() {
		if _, given := cells[column]; decides(pipe, column) && (given || keyAlone(pipe, column)) {
			return nil
		}
	}
	return export.Hint(exit.Usage("change: the mapping does not make %s from %q alone, so KEY does not say which Coupa user it is", pipe.Key, pipe.Config.Feed.Key),
		"give '%s=…' too, or use --hr with the fields that it is made of", pipe.Key)
}
