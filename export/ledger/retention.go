package ledger

import "time"

// Retention sets how long finished things are kept. Unfinished and held runs stay, however old they are, and so do the
// people the ledger knows.
type Retention struct {
	Parts   time.Duration // the bytes of final parts
	Values  time.Duration // what rows hold of people beside their key: first cell, login, status, reason, what they changed
	History time.Duration // whole runs: parts, moves, rows; notices that were sent or given up, incidents that have ended
}

// Pruned counts what a pruning removed, or would remove.
type Pruned struct {
	Parts int   `json:"parts"` // parts removed from the spool
	Bytes int64 `json:"bytes"` // of them
	Rows  int   `json:"rows"`  // rows that lost their values
	Runs  int   `json:"runs"`  // runs removed completely

	Notices   int `json:"notices"`   // notices that were sent or given up
	Incidents int `json:"incidents"` // incidents that had ended
}
