package export

import (
	"regexp"
	"time"
)

var partName = regexp.MustCompile(`(?:^|_)(Users_(\d{8}T\d{6}Z)_[0-9a-f]{8}_\d+of\d+\.(?:csv|jsonl))$`)

// PartNameIn finds the name of a part, of this ledger or another one, in the name under which Coupa lists a file; "" where
// there is none.
func PartNameIn(file string) string {
	if found := partName.FindStringSubmatch(file); found != nil {
		if _, err := time.Parse("20060102T150405Z", found[2]); err == nil {
			return found[1]
		}
	}
	return ""
}

// Water is how far a ledger has come. Its counters never go back, also where runs are pruned.
type Water struct {
	Runs, Parts int64
	Planned     bool     // a run of it was planned once
	Sent        []string // parts that left since the time asked for, oldest first
}
