package planning

import (
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
)

// comparer compares rows with what Coupa shows of their people, or with what the ledger knows of them. One goroutine uses
// it.
type comparer struct {
	p        *Planner
	elements []export.Element              // of the mapped columns; without a path where Coupa shows none
	id       int                           // the column Id, which names a person and says nothing of them; -1 where rows have none
	roles    int                           // the column of roles; -1 where rows have none
	limited  map[string]string             // names of limits, by the columns that have one of their own
	hasher   *baseline.Hasher              // nil where nothing was confirmed
	sees     *baseline.Hasher              // hashes what Coupa is seen to hold; nil where that is not recorded
	shapes   map[export.ColumnSet][]string // names of the columns that were seen; nearly all rows have the same
}

func (p *Planner) comparer(columns []string) *comparer {
	if p.Compare == nil {
		return nil
	}
	c := &comparer{p: p, elements: make([]export.Element, len(columns)), id: slices.Index(columns, export.ColumnID), roles: slices.Index(columns, export.ColumnRoles)}
	c.limited = p.Used.Columns()
	for i, name := range columns {
		c.elements[i], _ = p.Compare(name)
		c.elements[i].Column = name
	}
	if p.Confirmed.Len() > 0 && !p.HashKey.IsZero() {
		c.hasher = p.HashKey.Hasher()
	}
	if p.Sees && p.Answers != nil && !p.HashKey.IsZero() {
		c.sees, c.shapes = p.HashKey.Hasher(), map[export.ColumnSet][]string{}
	}
	return c
}

// comparison is what a row was found to change. The zero value is that of a row that was not compared.
type comparison struct {
	change *export.PersonChange // the cells that differ; nil where no old value is known
	kinds  export.ChangeKinds
	equal  bool // Coupa holds the whole row already
}

// judge compares a complete row as compare does, with what the limits and the rules of roles say of it. A fault holds the row
// back.
func (c *comparer) judge(one *rowDraft, status int) (comparison, *export.Fault) {
	if f := c.giving(one, status); f != nil {
		return comparison{}, f
	}
	cmp := c.raises(one, c.asks(one, c.compare(one)))
	if f := c.holding(one, cmp); f != nil {
		return comparison{}, f
	}
	one.counted = append(one.counted, c.columns(one, cmp)...)
	return cmp, nil
}

// compare compares a complete row. Its logins and e-mail addresses are written as Coupa writes them where they differ in
// case alone, unless the planner sends case too.
func (c *comparer) compare(one *rowDraft) comparison {
	var cmp comparison
	switch u, found := c.user(one.key); {
	case found:
		cmp = c.withCoupa(one, u)
	case c.p.Answers != nil:
		cmp = c.create(one)
	default:
		cmp = c.unchecked(one)
	}
	cmp.equal = cmp.equal && !c.p.Full
	return cmp
}

func (c *comparer) user(key string) (u export.User, found bool) {
	if c.p.Answers == nil {
		return u, false
	}
	return c.p.Answers.Found(key)
}

func (c *comparer) withCoupa(one *rowDraft, u export.User) comparison {
	change := &export.PersonChange{CoupaID: u.ID, Against: export.AgainstCoupa}
	confirmed := c.confirmed(one.key)
	equal := true
	for i, cell := range one.row.Cells {
		if i == c.id || cell.State == export.Absent || one.completed.Has(i) {
			continue
		}
		held, known := u.Value(c.elements[i])
		known = known && c.elements[i].Path != ""
		said := export.ElementCell{Element: c.elements[i], Cell: cell}
		d, changes := said.Change(held, known)
		if !changes || !d.Known && c.was(confirmed, said) == wasEqual {
			continue
		}
		if d.Kind == export.ChangeCase && !c.p.ExactCase {
			one.row.Cells[i].Text = held.Text
		} else {
			equal = false
		}
		change.Cells = append(change.Cells, lasting(d))
	}
	if change.Cells == nil {
		return comparison{equal: true}
	}
	return comparison{change: change, kinds: change.Kinds(), equal: equal}
}

// seen returns what Coupa was seen to hold of the person of an equal row, column by column; nil where the ledger knows all of it, and
// where Coupa was not asked. A column that Coupa does not show is not in it: nothing was seen of it.
func (c *comparer) seen(one *rowDraft) *export.Confirmed {
	if c == nil || c.sees == nil || one.sure {
		return nil
	}
	u, found := c.user(one.key)
	if !found {
		return nil
	}
	last, news := c.confirmed(one.key), false
	var set export.ColumnSet
	hashes := make([]export.CellHash, 0, len(c.elements))
	for i, cell := range one.row.Cells {
		if i == c.id || cell.State == export.Absent || one.completed.Has(i) || c.elements[i].Path == "" {
			continue
		}
		said := export.ElementCell{Element: c.elements[i], Cell: cell}
		held, known := u.Value(said.Element)
		if d, changes := said.Change(held, known); !known || changes && d.Kind != export.ChangeCase {
			continue
		}
		if sum, ok := c.sees.Hash(said); ok {
			before, is := last.Of(said.Element.Column)
			news = news || !is || before != sum
			set = set.With(i)
			hashes = append(hashes, sum)
		}
	}
	if !news {
		return nil
	}
	number := export.Value{}
	if e, ok := c.p.Answers.Element(export.ColumnNumber); ok {
		number, _ = u.Value(e)
	}
	return &export.Confirmed{Columns: c.columnsOf(set), Hashes: hashes, CoupaID: u.ID, Number: number.Text}
}

// columnsOf returns the names of a set of columns: one list for all rows that have it.
func (c *comparer) columnsOf(set export.ColumnSet) []string {
	columns, ok := c.shapes[set]
	if !ok {
		for i, e := range c.elements {
			if set.Has(i) {
				columns = append(columns, e.Column)
			}
		}
		c.shapes[set] = columns
	}
	return columns
}

// create returns what a row of a new user says.
func (c *comparer) create(one *rowDraft) comparison {
	change := &export.PersonChange{Against: export.AgainstNothing}
	for i, cell := range one.row.Cells {
		if cell.State == export.Set && strings.TrimSpace(cell.Text) != "" {
			change.Cells = append(change.Cells, export.CellChange{
				Column: c.elements[i].Column, Kind: export.ChangeCreate, New: strings.Clone(strings.TrimSpace(cell.Text)), Known: true,
			})
		}
	}
	return comparison{change: change, kinds: export.ChangeKinds(0).With(export.ChangeCreate)}
}

// unchecked returns what a row may change of a person whom Coupa was not asked about. It is compared with what was last
// confirmed. Where that is not known, the ledger knows the login and the status that were sent last. What is not known at all
// counts as a change. What was sent last and not confirmed since is not known to be in Coupa: the row is not equal.
func (c *comparer) unchecked(one *rowDraft) comparison {
	known, _ := c.p.known(one.key)
	confirmed := c.confirmed(one.key)
	first := c.p.Sheet.First(&one.row)
	carried := c.p.Sheet.Carried(&one.row)
	var change *export.PersonChange
	if len(confirmed.Columns()) > 0 {
		change = &export.PersonChange{Against: export.AgainstLedger}
	}
	var kinds export.ChangeKinds
	same := 0
	doubtful := false // the row may be about another account than before
	unsure := false   // a cell was sent, and whether Coupa holds it is not known
	for i, cell := range one.row.Cells {
		if cell.State == export.Absent || one.completed.Has(i) || !carried.Has(i) {
			continue
		}
		said := export.ElementCell{Element: c.elements[i], Cell: cell}
		was := c.was(confirmed, said)
		switch {
		case i == c.id, i == first && was == wasUnknown:
			doubtful = true
			continue
		case was == wasEqual:
			same++
			continue
		}
		held, told := sentBefore(said.Element, known)
		d, changes := said.Change(held, told)
		if told && !changes && was != wasUnknown { // sent before, and Coupa was confirmed to hold another value
			held, told = export.Value{}, false
			d, changes = said.Change(held, told)
		}
		if !changes || d.Kind == export.ChangeCase {
			unsure = unsure || told
			continue
		}
		if !told && was != wasUnknown {
			d = againstLedger(d, said, was)
		}
		kinds = kinds.With(d.Kind)
		if !d.Known {
			kinds = kinds.With(export.ChangeUnchecked)
		}
		if change != nil {
			change.Cells = append(change.Cells, lasting(d))
		}
	}
	if change == nil {
		return comparison{kinds: kinds.With(export.ChangeUnchecked)}
	}
	if (doubtful || unsure) && change.Cells == nil {
		kinds = kinds.With(export.ChangeUnchecked)
	}
	return comparison{change: change, kinds: kinds, equal: same > 0 && !doubtful && !unsure && change.Cells == nil}
}

// sure reports whether a complete row equals what was last confirmed of its person, so that Coupa need not be asked.
func (c *comparer) sure(one *rowDraft) bool {
	return c != nil && c.p.Trusting && c.hasher != nil && !c.p.Full && !c.p.ExactCase && c.unchecked(one).equal
}

// againstLedger completes the change of a cell of which it is known only whether the old value was another one or none.
func againstLedger(d export.CellChange, said export.ElementCell, was wasIt) export.CellChange {
	d.Known = true
	switch {
	case said.Element.Kind == export.KindStatus:
		if d.Kind != export.ChangeDeactivation {
			d.Kind = export.ChangeReactivation
		}
	case said.Element.Kind == export.KindNames && was == wasEmpty:
		d.Kind = export.ChangeRoleGiven
	case said.Element.Kind == export.KindNames:
		d.Gained = nil // which of them are new is not known
	case was == wasEmpty:
		d.Kind = export.ChangeFilled
	}
	return d
}

// wasIt is what is known of the value that a cell would replace.
type wasIt uint8

const (
	wasUnknown wasIt = iota
	wasEqual
	wasEmpty // there was none
	wasOther
)

// confirmed returns what was last confirmed of a person.
func (c *comparer) confirmed(key string) baseline.Entry {
	if c.hasher == nil {
		return baseline.Entry{}
	}
	b, _ := c.p.Confirmed.Of(key)
	return b
}

func (c *comparer) was(b baseline.Entry, said export.ElementCell) wasIt {
	before, known := b.Of(said.Element.Column)
	if !known {
		return wasUnknown
	}
	if now, ok := c.hasher.Hash(said); !ok || now == before {
		return wasEqual
	}
	none, _ := c.hasher.Hash(export.ElementCell{Element: said.Element, Cell: export.Cell{State: export.Clear}})
	if none == before {
		return wasEmpty
	}
	return wasOther
}

// sentBefore returns the value of an element that was sent last for a person; told is false where that is not known.
func sentBefore(e export.Element, known export.Person) (held export.Value, told bool) {
	switch e.Column {
	case export.ColumnLogin:
		return export.Value{Text: known.Login}, known.Login != ""
	case export.ColumnStatus:
		return export.Value{Text: known.Status}, known.Status != ""
	}
	return export.Value{}, false
}

// lasting returns a change with texts of its own: a row's texts are valid only for a while.
func lasting(d export.CellChange) export.CellChange {
	d.New = strings.Clone(d.New)
	for i, name := range d.Gained {
		d.Gained[i] = strings.Clone(name)
	}
	return d
}

// columns returns the limits of single columns that count a row's person: those of columns that get another value, or of all that the row
// carries where nothing is known.
func (c *comparer) columns(one *rowDraft, cmp comparison) (limits []string) {
	if len(c.limited) == 0 || cmp.kinds == 0 {
		return nil
	}
	first, carried := c.p.Sheet.First(&one.row), c.p.Sheet.Carried(&one.row)
	for i, e := range c.elements {
		changes := i != c.id && i != first && carried.Has(i) && !one.completed.Has(i)
		if cmp.change != nil {
			changes = cmp.change.Replaces(e.Column)
		}
		if limit, ok := c.limited[e.Column]; ok && changes {
			limits = append(limits, limit)
		}
	}
	return limits
}
