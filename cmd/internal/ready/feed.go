package ready

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"github.com/hr2coupa/hr2coupa/export"
)

// asFeed is a checked file as a feed, whose records are its rows, and as the mapping that reads it: each column is filled from
// the field of its name. So a planner judges its rows as it judges HR's.
type asFeed struct {
	file   *File
	header *export.Header
}

func newFeed(f *File) *asFeed {
	return &asFeed{f, &export.Header{Fields: f.Sheet.Columns}}
}

// Files returns the file.
func (f *asFeed) Files() []export.FeedFile { return []export.FeedFile{f.file.Feed} }

// Names returns its name.
func (f *asFeed) Names() []string { return []string{f.file.Feed.Name} }

// Chunks calls take with all rows.
func (f *asFeed) Chunks(take func(export.Chunk) error) error {
	r := csv.NewReader(bytes.NewReader(f.file.Data))
	if _, err := r.Read(); err != nil {
		return f.lost(err)
	}
	c := &chunk{feed: f, rows: make([][]string, 0, len(f.file.Sheet.Rows))}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return f.lost(err)
		}
		c.rows = append(c.rows, cells)
	}
	if len(c.rows) != len(f.file.Sheet.Rows) {
		return f.lost(fmt.Errorf("%d rows, and there were %d", len(c.rows), len(f.file.Sheet.Rows)))
	}
	return take(c)
}

// lost returns the error for a file that was checked and cannot be read once more.
func (f *asFeed) lost(err error) error {
	return export.Ours(fmt.Errorf("read %s again: %w", f.file.Feed.Name, err))
}

// Columns returns the columns of the file.
func (f *asFeed) Columns() []string { return f.file.Sheet.Columns }

// Fields returns the same: each column is filled from the field of its name.
func (f *asFeed) Fields() []string { return f.file.Sheet.Columns }

// Bind returns the mapper of the file's rows.
func (f *asFeed) Bind(*export.Header) (export.RowMapper, error) { return asIs{}, nil }

type chunk struct {
	feed *asFeed
	rows [][]string
	at   int
}

func (*chunk) Seq() int { return 0 }
func (*chunk) Release() {}

// Next fills rec with the next row.
func (c *chunk) Next(rec *export.Record) bool {
	if c.at == len(c.rows) {
		return false
	}
	*rec = export.Record{Header: c.feed.header, Line: c.feed.file.Sheet.Rows[c.at].Line, Values: c.rows[c.at]}
	c.at++
	return true
}

// asIs is the mapper of a ready file: its values are Coupa's already.
type asIs struct{}

// Map fills a row.
func (m asIs) Map(rec *export.Record, row []export.Cell) []export.Fault {
	for i := range row {
		row[i], _ = m.MapColumn(rec, i)
	}
	return nil
}

// MapColumn returns the cell of column i. An empty one says nothing: what Coupa does with it is not documented.
func (asIs) MapColumn(rec *export.Record, i int) (export.Cell, *export.Fault) {
	switch text := rec.Values[i]; text {
	case "":
		return export.Cell{}, nil
	case export.NullWord:
		return export.Cell{State: export.Clear}, nil
	default:
		return export.Cell{State: export.Set, Text: text}, nil
	}
}

// Says is true: every row has every column.
func (asIs) Says(*export.Record, int) bool { return true }

// Given is false: no expression could lose a value.
func (asIs) Given(*export.Record, int) bool { return false }

// Prefers is true: there is one row of a person.
func (asIs) Prefers(*export.Record) (bool, *export.Fault) { return true, nil }

// Covers is true: a person has chosen the rows.
func (asIs) Covers(*export.Record) (bool, *export.Fault) { return true, nil }
