package layout

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Line is one record of a Coupa file, the header or a data row.
type Line struct {
	Number int // physical line on which it begins, from 1; a value may hold line breaks
	Cells  []string
}

var errBrokenQuote = errors.New("a quoted field does not end, or text follows its end")

// Decode reads a part, or any other CSV with commas; the first record is the header. It calls take with each record
// until take returns false. Unlike encoding/csv it changes no byte of a value, not even a CR in a quoted one.
func Decode(data []byte, take func(Line) bool) error {
	data = bytes.TrimPrefix(data, []byte(bom))
	number := 1
	for len(data) > 0 {
		if n := lineEnd(data); n > 0 { // an empty line is no record
			data, number = data[n:], number+1
			continue
		}
		line := Line{Number: number}
		rest, err := line.read(data)
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		number += bytes.Count(data[:len(data)-len(rest)], []byte{'\n'})
		data = rest
		if !take(line) {
			return nil
		}
	}
	return nil
}

// read cuts one record off data and returns the rest.
func (l *Line) read(data []byte) ([]byte, error) {
	for {
		cell, rest, err := cutField(data)
		if err != nil {
			return nil, err
		}
		l.Cells = append(l.Cells, cell)
		if len(rest) > 0 && rest[0] == ',' {
			data = rest[1:]
			continue
		}
		return rest[lineEnd(rest):], nil
	}
}

// cutField cuts the first field off data; the rest begins with a comma or a line end, or is empty.
func cutField(data []byte) (string, []byte, error) {
	if len(data) == 0 || data[0] != '"' {
		n := bytes.IndexAny(data, ",\n")
		if n < 0 {
			return string(data), nil, nil
		}
		if data[n] == '\n' && n > 0 && data[n-1] == '\r' {
			n--
		}
		return string(data[:n]), data[n:], nil
	}
	var cell strings.Builder
	for data = data[1:]; ; data = data[1:] {
		n := bytes.IndexByte(data, '"')
		if n < 0 {
			return "", nil, errBrokenQuote
		}
		cell.Write(data[:n])
		if data = data[n+1:]; len(data) == 0 || data[0] != '"' {
			break
		}
		cell.WriteByte('"')
	}
	if len(data) > 0 && data[0] != ',' && lineEnd(data) == 0 {
		return "", nil, errBrokenQuote
	}
	return cell.String(), data, nil
}

// lineEnd returns how many bytes the line end at the beginning of data takes, 0 for none.
func lineEnd(data []byte) int {
	switch {
	case bytes.HasPrefix(data, []byte("\n")):
		return 1
	case bytes.HasPrefix(data, []byte("\r\n")):
		return 2
	}
	return 0
}
