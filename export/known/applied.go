package known

import (
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// Applied are the overrides that count on one day. Any number of goroutines may use it.
type Applied struct {
	list   *List
	feed   string // the field with the key
	people map[string][]Override
}

// On returns the overrides that count on a day; nil where there are none. key is the feed's field that names the person.
func (l *List) On(day time.Time, key string) *Applied {
	if l == nil {
		return nil
	}
	a := &Applied{l, key, map[string][]Override{}}
	for _, o := range l.lines {
		if o.Counts(day) {
			a.people[o.Key] = append(a.people[o.Key], o)
		}
	}
	if len(a.people) == 0 {
		return nil
	}
	return a
}

// Kept returns why a person is left as they are; nil for nearly everyone.
func (a *Applied) Kept(person string) *export.Fault {
	for i, o := range a.people[person] {
		if o.Column == all {
			return &export.Fault{Rule: export.RuleKnown, Message: "is left as is by " + a.list.Text(&a.people[person][i]), Owner: o.Owner}
		}
	}
	return nil
}

// Says returns what is overridden of a person: a fault for each column, with owner and reason as its value, which no log has.
func (a *Applied) Says(person string) (says []export.Fault) {
	for _, o := range a.people[person] {
		if o.Column != all {
			says = append(says, export.Fault{
				Field: o.Column, Rule: export.RuleKnown, Message: "overridden by " + export.Origin{File: a.list.name, Line: o.Line}.String(), Value: o.says(), Owner: o.Owner,
			})
		}
	}
	return says
}

// Over returns a mapping whose cells are overridden, also that of Coupa's Id. A record that says nothing of a column keeps
// saying nothing.
func (a *Applied) Over(m export.Mapping) export.Mapping {
	if a == nil {
		return m
	}
	return &over{m, a}
}

type over struct {
	export.Mapping
	by *Applied
}

// Bind binds the mapping to a header.
func (m *over) Bind(h *export.Header) (export.RowMapper, error) {
	r, err := m.Mapping.Bind(h)
	key := h.Index(m.by.feed)
	if err != nil || key < 0 {
		return r, err
	}
	return &overMapper{r, m.by, m.Columns(), key}, nil
}

type overMapper struct {
	export.RowMapper
	by      *Applied
	columns []string
	key     int
}

func (m *overMapper) of(rec *export.Record) []Override {
	if rec.Fault != nil {
		return nil
	}
	return m.by.people[alike.Tidy(rec.Values[m.key])]
}

// Map fills the cells, and overrides them.
func (m *overMapper) Map(rec *export.Record, cells []export.Cell) []export.Fault {
	faults := m.RowMapper.Map(rec, cells)
	for _, o := range m.of(rec) {
		i := slices.Index(m.columns, o.Column)
		switch {
		case i >= 0 && m.overrides(rec, i):
			cells[i] = o.cell()
			faults = slices.DeleteFunc(faults, func(f export.Fault) bool { return f.Field == o.Column })
		case i < 0 && o.Column == export.ColumnID && !o.Keeps():
			faults = append(faults, export.Fault{Field: o.Column, Rule: export.RuleKnown, Message: "is overridden, and Coupa is not asked: no row of this plan has an Id"})
		}
	}
	return faults
}

// MapColumn returns the cell of column i.
func (m *overMapper) MapColumn(rec *export.Record, i int) (export.Cell, *export.Fault) {
	for _, o := range m.of(rec) {
		if o.Column == m.columns[i] && m.overrides(rec, i) {
			return o.cell(), nil
		}
	}
	return m.RowMapper.MapColumn(rec, i)
}

// overrides reports whether there is something to override: HR says the column. Only Coupa says its Id.
func (m *overMapper) overrides(rec *export.Record, i int) bool {
	return m.columns[i] == export.ColumnID || rec.Missing == nil || m.Says(rec, i)
}

// Given is false for a cell that is kept: the mapping has lost nothing of it.
func (m *overMapper) Given(rec *export.Record, i int) bool {
	kept := slices.ContainsFunc(m.of(rec), func(o Override) bool { return o.Column == m.columns[i] && o.Keeps() })
	return !kept && m.RowMapper.Given(rec, i)
}

func (o *Override) cell() export.Cell {
	if o.Keeps() {
		return export.Cell{}
	}
	return export.Cell{Text: o.Value, State: export.Set}
}

// says returns who stands behind an override and why, and its last day.
func (o *Override) says() string {
	if o.Until.IsZero() {
		return o.Owner + ", " + o.Reason
	}
	return o.Owner + ", " + o.Reason + ", until " + o.Until.Format(time.DateOnly)
}
