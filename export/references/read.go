package references

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/export/alike"
)

// MaxSize bounds the bytes of a file with a list, MaxNames its names.
const (
	MaxSize   = 16 << 20
	MaxNames  = 200_000
	maxLength = 255 // characters of a name; no column of Coupa's that refers to something takes more
)

// Problem is what is wrong with a line of a file.
type Problem struct {
	Line          int // 0: of the whole file
	Message, Hint string
}

const columnHint = "name the column: {file: departments.csv, column: Name}"

// Read reads a list from the text of a file. With a column it is a CSV whose header has that column; without one each line is a
// name. It returns every problem that it finds, in the order of lines; the list is nil where there is one.
func Read(title string, text []byte, column string) (*List, []Problem) {
	c := &collector{}
	if column != "" {
		c.table(text, column)
	} else {
		c.lines(text)
	}
	if len(c.problems) == 0 && len(c.names) == 0 {
		c.add(0, "has no names", "an empty list would stop every row: fill the file, or take the list out of references")
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	return New(title, c.names), nil
}

// collector collects the names of a file, and what is wrong with it.
type collector struct {
	names    []string
	problems []Problem
	full     bool
}

func (c *collector) add(line int, message, hint string) {
	const most = 20 // of a file that is something else every line may be wrong
	if len(c.problems) < most {
		c.problems = append(c.problems, Problem{line, message, hint})
	}
}

// name takes the name of a line. Blank ones are no names.
func (c *collector) name(line int, name string) {
	switch name = strings.TrimSpace(name); {
	case name == "" || c.full:
	case len(c.names) == MaxNames:
		c.full = true
		c.add(line, fmt.Sprintf("there are more than %d names", MaxNames), "")
	case strings.ContainsFunc(name, unicode.IsControl):
		c.add(line, "has a control character", "")
	case utf8.RuneCountInString(name) > maxLength:
		c.add(line, fmt.Sprintf("is longer than %d characters", maxLength), "is the file a list of names, one in a line?")
	default:
		c.names = append(c.names, name)
	}
}

// lines takes a name from each line. A name in quotes stands without them.
func (c *collector) lines(text []byte) {
	fields := c.fields(text)
	if fields > 1 {
		c.add(1, fmt.Sprintf("every line has %d fields, and references names no column of it", fields), columnHint)
		return
	}
	at := 0
	for line := range bytes.Lines(text) {
		at++
		name := strings.TrimSpace(string(line))
		if len(name) >= 2 && name[0] == '"' && name[len(name)-1] == '"' {
			name = strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
		}
		c.name(at, name)
	}
}

// fields returns how many fields every line of a table has, 0 or 1 where the text does not look like one.
func (c *collector) fields(text []byte) int {
	r := reader(text)
	header, err := r.Read()
	if err != nil || len(header) == 1 {
		return len(header)
	}
	n := len(header)
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil || len(fields) != n {
			return 0
		}
	}
}

// table takes a name from the column of each line.
func (c *collector) table(text []byte, column string) {
	r := reader(text)
	header, err := r.Read()
	switch {
	case errors.Is(err, io.EOF):
		return
	case err != nil:
		c.broken(err)
		return
	}
	header = slices.Clone(header)
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	at := slices.Index(header, column)
	if at < 0 {
		hint := "it has " + strings.Join(header[:min(len(header), 20)], ", ")
		if near := alike.Nearest(column, header); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		c.add(1, fmt.Sprintf("the header has no column %q", column), hint)
		return
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			c.broken(err)
			return
		}
		line, _ := r.FieldPos(0)
		if len(fields) != len(header) {
			c.add(line, fmt.Sprintf("has %d fields, the header has %d", len(fields), len(header)), "quote values that hold a comma")
			continue
		}
		c.name(line, fields[at])
	}
}

func (c *collector) broken(err error) {
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		c.add(wrong.StartLine, wrong.Err.Error(), "quote values that hold a comma or a quote, and double the quotes inside")
		return
	}
	c.add(0, err.Error(), "")
}

// reader reads a CSV that is separated by commas or, where its first line has more of them, by semicolons or tabs.
func reader(text []byte) *csv.Reader {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	for _, mark := range []rune{';', '\t'} {
		if bytes.Count(first, []byte(string(mark))) > bytes.Count(first, []byte(string(r.Comma))) {
			r.Comma = mark
		}
	}
	return r
}
