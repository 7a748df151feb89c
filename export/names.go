package export

import (
	"fmt"
	"regexp"
	"time"
)

var partName = regexp.MustCompile(`(?:^|_)(Users_(\d{8}T\d{6}Z)_[0-9a-f]{8}_\d+of\d+\.(?:csv|jsonl))$`)

// PartNameIn returns the name of a part, of this ledger or another one, in the name under which Coupa lists a file; ""
// where there is none.
func PartNameIn(file string) string {
	if found := partName.FindStringSubmatch(file); found != nil {
		if _, err := time.Parse(runID, found[2]); err == nil {
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

// runID is the form of a run's id and of the beginning of its parts' names: the time of its start.
const runID = "20060102T150405Z"

// RunID returns the id of a run that begins at a time.
func RunID(started time.Time) string { return started.UTC().Format(runID) }

// PartName returns the name of one part of a batch. The hash helps people and look-ups; numbers are padded so that the
// names sort in the order of sending.
func PartName(started time.Time, batch string, number, of int, by Route) string {
	width := len(fmt.Sprint(of))
	return fmt.Sprintf("Users_%s_%s_%0*dof%d.%s", RunID(started), batch[:8], width, number, of, by.ending())
}

// ending returns the ending of the names of a route's parts.
func (r Route) ending() string {
	if r == ByAPI {
		return "jsonl"
	}
	return "csv"
}
