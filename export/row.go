package export

import (
	"strings"
)

// CellState tells the three values a cell can have.
type CellState uint8

const (
	Absent CellState = iota // leave what Coupa has
	Set                     // this text
	Clear                   // make it empty in Coupa, where a documented form exists
)

// Cell is one value on its way to Coupa.
type Cell struct {
	Text  string
	State CellState
}

// MaxColumns is how many columns a mapping may fill: all of Coupa's 110 and a few custom fields.
const MaxColumns = 128

// ColumnSet says which mapped columns a row carries; bit i is mapped column i. Rows with equal sets share a file.
type ColumnSet [2]uint64

// With returns the set with column i in it.
func (s ColumnSet) With(i int) ColumnSet { s[i>>6] |= 1 << (i & 63); return s }

// Has tells whether column i is in the set.
func (s ColumnSet) Has(i int) bool { return s[i>>6]>>(i&63)&1 == 1 }

// And returns the columns that are in either set.
func (s ColumnSet) And(t ColumnSet) ColumnSet { return ColumnSet{s[0] | t[0], s[1] | t[1]} }

// Holds reports whether every column of t is in the set.
func (s ColumnSet) Holds(t ColumnSet) bool { return s.And(t) == s }

// NullWord is the text by which Coupa takes all roles away where it is the whole cell ("Remove a Role from a User"). That
// it does so in other lists is plausible, and nowhere documented.
const NullWord = "--NULL--"

// Row is one line on its way to Coupa: a cell for each mapped column, in the order of the mapping.
type Row struct {
	Origin Origin // the last record that went into it
	Cells  []Cell
	Held   *User // what Coupa holds of the person, where it was asked; nil where nobody was asked or nobody is known
}

// RowMapper turns records of one header into cells. One goroutine uses it at a time.
type RowMapper interface {
	// Map fills cells (one for each mapped column) from rec and returns what went wrong in it, nil when nothing did.
	// Cell texts may alias rec's values.
	Map(rec *Record, cells []Cell) []Fault
	// MapColumn fills only the cell of mapped column i: the survey of a batch needs a few columns, not all.
	MapColumn(rec *Record, i int) (Cell, *Fault)
}

// Mapping makes mappers.
type Mapping interface {
	// Columns names the mapped Coupa columns, in the order of a row's cells.
	Columns() []string
	// Fields names every HR field the mapping reads.
	Fields() []string
	// Bind compiles the mapping against a header. A field the header lacks is an error naming it.
	Bind(h *Header) (RowMapper, error)
}

// Sheet is Coupa's layout for one batch: its rules, the column sets and the encoding.
type Sheet interface {
	// Route is the way for which rows are checked and encoded.
	Route() Route
	// Checker makes a checker for one goroutine.
	Checker() RowChecker
	// Warnings tells what is doubtful in a checked row, but not wrong; nil for nearly every row.
	Warnings(row *Row) []Fault
	// Unique gives the indexes of the mapped columns whose values must be unique over the whole batch.
	Unique() []int
	// First is the index of the mapped column that names the person of a row to Coupa: the first cell of its line, by which
	// Coupa's row errors are joined.
	First(row *Row) int
	// Carried is the set of columns that the file of this row has.
	Carried(row *Row) ColumnSet
	// Header is the encoded header line of a file of that set.
	Header(set ColumnSet) []byte
	// Encoder makes an encoder of rows of one set, for one goroutine.
	Encoder(set ColumnSet) RowEncoder
}

// RowChecker knows the rules.
type RowChecker interface {
	// Check holds row against every rule, tells every broken one, and writes normalised texts back into the cells
	// (Yes/No, status words, the documented forms of a clear).
	Check(row *Row) []Fault
}

// RowEncoder encodes rows of one set, a few at a time.
type RowEncoder interface {
	// Add takes the cells of a row. The row may be used anew afterwards, its texts must stay until Flush. When full is
	// true Flush must come next.
	Add(row *Row) (full bool)
	// Flush appends the lines of the rows added since the last one to dst, and the end of each line in dst to ends.
	Flush(dst []byte, ends []int) ([]byte, []int, error)
}

// Lacks tells whether a cell says nothing.
func (c Cell) Lacks() bool {
	return c.State == Absent || c.State == Set && strings.TrimSpace(c.Text) == ""
}

// SetText gives the text of a cell that is set.
func (c Cell) SetText() string {
	if c.State != Set {
		return ""
	}
	return c.Text
}
