package reconcile

import (
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Finding is what was found of one person of HR's, or of one user whom HR does not know. It holds personal data.
type Finding struct {
	Class  Class         `json:"class"`
	Doubt  Doubt         `json:"doubt,omitempty"`
	Column string        `json:"column,omitempty"` // the column of the doubt
	Key    string        `json:"key,omitempty"`    // HR's
	Origin export.Origin `json:"origin,omitzero"`
	ID     string        `json:"id,omitempty"`    // Coupa's number of the user
	Login  string        `json:"login,omitempty"` // Coupa's, or HR's where Coupa has no user
	Others []string      `json:"others,omitempty"`
	Whose  string        `json:"whose,omitempty"`  // HR's key of the person whose the user is
	Reason Reason        `json:"reason,omitempty"` // why a person or a user is left out
	Cause  Cause         `json:"cause,omitempty"`  // of Missing; that of other differences is with each cell
	Past   Past          `json:"ledger,omitempty"` // of a user whom HR does not know
	From   string        `json:"from,omitempty"`   // of JoinerEarly: the first day from which HR has a record
	Left   time.Time     `json:"left,omitzero"`    // of LeaverActive: the first moment of the day on which HR says that the person left
	Hours  *int          `json:"hours,omitempty"`  // from then until the comparison; below 0 where the day is ahead
	Open   string        `json:"open,omitempty"`   // the earlier run that the person is still open from
	Cells  []Cell        `json:"cells,omitempty"`  // old is Coupa's value, new HR's

	Inactive bool                   `json:"-"` // of Differs: both sides say that the person is inactive
	Said     map[string]export.Cell `json:"-"` // with Options.Whole: what HR says in each column, of whoever is paired, or missing
}

// Cell is a cell with two values, and why it has two.
type Cell struct {
	export.CellChange
	Cause Cause `json:"cause,omitempty"`
}

// Double is a value that several users of Coupa's have in a column in which each user's is their own.
type Double struct {
	Column string   `json:"column"`
	Value  string   `json:"value"`
	Users  int      `json:"users"`
	IDs    []string `json:"ids"` // of the first of them, by number
}

// Side is how much of one side was read, and what became of it.
type Side struct {
	Read     int            `json:"read"`
	Compared int            `json:"compared"`
	LeftOut  map[Reason]int `json:"left_out"`
	Hash     string         `json:"sha256"` // of all who are compared, whatever their order
}

// Result is what the comparison came to.
type Result struct {
	HR      Side                     `json:"hr"`    // in people: one with several records is one
	Coupa   Side                     `json:"coupa"` // in users
	Classes map[Class]int            `json:"classes"`
	Columns map[string]int           `json:"columns"` // people by column with two values
	Causes  map[string]map[Cause]int `json:"causes"`  // of Columns, as far as they are known
	Only    map[Class]map[Past]int   `json:"only"`    // users whom HR does not know, by what the ledger says of them
	Unshown map[string]int           `json:"unshown"` // people by column that Coupa does not show
	Doubles []Double                 `json:"doubles"`
	Active  map[Reason]int           `json:"left_out_active"` // users who are left out and may sign in
	Other   bool                     `json:"key_is_another"`  // HR's key is not what pairs, so that users of people who are left out count as unknown to HR
}

// Agrees reports whether both sides agree: about every person and every user, and no two users look like one person. A record
// of HR's that is quarantined says nothing certain, and so is no agreement. Nor is it one if no one was compared.
func (r *Result) Agrees() bool {
	if r.HR.Compared == 0 || r.HR.LeftOut[Quarantined] > 0 {
		return false
	}
	for class, n := range r.Classes {
		if n > 0 && !class.Agrees() {
			return false
		}
	}
	return len(r.Doubles) == 0
}

// OnlyUsers returns how many users are compared, and are none of HR's people.
func (r *Result) OnlyUsers() (n int) {
	for class, of := range r.Classes {
		if class.ofUser() {
			n += of
		}
	}
	return n
}

// shownIDs is how many users of one double are named.
const shownIDs = 10

func (s *Side) out() (n int) {
	for _, of := range s.LeftOut {
		n += of
	}
	return n
}
