package export

import (
	"maps"
	"slices"
	"time"
)

// WriteLedger is what a Writer needs of durable state. It is called from several goroutines.
type WriteLedger interface {
	// Bytes gives a part's bytes from the spool, checked against its hash.
	Bytes(Part) ([]byte, error)
	// PartRows calls f for each row of a part in order.
	PartRows(part int64, f func(RowResult) error) error
	// Writes gives what was begun of a part's rows, by PartRow.
	Writes(part int64) (map[int]Write, error)
	// BeginWrite records that a row is about to be written, and what a call will empty; what an earlier start has
	// recorded of a list that it has emptied stays.
	BeginWrite(Write) error
	// EndWrite records the answer: what became of the row, and its user's number in Coupa.
	EndWrite(w Write, r RowResult) error
	// Filled records which lists of u's person are filled again: all that u does not have any more. says goes into the
	// reason of the row, where it is not "".
	Filled(u Unfilled, says string) error
	// Logins calls f with every login that the ledger knows, some of them more than once.
	Logins(f func(login string)) error
}

// Write is what the ledger knows of the calls for one row.
type Write struct {
	Part     int64
	PartRow  int
	CoupaID  string              // "" for a create that was not answered
	Created  bool                // the user was made by this row
	Emptied  map[string][]string // lists, by column, with the names they had before a call emptied them
	Unfilled []string            // columns of Emptied that nobody has seen filled since
	Answered time.Time           // zero until the last call was answered
}

// Empties notes lists that the next call empties, with what they hold. What was noted of a list before stays.
func (w *Write) Empties(held map[string][]string) {
	columns := slices.AppendSeq(slices.Clone(w.Unfilled), maps.Keys(held))
	slices.Sort(columns)
	w.Unfilled = slices.Compact(columns)
	maps.Copy(held, w.Emptied)
	w.Emptied = held
}
