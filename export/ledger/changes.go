package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// Changes store what rows would change of their people, as JSON: what the row was compared with, and of each cell that differs
// the column, the value from before and the value that is sent. A cell with Known and what Coupa had shown
// (export.AgainstCoupa) can go back to its old value; "" is an empty cell.
type Changes struct{ buf bytes.Buffer }

// Store returns a change as text; "" where there is nothing to keep. A new user has no values from before, and the part has
// those that were sent.
func (w *Changes) Store(c *export.PersonChange) (string, error) {
	if c == nil || len(c.Cells) == 0 || c.Against == export.AgainstNothing {
		return "", nil
	}
	w.buf.Reset()
	e := json.NewEncoder(&w.buf)
	e.SetEscapeHTML(false) // Traces looks for values as they are
	err := e.Encode(c)
	return string(bytes.TrimSuffix(w.buf.Bytes(), []byte("\n"))), err
}

// ReadChange reads a change that Changes has stored; nil for no text.
func ReadChange(text string) (*export.PersonChange, error) {
	if text == "" {
		return nil, nil
	}
	c := &export.PersonChange{}
	if err := json.Unmarshal([]byte(text), c); err != nil {
		return nil, export.Hint(fmt.Errorf("what a row has changed cannot be read: %w", err), Restore)
	}
	return c, nil
}

// ForgetIn returns a stored change without the cells that name a person before or after; named reports whether there are any.
func (t Traces) ForgetIn(text string) (left string, named bool, err error) {
	if !t.In([]byte(text)) {
		return text, false, nil
	}
	c, err := ReadChange(text)
	if err != nil {
		return "", false, err
	}
	all := len(c.Cells)
	c.Cells = slices.DeleteFunc(c.Cells, func(d export.CellChange) bool { return t.In([]byte(d.Old)) || t.In([]byte(d.New)) })
	left, err = new(Changes).Store(c)
	return left, len(c.Cells) < all, err
}
