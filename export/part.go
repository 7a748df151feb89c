package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// PartState is the state of one part; the Runner's loop picks the next step by it. The ledger stores the word.
type PartState string

const (
	Planned   PartState = "planned"   // bytes in the spool, nothing sent
	Staged    PartState = "staged"    // the temporary is written, closed and as large as ours
	Renaming  PartState = "renaming"  // about to rename: from here on Coupa may have it
	Delivered PartState = "delivered" // renamed; Coupa has to pick it up
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

// PartStates returns every state, in the order of a part's life.
func PartStates() []PartState {
	return []PartState{Planned, Staged, Renaming, Delivered, Loading, Stalled, InDoubt, Settled, Dropped}
}

// Final reports whether nothing more will happen to a part in this state.
func (s PartState) Final() bool { return s == Settled || s == Dropped }

// To returns the state to move to, or an error where the table of moves has no such move.
func (s PartState) To(next PartState) (PartState, error) {
	if !slices.Contains(moves[s], next) {
		return s, fmt.Errorf("a part cannot move from %q to %q", s, next)
	}
	return next, nil
}

// Part is one file of a batch. The ledger assigns its ID; its bytes are in the spool.
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
	Temp     string    `json:"-"` // full path of the temporary on the server; "" before staging
	Planned  time.Time `json:"planned"`
	Sent     time.Time `json:"sent,omitzero"` // when the rename was answered
	LoadID   string    `json:"load_id,omitempty"`
	Via      string    `json:"via,omitempty"` // api, page, archive: where the verdict was read
	Verdict  Verdict   `json:"verdict,omitempty"`
	Created  int       `json:"created"`            // users that Coupa says it created from this part; -1 unknown
	Updated  int       `json:"updated"`            // rows that Coupa says it updated; -1 unknown
	Notes    PartNotes `json:"note,omitempty"`     // why the part is in its state
	ReadBack time.Time `json:"read_back,omitzero"` // when its users were last read back and compared with what was sent
	Columns  Carried   `json:"-"`                  // of its rows, in their order; "" in a ledger of before they were recorded
}

// Carried are names of columns, one a line.
type Carried string

// CarriedColumns joins the names of columns; "" where that cannot be undone.
func CarriedColumns(names []string) Carried {
	if slices.ContainsFunc(names, func(name string) bool { return name == "" || strings.Contains(name, "\n") }) {
		return ""
	}
	return Carried(strings.Join(names, "\n"))
}

// Names returns the names of the columns; none where they are not known.
func (c Carried) Names() []string {
	if c == "" {
		return nil
	}
	return strings.Split(string(c), "\n")
}

// MarshalJSON adds what to do about the notes.
func (p Part) MarshalJSON() ([]byte, error) {
	type fields Part
	return json.Marshal(struct {
		fields
		Hint string `json:"hint,omitempty"`
	}{fields(p), p.Notes.Hint()})
}

// Outcome is the result of one record. Every record ends with exactly one.
type Outcome string

const (
	Applied     Outcome = "applied"     // accepted by Coupa without an error
	Unchanged   Outcome = "unchanged"   // not sent, known to be equal in Coupa
	Excluded    Outcome = "excluded"    // left out by a rule of the config
	Held        Outcome = "held"        // its run was stopped by a limit
	Quarantined Outcome = "quarantined" // held back by us
	Rejected    Outcome = "rejected"    // refused by Coupa
	Drifted     Outcome = "drifted"     // accepted, but Coupa shows another value
	Pending     Outcome = "pending"     // no verdict yet, or effective later
)

// Outcomes returns every outcome in the order of reports.
func Outcomes() []Outcome {
	return []Outcome{Applied, Unchanged, Excluded, Held, Quarantined, Rejected, Drifted, Pending}
}

// Mendable reports whether a row with that outcome did not reach Coupa and has to be fixed.
func (o Outcome) Mendable() bool { return o == Quarantined || o == Rejected || o == Drifted }

// RowResult is a row in the ledger and in reports.
type RowResult struct {
	Part    int64   `json:"-"` // 0: never went into a part
	PartRow int     `json:"-"` // data row in its part, counted from 1
	Origin  Origin  `json:"origin"`
	Lines   int     `json:"records"` // number of records of the feed in it, at least 1
	Key     string  `json:"key"`
	First   string  `json:"-"` // the row's first cell as sent
	Login   string  `json:"-"` // its Login cell, "" when it has none
	Status  string  `json:"-"` // its Status cell: active, inactive, "" when it has none
	Outcome Outcome `json:"outcome"`

	// Completed are the columns that HR's records lack and that were sent with Coupa's values.
	Completed ColumnNames   `json:"completed,omitempty"`
	Faults    Faults        `json:"reason,omitempty"` // every broken rule, or Coupa's messages, or what it waits for
	Counted   []string      `json:"-"`                // names of the limits of single columns that count its person: fill.Status, columns.Approver Login
	Kinds     ChangeKinds   `json:"-"`                // what the row would change; none where that was not known, or not stored yet
	Change    *PersonChange `json:"-"`                // in a plan: which cells; nil where no old value is known
	Seen      *Confirmed    `json:"-"`                // on the way into the ledger: of an unchanged row, what Coupa was seen to hold; nil where that is known already
}

// The words of a Status cell.
const StatusActive, StatusInactive = "active", "inactive"

// Person is what was last sent for a person with an applied row.
type Person struct {
	Login  string // "" when none was sent
	Status string // active, inactive, "" when none was sent
}
