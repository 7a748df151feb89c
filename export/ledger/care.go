package ledger

import "fmt"

// Restore is the hint where something of a ledger is lost and the rest is sound.
const Restore = "restore the ledger folder from its backup"

// FromBackup says what to do when a ledger does not hold what was written to it.
const FromBackup = "stop the runs and go back to the last backup (hr2coupa ledger backup makes them)"

// DamagedError reports that the database of a ledger does not hold what was written to it.
type DamagedError struct {
	Path string
	Why  string // from the database or from our own check
	Err  error  // the database's own error; nil where our own check found the damage
}

// Error returns the message: which database, and why it is damaged.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("the ledger is damaged: %s: %s", e.Path, e.Why)
}

// Hints returns what to do.
func (e *DamagedError) Hints() []string { return []string{FromBackup} }

// Unwrap returns the database's own error, or nil.
func (e *DamagedError) Unwrap() error { return e.Err }

// Finding is one thing that is wrong with a ledger.
type Finding struct {
	Where string `json:"where"` // a path, a run, a part
	What  string `json:"what"`
	Fix   string `json:"fix"` // what to do
}

// Error returns what is wrong.
func (f Finding) Error() string { return f.Where + ": " + f.What }

// Hints returns what to do.
func (f Finding) Hints() []string { return []string{f.Fix} }

// Checked counts what a check has looked at and lists what it found.
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
	Files int    `json:"files"` // files of the spool
	Bytes int64  `json:"bytes"` // bytes of these files and of the database
	Key   bool   `json:"key"`   // the key of the hashes is among them
}
