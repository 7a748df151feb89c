package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// Column is a Coupa column that a mapping fills.
type Column = export.MappedColumn

// Table is a table in which a mapping looks values up.
type Table = export.LookupTable

// Options are the parts of a mapping: columns, tables, time zone.
type Options struct {
	Columns  []Column // at most export.MaxColumns
	Tables   []Table
	Vars     []Column       // expressions that others use by name; Name is a plain name, List does not count; at most export.MaxColumns
	Prefer   *Condition     // picks one of several records of a person; nil: there is none
	Where    *Condition     // whom the feed is about; nil: everyone
	Leaves   *Day           // the day on which a person leaves; nil: HR does not say it
	Coupa    Coupa          // what expressions can read of Coupa's users
	From     *Day           // the day from which a record holds; nil: every record holds at once
	FromZone string         // the field with the time zone of that day; "": no field has it
	TimeZone *time.Location // time zone of dates; nil is UTC
	File     string         // the config that holds all this, for messages
	// ReadFile reads a table's whole file and bounds its size; a file above 16 MB is a problem.
	ReadFile func(path string) ([]byte, error)
}

// Condition is an expression over a record's fields that is true or false.
type Condition struct {
	Key  string // the config key that holds it, for messages
	Expr string // at most 4,096 bytes
	Line int    // of the config, for messages
}

// Day is a field of a record that holds a date.
type Day struct {
	Key    string // the config key that names it, for messages
	Field  string
	Layout string // as date() takes it; "" is YYYY-MM-DD
	Line   int    // of the config, for messages
}

// Mapping is a compiled mapping. It does not change, and any number of goroutines may bind it.
type Mapping struct {
	columns []compiledColumn
	vars    []*variable
	prefer  *compiledColumn // of Options.Prefer; its Name is the condition's key
	where   *compiledColumn // of Options.Where
	leaves  *Day            // of Options.Leaves
	from    *firstDay       // of Options.From
	fields  fieldSet
	file    string // Options.File
	library *library
	held    []export.Element // that expressions read of Coupa's users
	persons bool             // an expression reads other people
	people  People           // whom it finds; nil: none are known here
	reads   bool             // an expression reads today(), or there is a day to compare with it
	today   time.Time        // the beginning of that day in the mapping's zone; zero: none was given
}

// compiledColumn is a compiled Column. It is evaluated in the cheapest possible way: a copy, closures, or the VM.
type compiledColumn struct {
	Column
	plain int // the field that it copies, or -1
	from  sources
	compiledExpr
}

var _ export.Mapping = (*Mapping)(nil)

// New compiles a mapping. It returns every problem it finds, in the order of config lines; the mapping is nil where
// there is one.
func New(o Options) (*Mapping, []Problem) {
	tables, problems := newTables(o)
	c := newCompiler(newLibrary(o.TimeZone, tables))
	c.coupa = o.Coupa
	m := &Mapping{library: c.library, vars: c.variables(o.Vars)}
	seen := map[string]int{}
	for _, col := range o.Columns {
		first, twice := seen[col.Name]
		switch {
		case strings.TrimSpace(col.Name) == "":
			problems = append(problems, Problem{Line: col.Line, Expr: col.Expr, Message: "a column needs the name of a Coupa column"})
		case twice:
			problems = append(problems, Problem{Line: col.Line, Column: col.Name,
				Message: fmt.Sprintf("the column is mapped twice, first on line %d", first), Hint: "keep one of the two"})
		default:
			seen[col.Name] = col.Line
		}
		compiled, faults := c.column(col)
		problems = append(problems, faults...)
		m.columns = append(m.columns, compiled)
	}
	condition := func(cond *Condition) *compiledColumn {
		if cond == nil {
			return nil
		}
		compiled, faults := c.condition(*cond)
		problems = append(problems, faults...)
		return &compiled
	}
	m.prefer, m.where = condition(o.Prefer), condition(o.Where)
	problems = append(problems, c.leaves(o.Leaves)...)
	holds, faults := c.from(o.From, o.FromZone)
	problems = append(problems, faults...)
	problems = append(append(problems, c.varProblems...), c.shadows()...)
	if n := len(o.Vars); n > export.MaxColumns {
		problems = append(problems, Problem{Line: o.Vars[export.MaxColumns].Line, Key: strings.TrimSuffix(VarsKey, "."),
			Message: fmt.Sprintf("the mapping has %d variables, %d is the limit", n, export.MaxColumns)})
	}
	switch n := len(o.Columns); {
	case n == 0:
		problems = append(problems, Problem{Message: "the mapping has no columns"})
	case n > export.MaxColumns:
		problems = append(problems, Problem{Line: o.Columns[export.MaxColumns].Line,
			Message: fmt.Sprintf("the mapping has %d columns, %d is the limit", n, export.MaxColumns)})
	}
	if len(problems) > 0 {
		sortProblems(problems)
		return nil, problems
	}
	m.fields, m.held, m.persons, m.reads, m.leaves, m.from, m.file = *c.fields, c.held, c.persons, c.today, o.Leaves, holds, o.File
	return m, nil
}

// ReadsToday reports whether a cell, or what is doubtful of a row, may depend on the day.
func (m *Mapping) ReadsToday() bool { return m.reads }

// On returns the mapping for a run on a day: year, month and day of the time as it stands, whatever its zone. today() is the
// beginning of that day in the mapping's zone. A mapping that reads today() cannot be bound without a day.
func (m *Mapping) On(day time.Time) *Mapping {
	on := *m
	on.today = m.library.begin(day)
	return &on
}

func newTables(o Options) (map[string]*lookupTable, []Problem) {
	tables := map[string]*lookupTable{}
	var problems []Problem
	for _, t := range o.Tables {
		made, err := newTable(t, o.ReadFile)
		if tables[t.Name] != nil {
			err = export.Hint(errors.New("there are two tables of this name"), "keep one of the two")
		}
		if err != nil {
			problems = append(problems, Problem{Line: t.Line, Message: fmt.Sprintf("table %q: %v", t.Name, err), Hint: export.HintText(err)})
		}
		tables[t.Name] = made
	}
	return tables, problems
}

// Columns returns the names of the mapped Coupa columns, in the order of a row's cells.
func (m *Mapping) Columns() []string {
	names := make([]string, len(m.columns))
	for i, c := range m.columns {
		names[i] = c.Name
	}
	return names
}

// Fields returns the names of all HR fields that the mapping reads, in the order in which the expressions first name
// them.
func (m *Mapping) Fields() []string { return append([]string(nil), m.fields.names...) }

// Reads returns the names of the HR fields that the expression of a column reads; none for a column that is not mapped.
func (m *Mapping) Reads(column string) (fields []string) {
	for _, c := range m.columns {
		if c.Name != column {
			continue
		}
		for _, f := range c.fields {
			fields = append(fields, m.fields.names[f])
		}
	}
	return fields
}

// Bind finds the mapping's fields in a header. Its error names every field that the header lacks, with the columns that
// read it; the most similar names of the header are its hints.
func (m *Mapping) Bind(h *export.Header) (export.RowMapper, error) {
	if m.reads && m.today.IsZero() {
		return nil, export.Ours(errors.New("the mapping reads today(), and the run has no day"))
	}
	if err := m.overlaid(h); err != nil {
		return nil, err
	}
	at := make([]int, len(m.fields.names))
	var lacking, places, hints []string
	for i, name := range m.fields.names {
		if at[i] = h.Index(name); at[i] >= 0 {
			continue
		}
		text, place := m.lacking(i)
		lacking, places = append(lacking, text), append(places, place)
		if near := alike.Nearest(name, m.nameable(h)); near != "" {
			hints = append(hints, fmt.Sprintf("did you mean %q and not %q?", near, name))
		}
	}
	if len(lacking) > 0 {
		slices.Sort(places)
		hints = append(hints, "fix "+strings.Join(slices.Compact(places), ", ")+", or let HR deliver the field")
		return nil, export.Hint(fmt.Errorf("the header lacks %s", strings.Join(lacking, "; ")), "%s", strings.Join(hints, "; "))
	}
	return newRowMapper(m, at), nil
}

// lacking says which field is missing and what reads it, and where in the config that is.
func (m *Mapping) lacking(field int) (text, place string) {
	var readers []string
	line := 0
	for _, c := range m.columns {
		if slices.Contains(c.fields, field) {
			readers = append(readers, c.Name)
			line = cmp.Or(line, c.Line)
		}
	}
	name := m.fields.names[field]
	if len(readers) == 0 {
		key, at := m.readBy(field)
		return fmt.Sprintf("field %q, which %s reads", name, key), m.placed(key, at)
	}
	return fmt.Sprintf("field %q, which column %s reads", name, strings.Join(readers, ", ")), m.placed("mapping.columns."+readers[0], line)
}

// placed returns a key of the config with its place.
func (m *Mapping) placed(key string, line int) string {
	if m.file == "" || line == 0 {
		return key
	}
	return fmt.Sprintf("%s (%s:%d)", key, m.file, line)
}

// readBy returns the key, and its line, of what reads a field that no column reads.
func (m *Mapping) readBy(field int) (key string, line int) {
	for _, v := range m.vars {
		if slices.Contains(v.fields, field) {
			return v.Name, v.Line
		}
	}
	for _, c := range []*compiledColumn{m.prefer, m.where} {
		if c != nil && slices.Contains(c.fields, field) {
			return c.Name, c.Line
		}
	}
	if m.leaves != nil && m.leaves.Field == m.fields.names[field] {
		return m.leaves.Key, m.leaves.Line
	}
	if f := m.from; f != nil && (f.Field == m.fields.names[field] || f.zone == m.fields.names[field]) {
		return f.Key, f.Line
	}
	return "the mapping", 0 // not reached: every field is read
}

// nameable returns what an expression can name: the fields of a header, and the variables.
func (m *Mapping) nameable(h *export.Header) []string {
	names := slices.Clone(h.Fields)
	for _, v := range m.vars {
		names = append(names, v.name)
	}
	return names
}

// fieldSet numbers the fields of a mapping.
type fieldSet struct {
	names []string
	index map[string]int
}

func (s *fieldSet) add(name string) int {
	if i, ok := s.index[name]; ok {
		return i
	}
	s.index[name] = len(s.names)
	s.names = append(s.names, name)
	return len(s.names) - 1
}
