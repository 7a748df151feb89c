package export

import (
	"fmt"
)

// Plan holds the sums of what a Planner made.
type Plan struct {
	Files         []FeedFile
	Input         int // records read
	Rows          int // rows that are sent to Coupa
	Records       int // records in those rows: several for one person count each
	Quarantined   int // records held back
	Kept          int // records kept for the next plan: of a held run, or of people who wait
	Creates       int // rows of a checked plan that create users; 0 where Coupa was not asked
	Unchanged     int // records that Coupa holds already
	Excluded      int // records that a rule of the config leaves out
	Same          int // people whom these are about
	SameByLedger  int // of them, those about whom Coupa was not asked, since they are as the ledger last confirmed them
	Completed     int // rows with cells that were filled from Coupa
	Deactivations int // people who become inactive, or of whom that is not known; all rows with Status inactive where rows are not compared
	Parts         int
	Waves         int
	Sets          int                // column sets
	Columns       map[string]int     // rows in which HR's data carries a column
	Compared      bool               // rows were compared, and Changes counts; else Columns is all that is known
	Filled        map[string]Filling // by column, where the ledger knows a value of anyone; not of earlier starts
	Changes       Changes            // what the rows that are sent change of their people; ChangeCase counts the unchanged ones too
	Tally         *Tally             // the same people with those of earlier starts in view; nil where these are not known
	Bytes         int64
	Warnings      []Fault // what is doubtful in rows that are sent all the same; at most MaxWarnings of them
	Doubtful      int     // all of them
	Overridden    []Fault // of Warnings those about cells that are not HR's, by an override of the config; all of them
}

// MaxWarnings keeps a feed with a warning in every row from filling memory and log.
const MaxWarnings = 50

// Balance returns an error where records were lost on the way: count in must be count out.
func (p *Plan) Balance() error {
	if p.Input != p.Records+p.Quarantined+p.Kept+p.Unchanged+p.Excluded {
		return Ours(fmt.Errorf("the sums do not add up, so nothing was sent: %d records in, %d to send, %d quarantined, %d kept, %d unchanged, %d excluded",
			p.Input, p.Records, p.Quarantined, p.Kept, p.Unchanged, p.Excluded))
	}
	return nil
}
