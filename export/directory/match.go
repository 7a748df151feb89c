package directory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	sayNoMatch     = "no user is looked for: the row has no value in any column of layout.match (%s)"
	sayTwoUsers    = "leads to another user in Coupa (Coupa id %s) than %s does (Coupa id %s)"
	sayContradicts = "Coupa has another one for the user to whom %s leads (Coupa id %s)"
	sayUnseen      = "Coupa does not show it for the user to whom %s leads (Coupa id %s), and it may be another"
)

// keyOrder returns the columns by which people are looked up, the strongest first.
func (f *Preflight) keyOrder() []string {
	if f.Match != nil {
		return f.Match
	}
	return keyColumns[:]
}

// firstKey returns the column by which a person is looked up first; "" where the row has a value in none.
func (f *Preflight) firstKey(one *identity) string {
	order := f.Match
	if order == nil {
		order = []string{export.ColumnID, f.Key, export.ColumnNumber, export.ColumnLogin}
	}
	i := slices.IndexFunc(order, func(column string) bool { return one.says(column) != "" })
	if i < 0 {
		return ""
	}
	return order[i]
}

// nextKey makes the next column of Match in which the row has a value the person's key. ok is false where there is none.
func (f *Preflight) nextKey(one *identity) (ok bool) {
	for _, column := range f.Match[slices.Index(f.Match, one.key)+1:] {
		if one.says(column) != "" {
			one.key = column
			return true
		}
	}
	return false
}

// tried reports whether a person is or was looked up by a column.
func (f *Preflight) tried(one *identity, column string) bool {
	if f.Match == nil {
		return column == one.key
	}
	i := slices.Index(f.Match, column)
	return i >= 0 && i <= slices.Index(f.Match, one.key)
}

// alsoMatched returns the columns of Match that are not in both noted and kept.
func (f *Preflight) alsoMatched() (columns []string) {
	for _, column := range f.Match {
		if column != export.ColumnID && !(slices.Contains(noted[:], column) && slices.Contains(kept[:], column)) {
			columns = append(columns, column)
		}
	}
	return columns
}

// others returns the columns whose values are looked up beside the key: those in which no two users have the same value,
// and those of Match.
func (f *Preflight) others() []string {
	columns := slices.Clone(otherColumns[:])
	for _, column := range f.Match {
		if column != export.ColumnID && !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
	}
	return columns
}

// unmatched adds faults to rows without a value in any column of Match: nothing says who they are about.
func (f *Preflight) unmatched(people []*identity) {
	if f.Match == nil {
		return
	}
	for _, one := range people {
		if one.key == "" {
			one.bad = true
			f.fault(one, "", "match", fmt.Sprintf(sayNoMatch, strings.Join(f.Match, ", ")))
		}
	}
}

// contradicts adds a fault where a column of Match before the one that has led to the user has another value in Coupa: the
// row may be about a new person with the login or the e-mail address of an earlier one. A blank value in Coupa is no fault,
// and neither is another login or e-mail address, since people get new ones.
func (f *Preflight) contradicts(one *identity) {
	for _, column := range f.Match[:slices.Index(f.Match, one.key)] {
		if one.says(column) == "" || column == export.ColumnLogin || column == export.ColumnEmail {
			continue
		}
		switch value, shown := one.value(column); {
		case !shown:
			f.fault(one, column, "match", fmt.Sprintf(sayUnseen, one.key, one.id))
		case value != "" && one.differs(column) && column == export.ColumnNumber && one.key == export.ColumnLogin:
			f.renumbered(one, "match", fmt.Sprintf(sayContradicts, one.key, one.id))
		case value != "" && one.differs(column):
			f.fault(one, column, "match", fmt.Sprintf(sayContradicts, one.key, one.id))
		}
	}
}
