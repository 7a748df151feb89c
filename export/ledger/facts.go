package ledger

import (
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Move is one recorded move of a part. Where From and To are the same, only facts were added.
type Move struct {
	From  export.PartState `json:"from"`
	To    export.PartState `json:"to"`
	At    time.Time        `json:"at"`
	Notes export.PartNotes `json:"note,omitempty"`
}

// Episode is one row of a person's story, with its run and, where the row went into a part, that part.
type Episode struct {
	Run   export.RunRecord // its Mapping is nil where the run recorded none
	Row   export.RowResult
	Part  export.Part // its ID is 0 where the row went into no part
	Moves []Move      // of the part, oldest first
}

// Sighting is what a plan has seen Coupa hold of a person whose row was equal. What was sent since may have made columns unknown: a
// baseline says which are known.
type Sighting struct {
	Run     string    // which may be pruned
	At      time.Time // when the plan was recorded
	Columns []string
}

// Ahead lists records with a time in the future: the clock was ahead when they were made, or it is behind now.
type Ahead struct {
	Latest    time.Time // the latest of these times; zero where there is none
	Approvals []export.Approval
}
