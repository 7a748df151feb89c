package ledger

import (
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Move is one recorded move of a part. Where From and To are the same, only facts were added.
type Move struct {
	From export.PartState `json:"from"`
	To   export.PartState `json:"to"`
	At   time.Time        `json:"at"`
	Note string           `json:"note,omitempty"`
}

// Episode is one row of a person's story: the run it was in, and the part where it went into one.
type Episode struct {
	Run   export.RunRecord // with its Mapping; nil where the run kept none
	Row   export.RowResult
	Part  export.Part // its ID is 0 where the row went into no part
	Moves []Move      // of the part, oldest first
}

// Ahead is what the ledger has recorded with a time that is still to come, because the clock was ahead then or is behind
// now.
type Ahead struct {
	Latest    time.Time // the latest of these times; zero where there is none
	Approvals []export.Approval
}
