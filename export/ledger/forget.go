package ledger

import (
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// Forgotten counts what was removed with a person.
type Forgotten struct {
	Known bool `json:"known"` // the ledger knew the person
	Rows  int  `json:"rows"`  // rows that lost key and values; they still count in their run's sums
	Spool int  `json:"spool"` // files removed from the spool
	Dated int  `json:"dated"` // records that waited for their day, and are not sent
}

// NotFinalError reports that a person cannot be forgotten yet: a part that holds them has no verdict.
type NotFinalError struct{ Part export.Part }

// Error returns what is wrong, with the part.
func (e *NotFinalError) Error() string {
	return fmt.Sprintf("part %s of run %s holds this person and is %s: what comes of it could not be accounted for", e.Part.Name, e.Part.Run, e.Part.State)
}

// Hints returns what to do.
func (e *NotFinalError) Hints() []string {
	return []string{"let hr2coupa run bring the part to its end (hr2coupa settle if it is stalled or in doubt), then forget the person"}
}

// UnfilledError reports that a person cannot be forgotten yet: a call has emptied lists of theirs, and only the ledger
// knows what they held.
type UnfilledError struct{ export.Unfilled }

// Error returns what is wrong, with the lists.
func (e *UnfilledError) Error() string {
	return fmt.Sprintf("a call of part %s has emptied %s of this person, and only the ledger knows what was there", e.Part, strings.Join(e.Columns(), ", "))
}

// Hints returns what to do.
func (e *UnfilledError) Hints() []string { return []string{e.ToDo() + "; then forget the person"} }
