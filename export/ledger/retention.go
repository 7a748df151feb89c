package ledger

import "time"

// Retention tells how long what is over is kept. What is unfinished or held stays however old it is, and so do the
// people the ledger knows.
type Retention struct {
	Parts   time.Duration // the bytes of final parts
	Values  time.Duration // what rows hold of people beside their key: first cell, login, status, reason
	History time.Duration // whole runs: parts, moves, rows; notices that were sent or given up, incidents that have ended
}

// Pruned is what a pruning took away, or would take away.
type Pruned struct {
	Parts int   `json:"parts"` // whose bytes left the spool
	Bytes int64 `json:"bytes"` // of them
	Rows  int   `json:"rows"`  // that lost their values
	Runs  int   `json:"runs"`  // that are gone whole

	Notices   int `json:"notices"`   // that were sent or given up
	Incidents int `json:"incidents"` // that had ended
}
