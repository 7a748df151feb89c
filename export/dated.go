package export

import "time"

// KeptDated stands in FeedFile.Kept for records that have waited in the ledger for their day, and not for the next plan.
const KeptDated = -1

// RuleEffective marks a record that holds from a later day on, and one of which that day cannot be read.
const RuleEffective = "effective"

// DatedRecord is a record of HR's that holds from a later day on. The ledger keeps it until then.
type DatedRecord struct {
	ID     int64
	Key    string            // its person
	Day    string            // as 2006-01-02
	Zone   string            // the time zone in which the day begins
	Origin Origin            // the name of its file ends with @ and the run that read it
	Fields map[string]string // those with a value: what a future record leaves blank is unknown
}

// Due reports whether the day has come.
func (r *DatedRecord) Due(now time.Time) bool {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil { // it was a zone when the record was read
		zone = time.UTC
	}
	return now.In(zone).Format(time.DateOnly) >= r.Day
}

// DatedChange is what a plan makes of a record that has waited for its day.
type DatedChange struct {
	Taken bool              // it is one of the plan's own records, and no longer waits
	Left  map[string]string // else: its fields that no newer record has replaced; nil: all of it is replaced
	By    Origin            // the newest record that replaced any of it
	Kept  bool              // an earlier plan has kept that one
}
