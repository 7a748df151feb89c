// Package undone has the words of an undo: what becomes of a run that is taken back, cell by cell.
package undone

// Reason says what becomes of a cell, or of a person, that an undo does not take back.
type Reason string

// The reasons. The first two are no loss: the others cannot be undone.
const (
	AsBefore Reason = "as_before"     // Coupa holds the value from before already
	Changed  Reason = "changed_since" // Coupa holds neither what was sent nor what was there before
	Created  Reason = "created"       // a user that the run has created can only become inactive
	Unknown  Reason = "unknown"       // the value from before is not known: Coupa was not asked, or did not show it
	Pruned   Reason = "pruned"        // what the row has changed is no longer kept
	Hidden   Reason = "hidden"        // Coupa does not show now what it holds there
	Empty    Reason = "empty"         // it was empty, and no CSV file empties this column
	Identity Reason = "identity"      // the column decides who a row is about
	Form     Reason = "form"          // what Coupa has shown of it cannot be written as a cell
	Unmapped Reason = "unmapped"      // the mapping does not fill the column
	NoUser   Reason = "no_user"       // Coupa has no such user any more, or shows several
	NoKey    Reason = "no_key"        // no key of HR's leads to the user, whom a file by hand has changed
	Waits    Reason = "waits"         // a row of the person has no verdict yet
)

// Reasons returns every reason, in the order in which people are told of them: what cannot be undone comes first.
func Reasons() []Reason {
	return []Reason{
		Created, Unknown, Pruned, Hidden, Empty, Identity, Form, Unmapped, NoUser, NoKey, Waits, Changed, AsBefore,
	}
}

// Lost reports whether the reason is one why something cannot be undone.
func (r Reason) Lost() bool { return r != AsBefore && r != Changed }

// Whole reports whether the reason is about a person, and not about one cell.
func (r Reason) Whole() bool {
	return r == Created || r == Pruned || r == NoUser || r == NoKey || r == Waits
}

// Cell is a cell that an undo does not take back. It holds no value.
type Cell struct {
	Key    string `json:"key"`
	Column string `json:"column,omitempty"` // "" for the person as a whole
	Reason Reason `json:"reason"`
}

// MaxCells is how many cells of each reason a Summary names.
const MaxCells = 200

// Summary is what an undo of a run comes to before it is planned.
type Summary struct {
	Run    string         `json:"run"`    // the run that is undone
	People int            `json:"people"` // people with a cell that goes back
	Back   int            `json:"back"`   // cells that go back
	Left   map[Reason]int `json:"left"`   // cells that do not, or people with all their cells, by reason
	Cells  []Cell         `json:"cells"`  // of these the first of each reason, see MaxCells
}

// Leave counts a cell that does not go back.
func (u *Summary) Leave(c Cell) {
	if u.Left[c.Reason]++; u.Left[c.Reason] <= MaxCells {
		u.Cells = append(u.Cells, c)
	}
}
