package ledger

import (
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// Forgotten is what went with a person.
type Forgotten struct {
	Known bool `json:"known"` // the person stood among the people the ledger knows
	Rows  int  `json:"rows"`  // that lost key and values; they still count in their run's sums
	Spool int  `json:"spool"` // files of the spool that went
}

// NotFinalError says that a person cannot be forgotten yet, since a part that holds them is still on its way.
type NotFinalError struct{ Part export.Part }

func (e *NotFinalError) Error() string {
	return fmt.Sprintf("part %s of run %s holds this person and is %s: what comes of it could not be accounted for; "+
		"let hr2coupa run bring it to its end (hr2coupa settle where it is stalled or in doubt), then forget", e.Part.Name, e.Part.Run, e.Part.State)
}

// UnfilledError says that a person cannot be forgotten yet, since a call has emptied lists of theirs, and only the ledger
// knows what they held.
type UnfilledError struct{ export.Unfilled }

func (e *UnfilledError) Error() string {
	return fmt.Sprintf("a call of part %s has emptied %s of this person, and only the ledger knows what was there: %s; then forget",
		e.Part, strings.Join(e.Columns(), ", "), e.ToDo())
}
