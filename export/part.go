package export

import (
	"fmt"
	"slices"
	"time"
)

// PartState is where one part stands; the Runner's loop picks the next step by it. The ledger stores the word.
type PartState string

const (
	Planned   PartState = "planned"   // bytes in the spool, nothing sent
	Staged    PartState = "staged"    // the temporary is written, closed and as large as ours
	Renaming  PartState = "renaming"  // about to rename: from here on Coupa may have it
	Delivered PartState = "delivered" // renamed; Coupa's to pick up
	Loading   PartState = "loading"   // seen in Coupa, its load id is known; on the API route: its rows are being written
	Stalled   PartState = "stalled"   // no verdict in time; asked again by the next run
	InDoubt   PartState = "in doubt"  // cannot be seen anywhere: a person decides
	Settled   PartState = "settled"   // has a verdict; final
	Dropped   PartState = "dropped"   // never sent and will not be (nothing left this machine); final
)

var moves = map[PartState][]PartState{
	Planned:   {Staged, Renaming, Loading, Dropped}, // Loading: on the API route
	Staged:    {Renaming, Planned},
	Renaming:  {Delivered, Staged, InDoubt, Planned},
	Delivered: {Loading, Stalled, Settled},
	Loading:   {Stalled, Settled},
	Stalled:   {Loading, Settled},
	InDoubt:   {Delivered, Planned, Settled},
}

// PartStates lists every state, in the order of a part's life.
func PartStates() []PartState {
	return []PartState{Planned, Staged, Renaming, Delivered, Loading, Stalled, InDoubt, Settled, Dropped}
}

// Final tells whether nothing more will happen to a part in this state.
func (s PartState) Final() bool { return s == Settled || s == Dropped }

// To returns the state to move to, or an error where the table of moves has no such move.
func (s PartState) To(next PartState) (PartState, error) {
	if !slices.Contains(moves[s], next) {
		return s, fmt.Errorf("a part cannot move from %q to %q", s, next)
	}
	return next, nil
}

// Part is one file of a batch. The ledger gives it its ID; the bytes lie in the spool.
type Part struct {
	ID       int64     `json:"-"`
	Run      string    `json:"-"`
	Name     string    `json:"name"`
	UserName string    `json:"user_name,omitempty"` // drop: the name the user's file had
	Route    Route     `json:"route,omitempty"`     // "" is csv
	Wave     int       `json:"wave"`
	Rows     int       `json:"rows"`
	Size     int64     `json:"size"`
	SHA256   string    `json:"sha256"`
	State    PartState `json:"state"`
	Temp     string    `json:"-"` // full path of the temporary on the server, the receipt; "" before staging
	Planned  time.Time `json:"planned"`
	Sent     time.Time `json:"sent,omitzero"` // when the rename was answered
	LoadID   string    `json:"load_id,omitempty"`
	Via      string    `json:"via,omitempty"` // api, page, archive: where the verdict was read
	Verdict  Verdict   `json:"verdict,omitempty"`
	Created  int       `json:"created"`            // users Coupa says it made from this part; -1 not known
	Updated  int       `json:"updated"`            // rows Coupa says it updated; -1 not known
	Note     string    `json:"note,omitempty"`     // why it stands where it stands, in words; no personal data
	ReadBack time.Time `json:"read_back,omitzero"` // when its users were last read back and compared with what was sent
}

// Outcome is what became of one record. Every record ends as exactly one.
type Outcome string

const (
	Applied     Outcome = "applied"     // accepted by Coupa without an error
	Unchanged   Outcome = "unchanged"   // not sent, known equal
	Held        Outcome = "held"        // its run was stopped by a limit
	Quarantined Outcome = "quarantined" // held back by us
	Rejected    Outcome = "rejected"    // refused by Coupa
	Drifted     Outcome = "drifted"     // accepted, but Coupa shows another value
	Pending     Outcome = "pending"     // no verdict yet, or effective later
)

// Outcomes lists every outcome in the order reports use.
func Outcomes() []Outcome {
	return []Outcome{Applied, Unchanged, Held, Quarantined, Rejected, Drifted, Pending}
}

// Mendable tells whether a row of that outcome did not reach Coupa and waits for somebody to mend it.
func (o Outcome) Mendable() bool { return o == Quarantined || o == Rejected || o == Drifted }

// RowResult is a row as ledger and report know it.
type RowResult struct {
	Part    int64   `json:"-"` // 0: never went into a part
	PartRow int     `json:"-"` // data row in its part, counted from 1
	Origin  Origin  `json:"origin"`
	Lines   int     `json:"records"` // how many records of the feed went into it, at least 1
	Key     string  `json:"key"`
	First   string  `json:"-"` // the row's first cell as sent
	Login   string  `json:"-"` // its Login cell, "" when it has none
	Status  string  `json:"-"` // its Status cell: active, inactive, "" when it has none
	Outcome Outcome `json:"outcome"`

	// Completed are the columns that HR's records lack and that went with what Coupa held.
	Completed ColumnNames `json:"completed,omitempty"`
	Faults    Faults      `json:"reason,omitempty"` // every broken rule, or Coupa's messages, or what it waits for
}

// The words of a Status cell.
const StatusActive, StatusInactive = "active", "inactive"

// Person is what the ledger knows of somebody for whom a row was applied: what was last sent.
type Person struct {
	Login  string // "" when none was sent
	Status string // active, inactive, "" when none was sent
}
