package export

// VerifyLedger is what a Verifier needs of durable state.
type VerifyLedger interface {
	// Bytes returns a part's bytes from the spool, checked against its hash.
	Bytes(Part) ([]byte, error)
	// PartRows calls f for each row of a part in order.
	PartRows(part int64, f func(RowResult) error) error
	// Verified records in one step that a settled part was read back at p.ReadBack, and which of its rows are now
	// drifted or applied. results names them by PartRow; the others stay as they are.
	Verified(p Part, results []RowResult) error
	// Confirm records what is known of people after a settled part. It leaves out those whom a later part may have
	// changed since, and a dropped file confirms nothing.
	Confirm(part int64, people []Confirmed) error
}

// ReadBack is the result of reading users back.
type ReadBack struct {
	Rows      int            `json:"rows"`               // rows that were read back
	Confirmed int            `json:"confirmed"`          // cells that Coupa holds as they were sent
	Drifted   int            `json:"drifted"`            // cells that Coupa holds with another value
	Unknown   map[string]int `json:"unknown,omitempty"`  // cells that this instance does not show, by column
	NotRead   []string       `json:"not_read,omitempty"` // columns that Coupa's API shows nowhere
	Hidden    []string       `json:"hidden,omitempty"`   // columns that a default response filter hides from calls that do not name them
	Newer     int            `json:"newer,omitempty"`    // rows skipped, since something newer was sent for these people
	Pruned    int            `json:"pruned,omitempty"`   // rows skipped, since the ledger no longer has what was sent
	Why       string         `json:"why,omitempty"`      // why rows that Coupa has accepted were not read back
	Hint      string         `json:"hint,omitempty"`     // what to do about that
	Drift     []Drift        `json:"-"`                  // the first of the drifted cells, see Report.Drift
}

// Drift is a cell with another value in Coupa than was sent. Both values are personal data: for results on stdout,
// never for a log or a notice.
type Drift struct {
	Origin Origin `json:"origin"`
	Key    string `json:"key"`
	Column string `json:"column"`
	Sent   string `json:"sent"`
	Coupa  string `json:"held"`
}

// CellHash is the keyed hash of a value in a column. Equal values of one column have equal hashes, where equal is what
// reading back takes for equal. Two different values have the same hash once in 2^64 times.
type CellHash uint64

// Confirmed is what is known of a person after a row of theirs was sent, or was found equal: which cells Coupa holds as the row
// says, and in which columns it holds something else. It names columns and holds no value.
type Confirmed struct {
	Key             string     // HR's key of the person
	Columns         []string   // columns that Coupa holds as they were sent
	Hashes          []CellHash // of their values, in the same order
	Unknown         []string   // columns in which Coupa holds another value
	CoupaID, Number string     // of RowResult.Seen: Coupa's number of the user, and the employee number that it shows
}
