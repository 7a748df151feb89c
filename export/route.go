package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Route is the way by which a part reaches Coupa. A row is never split between two routes.
type Route string

const (
	ByCSV Route = ""    // a file, dropped over SFTP and loaded by Coupa
	ByAPI Route = "api" // a call or two for each row
)

// A part of the API route is JSON Lines: an apiHeader, then an APIRow each. It never leaves the spool.
type apiHeader struct {
	Columns []string `json:"columns"`
}

// APIRow is one row of a part of the API route.
type APIRow struct {
	ID    string           `json:"id,omitempty"`  // Coupa's number when the plan was made; "" for a person whom Coupa did not know
	Cells []*string        `json:"cells"`         // by the header's columns; nil clears
	Was   map[string]Value `json:"was,omitempty"` // what Coupa held when the plan was made, by Element.Path
}

// AppendAPIHeader appends the first line of a part of the API route.
func AppendAPIHeader(dst []byte, columns []string) ([]byte, error) {
	return appendJSON(dst, apiHeader{columns})
}

// AppendAPIRow appends one row of a part of the API route.
func AppendAPIRow(dst []byte, row APIRow) ([]byte, error) { return appendJSON(dst, row) }

func appendJSON(dst []byte, v any) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return dst, err
	}
	return b.Bytes(), nil
}

// ReadAPIPart reads a part of the API route: its columns, and its rows in order.
func ReadAPIPart(data []byte) (columns []string, rows []APIRow, err error) {
	var head apiHeader
	for n, line := 0, []byte(nil); len(data) > 0; n++ {
		line, data, _ = bytes.Cut(data, []byte{'\n'})
		if n == 0 {
			if err := json.Unmarshal(line, &head); err != nil {
				return nil, nil, fmt.Errorf("line 1: %w", err)
			}
			continue
		}
		var row APIRow
		if err := json.Unmarshal(line, &row); err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		if len(row.Cells) != len(head.Columns) {
			return nil, nil, fmt.Errorf("line %d: %d cells for %d columns", n+1, len(row.Cells), len(head.Columns))
		}
		rows = append(rows, row)
	}
	if head.Columns == nil {
		return nil, nil, errors.New("it has no header")
	}
	return head.Columns, rows, nil
}

// Cell returns cell i of a row.
func (r APIRow) Cell(i int) Cell {
	if r.Cells[i] == nil {
		return Cell{State: Clear}
	}
	return Cell{Text: *r.Cells[i], State: Set}
}
