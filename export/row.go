package export

import (
	"strings"
)

// CellState is one of the three states of a cell.
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

// ColumnSet is the set of mapped columns that a row carries; bit i is mapped column i. Rows with equal sets share a
// file.
type ColumnSet [2]uint64

// With returns the set with column i in it.
func (s ColumnSet) With(i int) ColumnSet { s[i>>6] |= 1 << (i & 63); return s }

// Has reports whether column i is in the set.
func (s ColumnSet) Has(i int) bool { return s[i>>6]>>(i&63)&1 == 1 }

// And returns the columns that are in either set.
func (s ColumnSet) And(t ColumnSet) ColumnSet { return ColumnSet{s[0] | t[0], s[1] | t[1]} }

// Both returns the columns that are in both sets.
func (s ColumnSet) Both(t ColumnSet) ColumnSet { return ColumnSet{s[0] & t[0], s[1] & t[1]} }

// Holds reports whether every column of t is in the set.
func (s ColumnSet) Holds(t ColumnSet) bool { return s.And(t) == s }

// NullWord is the text that, as a whole cell, makes Coupa remove all roles ("Remove a Role from a User"). That it does
// the same in other lists is plausible, but not documented.
const NullWord = "--NULL--"

// Row is one line on its way to Coupa: a cell for each mapped column, in the order of the mapping.
type Row struct {
	Origin Origin // the last record that went into it
	Cells  []Cell
	User   *User // Coupa's user; nil where Coupa was not asked or knows none
	Ended  bool  // the day has come on which the person leaves; said only where another record claims a value of the row
}

// RowMapper turns records of one header into cells. One goroutine uses it at a time.
type RowMapper interface {
	// Map fills cells (one for each mapped column) from rec and returns its faults, nil when there are none. Cell texts
	// may alias rec's values.
	Map(rec *Record, cells []Cell) []Fault
	// MapColumn returns only the cell of mapped column i: the survey of a batch needs a few columns, not all.
	MapColumn(rec *Record, i int) (Cell, *Fault)
	// Says reports whether rec has a field from which mapped column i comes, be it blank. It is for records that lack fields.
	Says(rec *Record, i int) bool
	// Given reports whether mapped column i reads fields, and rec has a value in each of them: a cell without a value is then
	// the mapping's doing.
	Given(rec *Record, i int) bool
	// Prefers reports whether the mapping's condition for several records of one person picks rec. Without a condition it
	// picks every record.
	Prefers(rec *Record) (bool, *Fault)
	// Covers reports whether the feed is about the person of rec, by feed.where. Without that condition it is about everyone.
	Covers(rec *Record) (bool, *Fault)
}

// Several is the rule for several records of one person in one plan; see feed.several.
type Several string

const (
	SeveralAgree  Several = ""       // they have to agree on who the person is and on the status; the others count the later one
	SeveralLater  Several = "later"  // the feed is a log of events: later values over earlier ones
	SeveralPrefer Several = "prefer" // the mapping's condition picks one
)

// Mapping makes mappers from headers.
type Mapping interface {
	// Columns returns the mapped Coupa columns, in the order of a row's cells.
	Columns() []string
	// Fields returns every HR field that the mapping reads.
	Fields() []string
	// Bind binds the mapping to a header. Its error names the fields that the header lacks.
	Bind(h *Header) (RowMapper, error)
}

// Sheet is Coupa's layout for one batch: its rules, the column sets and the encoding.
type Sheet interface {
	// Route returns the route for which rows are checked and encoded.
	Route() Route
	// Checker returns a checker for one goroutine.
	Checker() RowChecker
	// Warnings returns what is doubtful but not wrong in a checked row; nil for nearly every row.
	Warnings(row *Row) []Fault
	// Unique returns the indexes of the mapped columns with values that must be unique in the whole batch.
	Unique() []int
	// First returns the index of the mapped column that names the person of a row to Coupa: the first cell of its line,
	// by which Coupa's row errors are matched.
	First(row *Row) int
	// Carried returns the columns of the file for this row.
	Carried(row *Row) ColumnSet
	// Names returns the columns of a file of that set, in the order of the file.
	Names(set ColumnSet) []string
	// Header returns the encoded header line of a file of that set.
	Header(set ColumnSet) []byte
	// Encoder returns an encoder for rows of one set, for one goroutine.
	Encoder(set ColumnSet) RowEncoder
}

// RowChecker checks rows by the rules of a sheet.
type RowChecker interface {
	// Check checks row by every rule, returns every broken one, and writes normalised texts back into the cells
	// (Yes/No, status words, the documented forms of a clear).
	Check(row *Row) []Fault
}

// RowEncoder encodes rows of one set, a few at a time.
type RowEncoder interface {
	// Add takes the cells of a row. The row may be reused afterwards; its texts must stay valid until Flush. When full
	// is true, the next call must be Flush.
	Add(row *Row) (full bool)
	// Flush appends the lines of the rows added since the last one to dst, and the end of each line in dst to ends.
	Flush(dst []byte, ends []int) ([]byte, []int, error)
}

// Lacks reports whether a cell holds no value.
func (c Cell) Lacks() bool {
	return c.State == Absent || c.State == Set && strings.TrimSpace(c.Text) == ""
}

// SetText returns the text of a cell that is set, else "".
func (c Cell) SetText() string {
	if c.State != Set {
		return ""
	}
	return c.Text
}
