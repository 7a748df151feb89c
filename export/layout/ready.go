package layout

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
)

const (
	bom      = "\ufeff"
	zipMagic = "PK\x03\x04"       // the first bytes of every .xlsx
	oleMagic = "\xd0\xcf\x11\xe0" // and of every .xls
)

// maxHeader is the largest number of columns of a header that is checked.
const maxHeader = 1000

// Coupa's limits for one file ("Coupa CSV Flat File Integration"): data rows without the header, and bytes.
const (
	MaxRows  = 5000
	MaxBytes = 8_000_000
)

// ReadyOptions set how a ready Coupa file is checked.
type ReadyOptions struct {
	Custom      []string // names of this instance's custom-field columns
	CardReason  string   // allow_card_data; with "" card columns are refused
	AllowEmpty  bool     // empty cells may be sent as they are, except in required columns
	AllowNotify bool     // creates are allowed, so that Coupa may be told to send invitations
	MaxRows     int      // 0: MaxRows
	MaxBytes    int      // 0: MaxBytes
}

// Ready describes a ready Coupa file, which is sent unchanged.
type Ready struct {
	Columns  []string       // as in the header
	Key      int            // index of the strongest of Coupa's keys in the file: Id, Employee Number or Login; -1 for none
	Rows     []ReadyRow     // in file order
	Warnings []export.Fault // doubtful, but not wrong
}

// ReadyRow is one data row of a ready file.
type ReadyRow struct {
	Line     int    // physical line on which it begins; the header is on line 1
	First    string // first cell, which Coupa's row errors quote
	Key      string // its cell in column Ready.Key
	Login    string
	Inactive bool // its Status is inactive
}

// CheckReady checks data, a ready Coupa CSV, by the layout. Its faults have name and the physical line as origin and
// are in the order of the lines; with any fault the file must not be sent. Values are checked by the rules of Sheet,
// but not changed. The Ready is nil when the header cannot be read.
func CheckReady(name string, data []byte, o ReadyOptions) (*Ready, []export.Fault) {
	c := &readyCheck{name: name, o: o, ready: &Ready{Key: -1}}
	c.o.MaxRows, c.o.MaxBytes = orElse(o.MaxRows, MaxRows), orElse(o.MaxBytes, MaxBytes)
	if len(data) > c.o.MaxBytes {
		c.add(0, "size", "split it", "is %d bytes, more than the %d of one file", len(data), c.o.MaxBytes)
	}
	if bytes.HasPrefix(data, []byte(zipMagic)) || bytes.HasPrefix(data, []byte(oleMagic)) {
		c.add(0, "workbook", "save it as CSV UTF-8, and give --convert for the byte order mark that Excel writes", "is an Excel workbook, whatever its name says")
		return nil, c.faults
	}
	if bytes.HasPrefix(data, []byte(bom)) {
		c.add(1, "bom", saveUTF8, "begins with a byte order mark")
		data = data[len(bom):]
	}
	if !utf8.Valid(data) {
		c.add(invalidLine(data), "utf8", saveUTF8, "is not valid UTF-8")
		return nil, c.faults
	}
	c.data, c.csv = data, csv.NewReader(bytes.NewReader(data))
	c.csv.ReuseRecord = true
	c.csv.FieldsPerRecord = -1 // we report ragged rows ourselves
	if !c.header() {
		return nil, c.faults
	}
	for c.row() {
	}
	if len(c.ready.Rows) == 0 && len(c.faults) == 0 {
		c.add(1, "rows", "", "has no data rows")
	}
	slices.SortStableFunc(c.faults, func(a, b export.Fault) int { return a.Origin.Line - b.Origin.Line })
	return c.ready, c.faults
}

func orElse(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// invalidLine returns the physical line of the first bytes that are not UTF-8.
func invalidLine(data []byte) int {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return bytes.Count(data[:at], []byte{'\n'}) + 1
}

// readyCheck is the state of one check.
type readyCheck struct {
	name   string
	o      ReadyOptions
	data   []byte
	csv    *csv.Reader
	ready  *Ready
	faults []export.Fault

	columns []columnRules    // one for each header; the zero column where the header is unknown
	seen    []map[string]int // for unique columns: folded value to line
	login   int
	status  int

	counted, line int // position up to which line ends were counted, and their number
}

// add adds a fault of the file. The hint says what to do about it, and is "" where that is plain.
func (c *readyCheck) add(line int, rule, hint, format string, args ...any) {
	c.faults = append(c.faults, export.Fault{
		Origin: export.Origin{File: c.name, Line: line}, Rule: rule, Message: fmt.Sprintf(format, args...), Hint: hint,
	})
}

func (c *readyCheck) because(line int, rule string, err error) {
	c.add(line, rule, export.HintText(err), "%v", err)
}

// What to do about a file as spreadsheets write it.
const (
	saveUTF8   = "save it as UTF-8 without BOM, or give --convert"
	useConvert = useCommas + ", or give --convert"
)

// next reads one record and returns it with the line on which it begins. ok is false at the end, and where the rest
// cannot be read.
func (c *readyCheck) next() (record []string, line int, ok bool) {
	c.emptyLines()
	record, err := c.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, 0, false
	}
	if broken := (*csv.ParseError)(nil); errors.As(err, &broken) {
		c.add(broken.StartLine, "quote", "", "has a broken quote (line %d, column %d), and nothing after it was checked", broken.Line, broken.Column)
		return nil, 0, false
	}
	if err != nil {
		c.add(0, "read", "", "cannot be read: %v", err)
		return nil, 0, false
	}
	line, _ = c.csv.FieldPos(0)
	return record, line, true
}

// emptyLines adds a fault for a run of empty lines ahead, which the CSV reader skips.
func (c *readyCheck) emptyLines() {
	at := int(c.csv.InputOffset())
	if rest := c.data[at:]; !bytes.HasPrefix(rest, []byte("\n")) && !bytes.HasPrefix(rest, []byte("\r\n")) {
		return
	}
	c.line += bytes.Count(c.data[c.counted:at], []byte{'\n'})
	c.counted = at
	c.add(c.line+1, "ragged", "remove it", "line is empty")
}

// header checks the column names; it returns false where no name is usable.
func (c *readyCheck) header() bool {
	names, line, ok := c.next()
	if !ok {
		if len(c.faults) == 0 {
			c.add(1, "header", "", "is empty: a header line and data rows are needed")
		}
		return false
	}
	if mark := wrongDelimiter(names); mark != "" {
		c.add(line, "header", useConvert, "is separated by %s", mark)
		return false
	}
	if len(names) > maxHeader {
		c.add(line, "header", "", "has %d columns, more than any of Coupa's files", len(names))
		return false
	}
	table := Columns()
	if !headed(names) {
		c.add(line, "header", "add the header line if it is missing; if it is a file of HR's: hr2coupa run FILE", "names no column of Coupa's")
		return false
	}
	c.ready.Columns = slices.Clone(names)
	for i, name := range names {
		t := Column{Name: name, Type: templates.TypeString}
		if at := find(table, name); at >= 0 {
			t = table[at]
		} else if !slices.Contains(c.o.Custom, name) {
			c.unknownHeader(line, name, table)
		}
		if slices.Contains(names[:i], name) {
			c.add(line, "header", "", "column %q is there twice", name)
		}
		if err := cardError(t, c.o.CardReason); err != nil {
			c.because(line, "card", err)
		}
		c.columns = append(c.columns, newColumn(t, c.o.AllowNotify))
		c.seen = append(c.seen, nil)
		if t.Unique {
			c.seen[i] = map[string]int{}
		}
	}
	for _, t := range table {
		if t.Required && !slices.ContainsFunc(names, func(name string) bool { return withoutStar(name) == t.Name }) {
			c.add(line, "header", "", "column %q is missing, and Coupa requires it", t.Name)
		}
	}
	for _, k := range slices.Backward(keyColumns[:]) {
		if i := slices.Index(names, k); i >= 0 {
			c.ready.Key = i
		}
	}
	c.login, c.status = slices.Index(names, loginColumn), slices.Index(names, statusColumn)
	return true
}

// unknownHeader adds the fault of a header that is none of Coupa's.
func (c *readyCheck) unknownHeader(line int, name string, table []Column) {
	err := headerError(name, table, c.o.Custom)
	hint := export.HintText(err)
	if hint == "" { // it is one with an asterisk
		hint = "correct the header, or give --convert"
	}
	c.add(line, "header", hint, "%v", err)
}

// row checks one data row; it returns false at the end.
func (c *readyCheck) row() bool {
	cells, line, ok := c.next()
	if !ok {
		return false
	}
	if len(c.ready.Rows) == c.o.MaxRows {
		c.add(line, "rows", "split it", "is beyond the %d data rows of one file, and nothing from here on was checked", c.o.MaxRows)
		return false
	}
	at := func(i int) string {
		if i < 0 || i >= len(cells) {
			return ""
		}
		return strings.Clone(cells[i])
	}
	c.ready.Rows = append(c.ready.Rows, ReadyRow{
		Line: line, First: at(0), Key: at(c.ready.Key), Login: at(c.login),
		Inactive: strings.EqualFold(at(c.status), "inactive"),
	})
	if len(cells) != len(c.columns) {
		c.add(line, "ragged", "", "has %s, the header has %d", export.Plural(len(cells), "field"), len(c.columns))
		return true
	}
	faults := rowFaults{origin: export.Origin{File: c.name, Line: line}, list: c.faults}
	for i, text := range cells {
		c.cell(i, text, &faults)
	}
	for i := len(c.faults); i < len(faults.list); i++ {
		faults.list[i].Hint = cellHints[faults.list[i].Rule]
	}
	c.faults = faults.list
	return true
}

var emptyCell = breach{"empty", "is empty, and what Coupa does with an empty cell is not documented"}

// cellHints has what to do about a cell of a ready file, by rule; there is no mapping and no feed of HR's behind it.
var cellHints = map[string]string{
	emptyCell.rule: "take the column out, or give --allow-empty",
	notLocale.rule: "hr2coupa layout prints them",
}

func (c *readyCheck) cell(i int, text string, faults *rowFaults) {
	col := &c.columns[i]
	switch {
	case col.required && blank(text):
		faults.add(col, noValue)
		return
	case blank(text):
		if !c.o.AllowEmpty {
			faults.add(col, emptyCell)
		}
		return
	case text != col.clear || col.clear == "":
		text = col.check(text, faults)
	}
	if col.kind == kindLocale && apiOnlyLocale(text) {
		c.warn(col, faults.origin, localeWarning)
	}
	if slices.Contains(nameColumns[:], col.name) && isNoName(text) {
		c.warn(col, faults.origin, noName)
	}
	if c.seen[i] == nil {
		return
	}
	folded := strings.ToLower(strings.ToUpper(text)) // in both directions: some letters have several lower-case forms
	if first, ok := c.seen[i][folded]; ok {
		faults.add(col, breach{"unique", fmt.Sprintf("has the same value as line %d; Coupa allows it once", first)})
		return
	}
	c.seen[i][folded] = faults.origin.Line
}

func (c *readyCheck) warn(col *columnRules, at export.Origin, of breach) {
	c.ready.Warnings = append(c.ready.Warnings, export.Fault{Origin: at, Field: col.name, Rule: of.rule, Message: of.message})
}
