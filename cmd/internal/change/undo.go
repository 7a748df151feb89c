package change

import (
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// undoOf begins the name of an undo in reports and in the ledger, in the place of a feed file's; the id of the run that is
// undone ends it. So a run and its undo are found from each other.
const undoOf = "undo of "

// UndoFile returns the name of the undo of a run.
func UndoFile(run string) string { return undoOf + run }

// Undoes returns the run that a row undoes; "" for a row that undoes none.
func Undoes(o export.Origin) string {
	name, _ := ledger.HomeOf(o.File)
	if run, ok := strings.CutPrefix(name, undoOf); ok {
		return run
	}
	return ""
}

// Back is a person with the cells that go back, as Coupa takes them, by column. NullWord empties one.
type Back struct {
	Key   string            `json:"key"` // HR's
	Cells map[string]string `json:"cells"`
}

// NewUndo returns the undo of a run as a feed of one record a person, in Coupa's columns. The same people and cells are the
// same bytes.
func NewUndo(pipe *wiring.Pipeline, run string, people []Back) export.Feed {
	return inColumns(pipe, UndoFile(run), "hr2coupa undo "+run, people)
}

// inColumns returns a feed of one record a person, in Coupa's columns.
func inColumns(pipe *wiring.Pipeline, name, path string, people []Back) export.Feed {
	h := blankHeader(pipe)
	var columns []string
	for _, column := range pipe.Mapping.Columns() {
		if slices.ContainsFunc(people, func(p Back) bool { return p.Cells[column] != "" }) {
			columns, h.Fields = append(columns, column), append(h.Fields, mark+column)
		}
	}
	recs := make([]export.Record, len(people))
	for i, p := range people {
		rec := blankRecord(h, p.Key)
		rec.Line = i + 1
		for _, column := range columns {
			rec.Values = append(rec.Values, p.Cells[column])
		}
		recs[i] = rec
	}
	return newTyped(name, path, recs)
}

// blankHeader returns the header of records that say nothing in HR's fields but the key.
func blankHeader(pipe *wiring.Pipeline) *export.Header {
	h := &export.Header{Fields: []string{pipe.Config.Feed.Key}}
	for _, field := range pipe.Mapping.Fields() {
		if field != pipe.Config.Feed.Key {
			h.Fields = append(h.Fields, field)
		}
	}
	return h
}

// blankRecord returns a record of a person without values but the key. Those of Coupa's columns have to be appended, in the order
// of the header.
func blankRecord(h *export.Header, key string) export.Record {
	own := len(h.Fields) // of HR's
	for own > 0 && strings.HasPrefix(h.Fields[own-1], mark) {
		own--
	}
	rec := export.Record{Header: h, Values: make([]string, own, len(h.Fields)), Missing: make([]bool, len(h.Fields))}
	rec.Values[0] = key
	for n := 1; n < own; n++ {
		rec.Missing[n] = true
	}
	return rec
}
