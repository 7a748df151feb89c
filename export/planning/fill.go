package planning

import (
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
)

// fillCheck finds the columns in which the ledger knows a value of a person and HR's records have none now. One goroutine
// uses it. A nil *fillCheck finds nothing.
type fillCheck struct {
	c       *comparer
	none    []export.CellHash // by mapped column: the hash of no value
	emptied export.ColumnSet  // columns that hold the run
}

// fillCheck returns nil where nothing is known of people, or where the plan is only a first look.
func (p *Planner) fillCheck(c *comparer) *fillCheck {
	if c == nil || p.Notes != nil || c.hasher == nil && p.Memory == nil {
		return nil
	}
	f := &fillCheck{c: c}
	for i, e := range c.elements {
		if c.hasher != nil {
			none, _ := c.hasher.Hash(export.ElementCell{Element: e, Cell: export.Cell{State: export.Clear}})
			f.none = append(f.none, none)
		}
		for _, name := range p.Emptied {
			if name == e.Column {
				f.emptied = f.emptied.With(i)
			}
		}
	}
	return f
}

// look counts a person's cells as HR's records have them, before they are completed. A cell that the mapping clears is not
// blank. A record that could not be mapped says nothing.
func (f *fillCheck) look(b *built, one *rowDraft) {
	if f == nil || len(one.faults) > 0 {
		return
	}
	if b.filled == nil {
		b.filled = make([]export.Filling, len(f.c.elements))
	}
	confirmed := f.c.confirmed(one.key)
	person, _ := f.c.p.known(one.key)
	for i, cell := range one.row.Cells {
		if i == f.c.id || one.unsaid.Has(i) || !f.knows(i, confirmed, person) {
			continue
		}
		if b.filled[i].Known++; !cell.Lacks() {
			continue
		}
		b.filled[i].Blank++
		one.blank = one.blank.With(i)
		if f.emptied.Has(i) {
			one.counted = append(one.counted, export.FillLimit(f.c.elements[i].Column))
		}
	}
}

// knows reports whether the ledger knows a value of a person in a column. A value that Coupa alone knows is none that HR has
// delivered.
func (f *fillCheck) knows(i int, confirmed baseline.Entry, person export.Person) bool {
	if value, ok := confirmed.Of(f.c.elements[i].Column); ok {
		return value != f.none[i]
	}
	_, told := sentBefore(f.c.elements[i], person)
	return told
}

// sound counts the blanks of a person whose row is not quarantined.
func (f *fillCheck) sound(b *built, one *rowDraft) {
	if one.blank == (export.ColumnSet{}) {
		return
	}
	for i := range b.filled {
		if one.blank.Has(i) {
			b.filled[i].Sound++
		}
	}
}

// unsaid returns the columns of which a record says nothing, since it lacks every field that they come from. Only JSON Lines
// have such records.
func unsaid(rec *export.Record, m export.RowMapper, columns int) (set export.ColumnSet) {
	if rec.Missing == nil || rec.Fault != nil {
		return set
	}
	for i := range columns {
		if !m.Says(rec, i) {
			set = set.With(i)
		}
	}
	return set
}

// fill adds how the columns of a chunk are filled.
func (a *assembler) fill(filled []export.Filling) {
	names := a.p.Mapping.Columns()
	for i, f := range filled {
		if f.Known == 0 {
			continue
		}
		sum := a.plan.Filled[names[i]]
		a.plan.Filled[names[i]] = export.Filling{Known: sum.Known + f.Known, Blank: sum.Blank + f.Blank, Sound: sum.Sound + f.Sound}
	}
}
