package export

import (
	"maps"
	"slices"
	"time"
)

// WriteLedger is what a Writer needs of durable state. Several goroutines call it.
type WriteLedger interface {
	// Bytes returns a part's bytes from the spool, checked against its hash.
	Bytes(Part) ([]byte, error)
	// PartRows calls f for each row of a part in order.
	PartRows(part int64, f func(RowResult) error) error
	// Writes returns the writes of a part's rows that have begun, by PartRow.
	Writes(part int64) (map[int]Write, error)
	// BeginWrite records that a row is about to be written, and what a call will empty. The content that an earlier
	// start has recorded of an emptied list stays.
	BeginWrite(Write) error
	// EndWrite records the answer: the outcome of the row, its user's number in Coupa, and what was confirmed. Unless the
	// outcome is Unchanged, all else that was confirmed of the person in the part's columns becomes unknown.
	EndWrite(w Write, r RowResult) error
	// Filled records which lists of u's person are filled again: all that u no longer has. says is added to the reason
	// of the row, unless it is "".
	Filled(u Unfilled, says string) error
	// Logins calls f with every login that the ledger knows, some of them more than once.
	Logins(f func(login string)) error
}

// Write is what the ledger has recorded about the calls for one row.
type Write struct {
	Part     int64
	PartRow  int
	CoupaID  string              // "" for a create without an answer
	Created  bool                // this row created the user
	Emptied  map[string][]string // lists, by column, with the names they had before a call emptied them
	Unfilled []string            // columns of Emptied that no read has shown filled since
	Answered time.Time           // zero until the last call was answered

	Confirmed Confirmed // for EndWrite: what the answer confirms; Writes does not return it
}

// Empties adds lists that the next call empties, with what they hold. What was recorded of a list before stays.
func (w *Write) Empties(held map[string][]string) {
	columns := slices.AppendSeq(slices.Clone(w.Unfilled), maps.Keys(held))
	slices.Sort(columns)
	w.Unfilled = slices.Compact(columns)
	maps.Copy(held, w.Emptied)
	w.Emptied = held
}
