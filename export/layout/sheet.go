package layout

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/templates"
)

// The names that the rules need; everything else about a column is in the table.
const (
	idColumn      = "Id"
	loginColumn   = "Login"
	numberColumn  = "Employee Number"
	managerColumn = export.ColumnApprover
	statusColumn  = "Status"
	notifyColumn  = "Generate Password And Notify User"
)

// keyColumns are Coupa's keys, strongest first ("Users Import").
var keyColumns = [...]string{idColumn, numberColumn, loginColumn}

// Options set the columns, keys and rules of one batch's sheet.
type Options struct {
	Columns     []string // mapped Coupa columns in the order of a row's cells, custom ones included
	Custom      []string // names of this instance's custom-field columns; their order is the order in the file
	Key         string   // the column that names the person and comes first: Id, Employee Number or Login
	Checked     bool     // Coupa was asked: a row with an Id has that as its key, and Key is only for new people
	BlankSend   bool     // layout.blank: send: absent cells are sent empty, except in columns where that is dangerous
	AllowNotify bool     // creates are allowed, so that Coupa may be told to send invitations
	CardReason  string   // allow_card_data; with "" card columns are refused
	Route       export.Route
	References  map[string]Names // by column: what its values, or the names in its lists, may be
	RefersLoose bool             // references: warn: a value that is not among them is doubtful, and no fault
}

// Names are the names that a column may refer to.
type Names interface {
	Title() string // of the list, in messages
	Has(name string) bool
	Near(name string) string // the listed name that an unknown one probably means, or ""
}

// Sheet is Coupa's layout for one batch. It does not change once made, and many goroutines may use it.
type Sheet struct {
	route   export.Route
	columns []columnRules // in the order of the mapping
	order   []int         // mapped columns in file order: keys, table order, custom order
	key     int
	id      int // index of the column Id where it is the key of rows that have one; else -1
	unique  []int
	locales []int
	names   []int            // of the person
	doubted []int            // columns with references that only warn
	base    export.ColumnSet // carried by every row
	never   export.ColumnSet // columns that no row carries unless its key makes them safe
}

var _ export.Sheet = (*Sheet)(nil)

// New returns the sheet of a batch. Its error joins all faults of the options: an *OptionError for each column.
func New(o Options) (*Sheet, error) {
	table := Columns()
	faults := customErrors(o.Custom, table)
	if len(o.Columns) > export.MaxColumns {
		faults = append(faults, fmt.Errorf("%d columns are mapped, at most %d can be", len(o.Columns), export.MaxColumns))
		return nil, errors.Join(faults...)
	}
	s := &Sheet{route: o.Route, key: slices.Index(o.Columns, o.Key), id: -1}
	rank := make([]int, len(o.Columns)) // place in the file
	for i, name := range o.Columns {
		if slices.Contains(o.Columns[:i], name) {
			faults = append(faults, wrong(name, "column %q is mapped twice"))
			continue
		}
		c := Column{Name: name, Type: templates.TypeString}
		if at := find(table, name); at >= 0 {
			c, rank[i] = table[at], at
		} else if at := slices.Index(o.Custom, name); at >= 0 {
			rank[i] = len(table) + at
		} else {
			faults = append(faults, headerError(name, table, o.Custom))
			continue
		}
		if err := cardError(c, o.CardReason); err != nil {
			faults = append(faults, err)
		}
		s.add(i, c, o)
	}
	faults = append(faults, missingErrors(o, table)...)
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if o.Checked {
		if s.id = slices.Index(o.Columns, idColumn); s.id < 0 {
			return nil, errors.New("no column Id for what Coupa has answered")
		}
		rank[s.id] = -2
	}
	if rank[s.key] = -1; o.Key == loginColumn && o.Route == export.ByCSV {
		// If matched only by Login, Coupa takes a row with another Employee Number for a new person ("Users Import").
		if i := slices.Index(o.Columns, numberColumn); i >= 0 {
			s.never = s.never.With(i)
		}
	}
	slices.SortFunc(s.order, func(a, b int) int { return rank[a] - rank[b] })
	return s, nil
}

// add adds mapped column i to the sheet.
func (s *Sheet) add(i int, c Column, o Options) {
	s.columns = append(s.columns, newColumn(c, o.AllowNotify))
	if names := o.References[c.Name]; names != nil {
		s.columns[i].refer(names, o.RefersLoose)
		if o.RefersLoose {
			s.doubted = append(s.doubted, i)
		}
	}
	s.order = append(s.order, i)
	if c.Unique {
		s.unique = append(s.unique, i)
	}
	if c.Type == templates.TypeLocale {
		s.locales = append(s.locales, i)
	}
	if slices.Contains(nameColumns[:], c.Name) {
		s.names = append(s.names, i)
	}
	if o.BlankSend && !c.BlankDangerous && o.Route == export.ByCSV {
		s.base = s.base.With(i)
	}
}

// cardError returns an error for a column of card data without a reason. Only a sheet that has passed this check makes
// encoders.
func cardError(c Column, reason string) error {
	switch {
	case c.Refused:
		return wrong(c.Name, "column %q is never sent: Coupa no longer takes it")
	case c.Sensitive && strings.TrimSpace(reason) == "":
		return wrong(c.Name, "column %q is card data and is not sent").hint("remove it, or give the reason in allow_card_data")
	}
	return nil
}

func missingErrors(o Options, table []Column) (faults []error) {
	for _, c := range table {
		if c.Required && !slices.Contains(o.Columns, c.Name) {
			faults = append(faults, unmapped(c.Name, "column %q is not mapped, and Coupa requires it in every row"))
		}
	}
	switch {
	case !slices.Contains(keyColumns[:], o.Key):
		faults = append(faults, wrong(o.Key, "key column %q is none of Coupa's keys").hint("use %s", strings.Join(keyColumns[:], ", ")))
	case !slices.Contains(o.Columns, o.Key):
		faults = append(faults, unmapped(o.Key, "key column %q is not mapped").hint("map it, or choose another layout.key"))
	}
	return faults
}

func unmapped(column, format string) *OptionError {
	e := wrong(column, format)
	e.Unmapped = true
	return e
}

// customErrors returns errors for names that cannot be custom columns. Some are words of gocsv's tags, which hold the
// names.
func customErrors(custom []string, table []Column) (faults []error) {
	const rename = "rename the custom field"
	for i, name := range custom {
		why, hint := "", ""
		switch {
		case strings.TrimSpace(name) == "" || strings.TrimSpace(name) != name:
			why = "is empty, or begins or ends with a blank"
		case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
			why = "has a control character or is not valid UTF-8"
		case strings.Contains(name, ","):
			why, hint = "has a comma, and Coupa advises against commas in prompt names", rename
		case name == "-" || name == "omitempty" || name == "partial" || strings.HasPrefix(name, "default="):
			why, hint = "is a word with a meaning of its own here", rename
		case strings.HasSuffix(name, "*"):
			why = "ends with an asterisk, which marks a column in a template and is no part of its name"
		case find(table, name) >= 0:
			why = "is one of Coupa's own columns"
		case slices.Contains(custom[:i], name):
			why = "is listed twice"
		default:
			continue
		}
		faults = append(faults, &OptionError{Wrong: fmt.Sprintf("custom column %q %s", name, why), Hint: hint})
	}
	return faults
}

// LeftOut returns the mapped columns that no row without an Id carries because of the choice of key.
func (s *Sheet) LeftOut() (names []string) {
	for i := range s.columns {
		if s.never.Has(i) {
			names = append(names, s.columns[i].name)
		}
	}
	return names
}

// Check checks row by every rule and normalises its cells; see export.RowChecker. Many goroutines may call it.
func (s *Sheet) Check(row *export.Row) []export.Fault {
	told := rowFaults{origin: row.Origin}
	key := s.First(row)
	for i := range s.columns {
		s.check(i, &row.Cells[i], key, &told)
	}
	return told.list
}

// check checks the cell of column i by every rule and normalises it.
func (s *Sheet) check(i int, cell *export.Cell, key int, told *rowFaults) {
	c := &s.columns[i]
	if cell.State == export.Clear && s.route == export.ByCSV {
		c.clearCell(cell, told)
	}
	if cell.State == export.Set {
		if c.tidied {
			cell.Text = alike.Tidy(cell.Text)
		}
		switch {
		case blank(cell.Text): // an empty cell is never written with a meaning, nor is one of blanks, with which a report fills its columns
			cell.State = export.Absent
			if cell.Text != "" { // nearly always it is empty already
				cell.Text = ""
			}
		case cell.Text != c.clear || c.clear == "":
			if cell.Text = c.check(cell.Text, told); cell.Text == "" { // all of it was hidden
				cell.State = export.Absent
			}
		}
	}
	switch {
	case c.required && cell.State == export.Clear && s.route == export.ByAPI:
		told.add(c, noClear)
	case (c.required || i == key) && (cell.State == export.Absent || blank(cell.Text)):
		told.add(c, c.emptyBreach())
	}
}

// Warnings returns what is doubtful but not wrong in a checked row: locales that only the API documentation lists, and
// names that mean that there is none, and references that only warn.
func (s *Sheet) Warnings(row *export.Row) []export.Fault {
	told := rowFaults{origin: row.Origin}
	for _, i := range s.locales {
		if cell := row.Cells[i]; cell.State == export.Set && apiOnlyLocale(cell.Text) {
			told.add(&s.columns[i], localeWarning)
		}
	}
	for _, i := range s.names {
		if text := row.Cells[i].Text; text != "" && startsNoName[text[0]] && isNoName(text) {
			told.add(&s.columns[i], noName)
		}
	}
	for _, i := range s.doubted {
		if c, cell := &s.columns[i], &row.Cells[i]; cell.State == export.Set && (c.clear == "" || cell.Text != c.clear) {
			c.refers(cell.Text, &told)
		}
	}
	return told.list
}

// Unique returns the mapped columns in which no two rows may have the same value.
func (s *Sheet) Unique() []int { return slices.Clone(s.unique) }

// Route returns the route of the sheet's rows.
func (s *Sheet) Route() export.Route { return s.route }

// First returns the mapped column that names the person of a row to Coupa and comes first in its file.
func (s *Sheet) First(row *export.Row) int {
	if s.id >= 0 && row.Cells[s.id].State == export.Set {
		return s.id
	}
	return s.key
}

// Carried returns the set of columns of the file for row: those set after Check, the key, and with BlankSend every
// column in which an empty cell is not dangerous. On the API route cleared columns are carried too.
func (s *Sheet) Carried(row *export.Row) export.ColumnSet {
	first := s.First(row)
	set := s.base.With(first)
	cells := row.Cells
	for word := range set {
		of := cells[:min(64, len(cells))]
		cells = cells[len(of):]
		var bits uint64 // bits of the states, without a branch for each cell
		for i := range of {
			state := of[i].State
			if s.route == export.ByAPI {
				state |= state >> 1 // Clear is carried like Set
			}
			bits |= uint64(state&export.Set) << (i & 63)
		}
		set[word] |= bits
	}
	if first != s.id {
		set[0], set[1] = set[0]&^s.never[0], set[1]&^s.never[1]
	}
	return set
}
