package change

import (
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// mark begins the names of the fields that hold Coupa's cells as they were typed. HR cannot deliver such a field: a header
// with a NUL byte is refused, and of JSON only fields that the mapping reads are taken.
const mark = "\x00"

// Mapping returns the pipeline's mapping, which takes the records of changes in Coupa's columns too: such a record fills the
// columns that were said, and those that say who the person is, where HR's key alone does. All others are absent,
// whatever their expressions make of a record without values. day is what today() is.
func Mapping(pipe *wiring.Pipeline, day time.Time) export.Mapping {
	return typed{pipe.Mapping.On(day), identity(pipe)}
}

// identity returns the columns that say who a row is about and that the mapping makes from HR's key alone. The employee number
// is one of them also where it does not decide: with it another person's login is noticed.
func identity(pipe *wiring.Pipeline) (columns []int) {
	for i, name := range pipe.Mapping.Columns() {
		if (decides(pipe, name) || name == wiring.EmployeeNumber) && keyAlone(pipe, name) {
			columns = append(columns, i)
		}
	}
	return columns
}

// Deciding returns the mapped columns that decide which Coupa user a row is about, and that HR's key alone does not fill.
func Deciding(pipe *wiring.Pipeline) (columns []string) {
	for _, name := range pipe.Mapping.Columns() {
		if decides(pipe, name) && !keyAlone(pipe, name) {
			columns = append(columns, name)
		}
	}
	return columns
}

// decides reports whether a column decides which Coupa user a row is about.
func decides(pipe *wiring.Pipeline, column string) bool {
	return column == pipe.Key || column == export.ColumnID || slices.Contains(pipe.Match, column)
}

// keyAlone reports whether a column is made from HR's key and nothing else.
func keyAlone(pipe *wiring.Pipeline, column string) bool {
	return slices.Equal(pipe.Mapping.Reads(column), []string{pipe.Config.Feed.Key})
}

type typed struct {
	export.Mapping
	who []int
}

// Bind binds the mapping to a header: that of HR's records, or that of a change in Coupa's columns.
func (t typed) Bind(h *export.Header) (export.RowMapper, error) {
	m, err := t.Mapping.Bind(h)
	if err != nil || !slices.ContainsFunc(h.Fields, func(f string) bool { return strings.HasPrefix(f, mark) }) {
		return m, err
	}
	at := make([]int, len(t.Columns()))
	for i, name := range t.Columns() {
		at[i] = h.Index(mark + name)
	}
	return &typedMapper{m, at, t.who}, nil
}

type typedMapper struct {
	export.RowMapper
	at  []int // by column: the field that holds its cell, or -1
	who []int
}

// Map fills the columns that were said, and those that say who the person is.
func (m *typedMapper) Map(rec *export.Record, cells []export.Cell) (faults []export.Fault) {
	for i := range cells {
		cell, fault := m.MapColumn(rec, i)
		if fault != nil {
			faults = append(faults, *fault)
		}
		cells[i] = cell
	}
	return faults
}

// MapColumn returns the cell of column i.
func (m *typedMapper) MapColumn(rec *export.Record, i int) (export.Cell, *export.Fault) {
	switch at := m.at[i]; {
	case (at < 0 || rec.Values[at] == "") && slices.Contains(m.who, i):
		return m.RowMapper.MapColumn(rec, i)
	case at < 0 || rec.Values[at] == "": // nothing of this person
		return export.Cell{}, nil
	case rec.Values[at] == export.NullWord:
		return export.Cell{State: export.Clear}, nil
	default:
		return export.Cell{State: export.Set, Text: rec.Values[at]}, nil
	}
}

// Says reports whether the record has a cell of column i. What a mapping makes of no field is not said either: else a constant would
// count as a value that came blank.
func (m *typedMapper) Says(rec *export.Record, i int) bool {
	return m.at[i] >= 0 && rec.Values[m.at[i]] != "" || slices.Contains(m.who, i)
}

// Given is false: what a person types has no expression that could lose a value.
func (m *typedMapper) Given(*export.Record, int) bool { return false }

// Prefers is true: whoever types a change means it.
func (*typedMapper) Prefers(*export.Record) (bool, *export.Fault) { return true, nil }

// Covers is true, for the same reason.
func (*typedMapper) Covers(*export.Record) (bool, *export.Fault) { return true, nil }

// Names reports whether the mapping makes a column that says who a person is from HR's key alone.
func Names(pipe *wiring.Pipeline) bool { return len(identity(pipe)) > 0 }

// Leads reports whether HR's key leads to one user of Coupa's: what the mapping makes of it in the columns that say who a person
// is, Coupa holds there.
func Leads(pipe *wiring.Pipeline, day time.Time, key string, holds func(column string, c export.Cell) bool) bool {
	h := blankHeader(pipe)
	m, err := pipe.Mapping.On(day).Bind(h)
	if err != nil {
		return false
	}
	rec := blankRecord(h, key)
	for _, i := range identity(pipe) {
		if c, fault := m.MapColumn(&rec, i); fault != nil || c.State != export.Set || !holds(pipe.Mapping.Columns()[i], c) {
			return false
		}
	}
	return true
}
