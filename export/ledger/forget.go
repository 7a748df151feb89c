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
}

// NotFinalError reports that a person cannot be forgotten yet: a part that holds them has no verdict.
type NotFinalError struct{ Part export.Part }

// Error returns the message, with the part and what to do.
func (e *NotFinalError) Error() string {
	return fmt.Sprintf("part %s of run %s holds this person and is %s: what comes of it could not be accounted for; "+
		"let hr2coupa run bring it to its end (hr2coupa settle where it is stalled or in doubt), then forget", e.Part.Name, e.Part.Run, e.Part.State)
}

// UnfilledError reports that a person cannot be forgotten yet: a call has emptied lists of theirs, and only the ledger
// knows what they held.
type UnfilledError struct{ export.Unfilled }

// Error returns the message, with the lists and what to do.
func (e *UnfilledError) Error() string {
	return fmt.Sprintf("a call of part %s has emptied %s of this person, and only the ledger knows what was there: %s; then forget",
		e.Part, strings.Join(e.Columns(), ", "), e.ToDo())
}
