package planning

import (
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// neededColumns are the columns that Coupa requires in every row.
var neededColumns = [...]string{export.ColumnLogin, export.ColumnEmail, export.ColumnFirstName, export.ColumnLastName}

// WithID returns m with a column for Coupa's number, where HR does not know it.
func WithID(m export.Mapping) export.Mapping { return WithColumns(m, export.ColumnID) }

// WithColumns returns m with those of these columns that it lacks. HR has no values for them: the user found in Coupa fills
// them in.
func WithColumns(m export.Mapping, columns ...string) export.Mapping {
	all := slices.Clone(m.Columns())
	for _, column := range columns {
		if !slices.Contains(all, column) {
			all = append(all, column)
		}
	}
	if len(all) == len(m.Columns()) {
		return m
	}
	return wider{m, all}
}

type wider struct {
	export.Mapping
	columns []string
}

func (w wider) Columns() []string { return w.columns }

func (w wider) Bind(h *export.Header) (export.RowMapper, error) {
	m, err := w.Mapping.Bind(h)
	return widerMapper{m, len(w.Mapping.Columns())}, err
}

type widerMapper struct {
	export.RowMapper
	own int // columns of the mapping itself
}

func (m widerMapper) Map(rec *export.Record, cells []export.Cell) []export.Fault {
	clear(cells[m.own:])
	return m.RowMapper.Map(rec, cells[:m.own])
}

func (m widerMapper) MapColumn(rec *export.Record, i int) (export.Cell, *export.Fault) {
	if i >= m.own {
		return export.Cell{}, nil
	}
	return m.RowMapper.MapColumn(rec, i)
}

func (m widerMapper) Says(rec *export.Record, i int) bool {
	return i < m.own && m.RowMapper.Says(rec, i)
}

func (m widerMapper) Given(rec *export.Record, i int) bool {
	return i < m.own && m.RowMapper.Given(rec, i)
}

// completer fills in values that a row needs and HR's records lack.
type completer struct {
	p      *Planner
	id     int // the column Id, -1 where rows have none
	needed [len(neededColumns)]int
	names  map[export.ColumnSet]export.ColumnNames // names by set, since the same few columns are completed again and again
}

func (p *Planner) completer(columns []string) *completer {
	c := &completer{p: p, id: slices.Index(columns, export.ColumnID), names: map[export.ColumnSet]export.ColumnNames{}}
	for i, name := range neededColumns {
		c.needed[i] = slices.Index(columns, name)
	}
	return c
}

// complete fills in empty cells with Coupa's values: the Id and, where the planner knows them, the columns that every
// row needs. Where Coupa was not asked, only the login that was last sent is known. It is no key: by an outdated login
// Coupa would create a second account.
func (c *completer) complete(one *rowDraft) {
	if c.p.Notes != nil {
		return
	}
	if c.p.Answers == nil {
		if login := c.needed[0]; c.p.Memory != nil && login >= 0 && one.row.Cells[login].Lacks() && c.p.Sheet.First(&one.row) != login {
			known, _ := c.p.known(one.key)
			c.fill(one, login, known.Login)
		}
		return
	}
	u, ok := c.p.Answers.Found(one.key)
	if !ok {
		return
	}
	if c.id >= 0 && one.row.Cells[c.id].Lacks() {
		one.row.Cells[c.id] = export.Cell{Text: u.ID, State: export.Set}
	}
	for i, column := range neededColumns {
		if e, ok := c.p.Answers.Element(column); ok && c.needed[i] >= 0 {
			held, _ := u.Value(e)
			c.fill(one, c.needed[i], held.Text)
		}
	}
}

func (c *completer) fill(one *rowDraft, col int, text string) {
	if text != "" && one.row.Cells[col].Lacks() {
		one.row.Cells[col] = export.Cell{Text: text, State: export.Set}
		one.completed = one.completed.With(col)
	}
}

// columns returns the names of the columns of a set, in the order of the mapping. Rows share the result.
func (c *completer) columns(set export.ColumnSet, names []string) export.ColumnNames {
	if set == (export.ColumnSet{}) {
		return nil
	}
	list, ok := c.names[set]
	if !ok {
		for i, name := range names {
			if set.Has(i) {
				list = append(list, name)
			}
		}
		c.names[set] = list
	}
	return list
}

// The sheet's names of the rules that a row breaks if it lacks values that could be completed.
const ruleRequired, ruleKey = "required", "key"

const (
	sayNobodyHas  = "is empty, and cannot be completed: no Coupa user matches this person"
	sayNoneEither = "is empty, and cannot be completed: Coupa has none either (Coupa id %s)"
	sayNotShown   = "is empty, and cannot be completed: Coupa does not show it (Coupa id %s)"
	sayNotMade    = "is empty, and Coupa requires it: the mapping makes nothing of HR's values"
)

// unmade returns the needed columns without a value although the record has one in each field that they come from: a table that
// lacks it, for example. Only an expression can do that.
func (c *completer) unmade(rec *export.Record, m export.RowMapper, cells []export.Cell) (set export.ColumnSet) {
	for _, i := range c.needed {
		if i >= 0 && cells[i].State == export.Absent && m.Given(rec, i) {
			set = set.With(i)
		}
	}
	return set
}

// blame says of missing values which of them the mapping has lost.
func (c *completer) blame(one *rowDraft, rules []export.Fault) {
	if one.unmade == (export.ColumnSet{}) {
		return
	}
	for i, column := range neededColumns {
		for at, f := range rules {
			if f.Rule == ruleRequired && f.Field == column && c.needed[i] >= 0 && one.unmade.Has(c.needed[i]) {
				rules[at].Message = sayNotMade
			}
		}
	}
}

// onlyLacks reports whether a row breaks rules only by missing values.
func onlyLacks(rules []export.Fault) bool {
	return !slices.ContainsFunc(rules, func(f export.Fault) bool { return f.Rule != ruleRequired && f.Rule != ruleKey })
}

// explainMissing adds to the faults for missing values why they could not be completed from Coupa's answers.
func (c *completer) explainMissing(one *rowDraft, rules []export.Fault) {
	u, found := c.p.Answers.Found(one.key)
	for i, f := range rules {
		if f.Rule != ruleRequired {
			continue
		}
		e, _ := c.p.Answers.Element(f.Field)
		switch _, shown := u.Value(e); {
		case !found:
			rules[i].Message = sayNobodyHas
		case !shown:
			rules[i].Message = fmt.Sprintf(sayNotShown, u.ID)
		default:
			rules[i].Message = fmt.Sprintf(sayNoneEither, u.ID)
		}
	}
}
