package ledger

import (
	"time"

	"github.com/hr2coupa/hr2coupa/export/baseline"
)

// Snapshot is a snapshot of everybody that was planned and not held.
type Snapshot struct {
	Number  int // of those that count, up to this one
	Counts  bool
	At      time.Time // when its run began
	Records int
	Config  string // as in export.RollCall
	Files   []string
}

// Roll is whom snapshots have had so far. The zero value is that of a ledger that knows no snapshot.
type Roll struct {
	Members *baseline.Members
	Last    *Snapshot         // the last one; nil where there is none
	Counted *Snapshot         // the last one that counts; nil where there is none
	Since   map[int]time.Time // when a snapshot began since which anybody is missing, by its number
}

// Missed returns in how many snapshots that count a person is missing since that number.
func (r *Roll) Missed(since int) int {
	if since == 0 || r.Counted == nil {
		return 0
	}
	return r.Counted.Number - since + 1
}
