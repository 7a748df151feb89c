package export

import (
	"fmt"
)

// Plan is the sum of what a Planner made.
type Plan struct {
	Files         []FeedFile
	Input         int // records read
	Rows          int // rows that go to Coupa
	Records       int // records in those rows: several for one person count each
	Quarantined   int // records held back
	Kept          int // records kept for the next plan: of a held run, or of people who wait
	Creates       int // rows of a checked plan that make new people; 0 where nobody was asked
	Completed     int // rows in which cells went with what Coupa held
	Deactivations int // rows with Status inactive
	Parts         int
	Waves         int
	Sets          int            // column sets
	Columns       map[string]int // rows that carry a column, as HR says it
	Bytes         int64
	Warnings      []Fault // what is doubtful in rows that go all the same; at most maxWarnings of them
	Doubtful      int     // all of them
}

// maxWarnings keeps a feed in which every row is doubtful from filling memory and diary.
const MaxWarnings = 50

// Balance returns an error where records have got lost on the way: count in must be count out.
func (p *Plan) Balance() error {
	if p.Input != p.Records+p.Quarantined+p.Kept {
		return Ours(fmt.Errorf("the sums do not add up, so nothing was sent: %d records in, %d to send, %d quarantined, %d kept",
			p.Input, p.Records, p.Quarantined, p.Kept))
	}
	return nil
}
