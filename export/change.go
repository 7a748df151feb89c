package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// ChangeKind is a way in which a row would change its person in Coupa. A person may change in several.
type ChangeKind uint8

// The kinds of change, in the order in which people are told of them.
const (
	ChangeCreate       ChangeKind = iota // Coupa has no such user yet
	ChangeDeactivation                   // active becomes inactive
	ChangeReactivation                   // inactive becomes active
	ChangeLogin
	ChangeNumber    // the employee number
	ChangeEmail     // the e-mail address
	ChangeRoleTaken // a role, a group or an entry of another list is lost
	ChangeRoleGiven // a role, a group or an entry of another list is gained
	ChangeFilled    // Coupa holds nothing there yet
	ChangeCase      // a login or an e-mail address differs in case alone
	ChangeOther
	ChangeUnchecked     // it is not known what Coupa holds there
	ChangeRoleAsked     // a role for which a person has to be asked is gained
	ChangeApprovalLimit // more may be approved than the config lets a feed give
	changeKinds
)

var changeWords = [changeKinds]string{
	"create", "deactivation", "reactivation", "login", "number", "email", "role_taken", "role_given", "filled", "case", "other", "unchecked", "role_asked", "approval_limit",
}

// ChangeKindsInOrder returns every kind of change, in the order in which people are told of them.
func ChangeKindsInOrder() []ChangeKind {
	out := make([]ChangeKind, changeKinds)
	for i := range out {
		out[i] = ChangeKind(i)
	}
	return out
}

// String returns the word of the kind, as results and the ledger have it.
func (k ChangeKind) String() string { return changeWords[k] }

// MarshalText returns the word of the kind.
func (k ChangeKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the word of a kind.
func (k *ChangeKind) UnmarshalText(text []byte) error {
	i := slices.Index(changeWords[:], string(text))
	if i < 0 {
		return fmt.Errorf("no kind of change is called %q", text)
	}
	*k = ChangeKind(i)
	return nil
}

// ChangeKinds is a set of kinds.
type ChangeKinds uint16

// With returns the set with a kind in it.
func (s ChangeKinds) With(k ChangeKind) ChangeKinds { return s | 1<<k }

// Has reports whether a kind is in the set.
func (s ChangeKinds) Has(k ChangeKind) bool { return s>>k&1 == 1 }

// List returns the kinds of the set, in their order.
func (s ChangeKinds) List() []ChangeKind {
	var out []ChangeKind
	for k := range changeKinds {
		if s.Has(k) {
			out = append(out, k)
		}
	}
	return out
}

// Chief returns the kind that says most of a person: that they are new, leave or come back; then that they get another login,
// e-mail address or number, which is ChangeLogin for all three; then ChangeUnchecked: nothing is known; else ChangeOther.
func (s ChangeKinds) Chief() ChangeKind {
	for _, k := range []ChangeKind{ChangeCreate, ChangeDeactivation, ChangeReactivation} {
		if s.Has(k) {
			return k
		}
	}
	switch {
	case s.Has(ChangeUnchecked):
		return ChangeUnchecked
	case s.Has(ChangeLogin), s.Has(ChangeEmail), s.Has(ChangeNumber):
		return ChangeLogin
	}
	return ChangeOther
}

// MarshalJSON returns a list of words.
func (s ChangeKinds) MarshalJSON() ([]byte, error) {
	list := s.List()
	if list == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(list)
}

// UnmarshalJSON reads a list of words.
func (s *ChangeKinds) UnmarshalJSON(data []byte) error {
	var kinds []ChangeKind
	if err := json.Unmarshal(data, &kinds); err != nil {
		return err
	}
	*s = 0
	for _, k := range kinds {
		*s = s.With(k)
	}
	return nil
}

// Compared says what a row was held against.
type Compared string

const (
	AgainstCoupa   Compared = "coupa"  // what Coupa showed a moment ago
	AgainstLedger  Compared = "ledger" // what was last confirmed: the old value is not known, only whether it is another
	AgainstNothing Compared = "none"   // a new user, or a person of whom nothing is known
)

// PersonChange is what a row would change of its person: the cells that differ, and what they come to. It holds personal
// data.
type PersonChange struct {
	CoupaID string       `json:"id,omitempty"`
	Against Compared     `json:"against"`
	Cells   []CellChange `json:"cells"` // in the order of the mapping
}

// CellChange is a cell with a value that Coupa does not hold, or is not known to hold.
type CellChange struct {
	Column string     `json:"column"`
	Kind   ChangeKind `json:"kind"` // as limits count it: a cell of which nothing is known counts as a change
	Old    string     `json:"old,omitempty"`
	New    string     `json:"new,omitempty"`
	Known  bool       `json:"known"` // false: what Coupa holds there is not known
	Gained []string   `json:"gained,omitempty"`
	Lost   []string   `json:"lost,omitempty"`
}

// Change compares a cell with what Coupa holds. changes is false where they are equal, and where a cell says nothing about
// a value: absent cells and actions. known is false where the answer did not show the element.
func (c ElementCell) Change(held Value, known bool) (d CellChange, changes bool) {
	if !c.comparable() {
		return d, false
	}
	d = CellChange{Column: c.Element.Column, New: c.shown(), Known: known}
	if known {
		switch c.against(held) {
		case CellConfirmed:
			if !c.otherCase(held) {
				return d, false
			}
			d.Kind, d.Old = ChangeCase, held.Text
			return d, true
		case CellUnknown:
			d.Known = false
		}
		d.Old = held.Show(c.Element.Kind)
	}
	if c.Element.Kind == KindNames {
		d.Gained, d.Lost = c.gainedAndLost(held)
	}
	d.Kind = c.kindOf(held, d)
	return d, true
}

// shown returns the text of a cell for people.
func (c ElementCell) shown() string {
	if c.empties() {
		return ""
	}
	return strings.TrimSpace(c.Cell.Text)
}

// otherCase reports whether an equal login or e-mail address is written in another case.
func (c ElementCell) otherCase(held Value) bool {
	if c.Element.Column != ColumnLogin && c.Element.Column != ColumnEmail {
		return false
	}
	return strings.TrimSpace(c.Cell.Text) != strings.TrimSpace(held.Text)
}

func (c ElementCell) gainedAndLost(held Value) (gained, lost []string) {
	was, is := NameSet(held.List), map[string]bool{}
	if !c.empties() {
		is = NameSet(SplitNames(c.Cell.Text))
	}
	for name := range is {
		if !was[name] {
			gained = append(gained, name)
		}
	}
	for name := range was {
		if !is[name] {
			lost = append(lost, name)
		}
	}
	slices.Sort(gained)
	slices.Sort(lost)
	return gained, lost
}

// kindOf returns the kind of a change. What is not known counts as a change, but for an active status: nearly every row
// has one, and it is a reactivation only of a person who is known to be inactive.
func (c ElementCell) kindOf(held Value, d CellChange) ChangeKind {
	switch {
	case c.Element.Kind == KindStatus && Truth(c.Cell.Text) != "true":
		return ChangeDeactivation
	case c.Element.Kind == KindStatus && d.Known:
		return ChangeReactivation
	case c.Element.Kind == KindNames && (len(d.Lost) > 0 || !d.Known):
		return ChangeRoleTaken
	case c.Element.Kind == KindNames:
		return ChangeRoleGiven
	case d.Known && sameValue(c.Element.Kind, Value{}, held):
		return ChangeFilled
	}
	return KindOfColumn(c.Element.Column)
}

// KindOfColumn returns the kind of another value in a column that is neither a status nor a list.
func KindOfColumn(column string) ChangeKind {
	switch column {
	case ColumnLogin:
		return ChangeLogin
	case ColumnNumber:
		return ChangeNumber
	case ColumnEmail:
		return ChangeEmail
	}
	return ChangeOther
}

// Has reports whether a column is among the cells that differ.
func (p *PersonChange) Has(column string) bool {
	return slices.ContainsFunc(p.Cells, func(c CellChange) bool { return c.Column == column })
}

// Replaces reports whether a column gets another value: neither a new user's, nor one where there was none, nor the same in
// another case.
func (p *PersonChange) Replaces(column string) bool {
	return slices.ContainsFunc(p.Cells, func(c CellChange) bool { return c.Column == column && c.replaces() })
}

func (c *CellChange) replaces() bool {
	return c.Kind != ChangeFilled && c.Kind != ChangeCreate && c.Kind != ChangeCase
}

// Kinds returns the kinds of a person's change.
func (p *PersonChange) Kinds() (s ChangeKinds) {
	for _, c := range p.Cells {
		s = s.With(c.Kind)
		if len(c.Gained) > 0 {
			s = s.With(ChangeRoleGiven)
		}
		if !c.Known {
			s = s.With(ChangeUnchecked)
		}
	}
	return s
}

// Changes counts the people of a plan by what would change of them. A person counts once for each kind and each column.
type Changes struct {
	People  int                // people with a row to send
	Chief   map[ChangeKind]int // each of them once, by the kind that says most; see ChangeKinds.Chief
	ByKind  map[ChangeKind]int // a person without a known old value counts for what the row may change, and as unchecked
	Columns map[string]int     // people with another value in a column, or with one that is not known

	Replaced map[string]int // those of Columns whom a limit of the column counts; see PersonChange.Replaces

	ExactCase bool // a login or an e-mail address in another case is sent, and so counts for its column
}

// NewChanges returns an empty count.
func NewChanges() Changes {
	return Changes{Chief: map[ChangeKind]int{}, ByKind: map[ChangeKind]int{}, Columns: map[string]int{}, Replaced: map[string]int{}}
}

// Add counts a person's row; carried are its columns, which count where no old value is known.
func (c *Changes) Add(r *RowResult, carried []string) {
	c.People++
	c.Chief[r.Kinds.Chief()]++
	for k := range changeKinds {
		if r.Kinds.Has(k) {
			c.ByKind[k]++
		}
	}
	if r.Change == nil {
		for _, name := range carried {
			if !slices.Contains(r.Completed, name) {
				c.Columns[name]++
				c.Replaced[name]++
			}
		}
		return
	}
	for _, cell := range r.Change.Cells {
		if cell.Kind != ChangeCase || c.ExactCase {
			c.Columns[cell.Column]++
		}
		if cell.replaces() {
			c.Replaced[cell.Column]++
		}
	}
}
