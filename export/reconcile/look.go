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
	of    []uint64 // of each mapped column
	says  export.ColumnSet
	blind bool      // of a person: some value is one of which looks say nothing
	limit limitForm // of a person: how their limits are written
}

func (l *look) reset(mapped int) {
	if l.of == nil {
		l.of = make([]uint64, mapped)
	}
	l.says, l.blind, l.limit = export.ColumnSet{}, false, noLimit
}

// limitForm is how a limit is written. A user's limit may have both forms.
type limitForm uint8

const (
	noLimit limitForm = iota
	byAmount
	byName
)

// formOf returns the form of a limit; noLimit for a blank one, and for a text of which equality is more than that of its bytes.
func formOf(text string) limitForm {
	text = strings.TrimSpace(text)
	if !plain(text) {
		return noLimit
	}
	if plainLimit(text) != "" {
		return byAmount
	}
	if _, _, ok := export.ParseLimit(text); ok {
		return byAmount
	}
	return byName
}

// say adds a value of a person, and same as it is compared. A column that removes is compared in its own way.
func (l *look) say(c *Comparison, i int, text, same string) {
	switch e := c.o.Columns[i]; {
	case e.Path == "" || e.Column == export.ColumnID:
	case e.Kind == export.KindLimit:
		form := formOf(text)
		if form == noLimit || l.limit != noLimit && l.limit != form {
			l.blind = true
			return
		}
		l.limit = form
		l.set(c, i, same, form)
	case e.Kind == export.KindRemoval:
		l.blind = true
	default:
		l.set(c, i, same, noLimit)
	}
}

func (l *look) set(c *Comparison, i int, same string, form limitForm) {
	l.says, l.of[i] = l.says.With(i), maphash.String(c.masks.seeds[i], same)+uint64(form) // an amount is never a name
}

// shows adds a value of a user, and same as it is compared where it is one text. A value of parts, one that is not shown, and a name
// with a comma in it are left out: whether they are equal to a cell is not a matter of their texts alone.
func (l *look) shows(c *Comparison, i int, v export.Value, same string) {
	e := c.o.Columns[i]
	switch {
	case e.Path == "" || e.Kind == export.KindStatus && !saysActive(v) || e.Empty != "" && strings.TrimSpace(v.Text) == e.Empty:
	case e.Kind == export.KindLimit:
		l.showsLimit(c, i, v)
	case v.Parts != nil:
	case v.List != nil:
		if slices.ContainsFunc(v.List, func(name string) bool { return strings.Contains(name, ",") }) {
			return
		}
		text := strings.Join(v.List, ",")
		if e.Empty != "" && strings.TrimSpace(text) == e.Empty { // in a cell it would stand for nothing
			return
		}
		if names, ok := sameText(e, text); ok {
			l.set(c, i, names, noLimit)
		}
	case e.Kind != export.KindAction && e.Kind != export.KindRemoval:
		l.set(c, i, same, noLimit)
	}
}

// showsLimit adds a limit of a user in the form in which people's limits are written.
func (l *look) showsLimit(c *Comparison, i int, v export.Value) {
	text, want := v.Text, noLimit
	if v.Parts != nil {
		if want = c.masks.limit; want == byName {
			text = v.Parts["name"]
		} else {
			text = strings.TrimSpace(v.Parts["amount"]) + " " + strings.TrimSpace(v.Parts["currency.code"])
		}
	}
	form := formOf(text)
	if form == noLimit || want != noLimit && form != want {
		return
	}
	if same, ok := sameText(c.o.Columns[i], text); ok {
		l.set(c, i, same, form)
	}
}

// sum adds up the hashes in some columns; 0 is that no sum is known.
func (l *look) sum(in export.ColumnSet) (sum uint64) {
	if !l.says.Holds(in) {
		return 0
	}
	for i, of := range l.of {
		if in.Has(i) {
			sum += of
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
	limit  limitForm      // of the first person who has a limit; whoever has one in the other form is compared by cells
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
	if m.limit == noLimit && !l.blind {
		m.limit = l.limit
	}
	at := slices.Index(m.sets, l.says)
	switch {
	case l.blind || m.exact || l.limit != noLimit && l.limit != m.limit:
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
