package ledger

import "fmt"

// FromBackup is what is to be done about a ledger that does not hold what was written to it.
const FromBackup = "stop the runs and go back to the last backup (hr2coupa ledger backup makes them)"

// DamagedError says that the database of a ledger does not hold what was written to it.
type DamagedError struct {
	Path string
	Why  string // in the database's words or ours
	Err  error  // the database's, nil where we have found it
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("the ledger is damaged: %s: %s; %s", e.Path, e.Why, FromBackup)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// Finding is one thing that is wrong with a ledger.
type Finding struct {
	Where string `json:"where"` // a path, a run, a part
	What  string `json:"what"`
	Fix   string `json:"fix"`
}

// Checked is what a check has looked at and found.
type Checked struct {
	Runs     int       `json:"runs"`
	Parts    int       `json:"parts"`
	Spooled  int       `json:"spooled"` // parts whose bytes are in the spool
	Rows     int       `json:"rows"`
	People   int       `json:"people"`
	Findings []Finding `json:"findings"` // never nil; empty: the ledger is sound
}

// Copied is what a backup holds.
type Copied struct {
	Dir   string `json:"dir"`
	Files int    `json:"files"` // of the spool
	Bytes int64  `json:"bytes"` // of them and of the database
}
