package export

// RollCall is who is in a snapshot of everybody, for the ledger, and who is missing of those whom earlier ones had. People
// are HR's keys.
type RollCall struct {
	// Counts says that the snapshot is whole as far as is known, so that those who are missing in it count as missing. That of a
	// held run never counts.
	Counts  bool
	Anew    bool     // what snapshots are about has changed: whoever is missing is forgotten
	Records int      // of HR's
	Config  string   // a hash of what of the config decides whom a snapshot has
	Files   []string // names of its files
	New     []string // in a snapshot for the first time
	Back    []string // missing in the last one that counts, and here again
	Missing []string // missing for the first time
}

// Gone is what a snapshot comes to for people whom earlier ones had and who are missing in it. Only those count whom the ledger
// knows and who are not inactive already.
type Gone struct {
	Missing    int    `json:"missing"`               // for however long
	Due        int    `json:"due"`                   // of them, those who are missing for long enough (feed.gone_after)
	Deactivate bool   `json:"deactivate"`            // feed.gone is deactivate: Due are records of this plan
	Snapshots  int    `json:"snapshots"`             // feed.gone_after
	Days       int    `json:"days"`                  // feed.gone_after
	NotCounted string `json:"not_counted,omitempty"` // why the snapshot does not count, where anybody is missing
}
