package reconcile

import (
	"hash/maphash"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// look is how a person or a user looks: a hash of each value as it is compared. A person and a user who look alike in all columns
// in which the person says something are equal, and nothing of them is read again. Of others that is not known: they are compared
// cell by cell.
type look struct {
	of    [export.MaxColumns]uint64
	says  export.ColumnSet // a value is there
	blind bool             // of a person: some value is one of which looks say nothing
}

// say adds a value of a person. A limit may be sent by its name or its amount, and a column that removes is compared in its own
// way.
func (l *look) say(c *Comparison, i int, same string) {
	switch e := c.o.Columns[i]; {
	case e.Path == "" || e.Column == export.ColumnID:
	case e.Kind == export.KindLimit, e.Kind == export.KindRemoval:
		l.blind = true
	default:
		l.says, l.of[i] = l.says.With(i), maphash.String(c.masks.seeds[i], same)
	}
}

// userLook returns how a user looks. A value of parts, one that is not shown, and a name with a comma in it are left out: whether they
// are equal to a cell is not a matter of their texts alone.
func (c *Comparison) userLook(u export.User) (l look) {
	for i, e := range c.o.Columns[:c.o.Mapped] {
		v, known := u.Value(e)
		if !known || e.Path == "" || v.Parts != nil || e.Kind == export.KindStatus && !saysActive(v) || e.Empty != "" && strings.TrimSpace(v.Text) == e.Empty {
			continue
		}
		cell := export.Cell{State: export.Set, Text: v.Text}
		if v.List != nil {
			if slices.ContainsFunc(v.List, func(name string) bool { return strings.Contains(name, ",") }) {
				continue
			}
			cell.Text = strings.Join(v.List, ",")
		}
		if same, ok := (export.ElementCell{Element: e, Cell: cell}).Canonical(); ok {
			l.says, l.of[i] = l.says.With(i), maphash.String(c.masks.seeds[i], same)
		}
	}
	return l
}

// sum adds up the hashes in some columns; 0 is that no sum is known.
func (l *look) sum(in export.ColumnSet) (sum uint64) {
	if !l.says.Holds(in) {
		return 0
	}
	for i := range l.of {
		if in.Has(i) {
			sum += l.of[i]
		}
	}
	return max(sum, 1)
}

// fewMasks is for how many sets of columns the sums of users are kept. Most people say something in the same columns.
const fewMasks = 4

// masks are the sets of columns in which people say something. The first user closes the list: a set that comes later is not among
// them.
type masks struct {
	seeds  []maphash.Seed // of each mapped column
	exact  bool           // case counts, and looks do not have it
	sets   []export.ColumnSet
	closed bool
	mine   []int8   // of each person: the place in sets; below 0 where it is not known
	people []uint64 // sums of people, in the columns of theirs
	users  []uint64 // sums of users, one for each set
}

func newMasks(o Options) masks {
	m := masks{exact: o.ExactCase, seeds: make([]maphash.Seed, o.Mapped)}
	for i := range m.seeds {
		m.seeds[i] = maphash.MakeSeed()
	}
	return m
}

// person adds a person.
func (m *masks) person(l *look) {
	at := slices.Index(m.sets, l.says)
	switch {
	case l.blind || m.exact:
		at = -1
	case at < 0 && len(m.sets) < fewMasks && !m.closed:
		at = len(m.sets)
		m.sets = append(m.sets, l.says)
	}
	m.mine = append(m.mine, int8(at))
	sum := uint64(0)
	if at >= 0 {
		sum = l.sum(l.says)
	}
	m.people = append(m.people, sum)
}

// user adds a user.
func (m *masks) user(l *look) {
	m.closed = true
	for _, set := range m.sets {
		m.users = append(m.users, l.sum(set))
	}
}

// alike reports whether a person and a user, by their places, look alike. If not, they may still be equal.
func (m *masks) alike(one int, other int32) bool {
	at := m.mine[one]
	return at >= 0 && m.people[one] != 0 && m.people[one] == m.users[int(other)*len(m.sets)+int(at)]
}
