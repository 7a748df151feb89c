package export

import (
	"fmt"
	"time"
)

// RunState is where a run stands; the ledger stores the word.
type RunState string

const (
	RunWorking RunState = "working" // begun; still at work, or interrupted
	RunHeld    RunState = "held"    // stopped by a limit, nothing sent
	RunOpen    RunState = "open"    // ended with parts that have no verdict
	RunEnded   RunState = "ended"   // every part is final
)

// RunRecord is one start of the program that planned something.
type RunRecord struct {
	ID      string     `json:"run"`     // the start's time in UTC, 20261123T140501Z; an older program gave -2 to a second one in that second
	Command string     `json:"command"` // run or drop
	State   RunState   `json:"state"`
	Started time.Time  `json:"started"`
	Ended   time.Time  `json:"ended,omitzero"`
	Input   int        `json:"input"` // records read from the feed
	Feed    int        `json:"-"`     // those of them that are new from HR's files, where the run was not held; else 0
	Exit    int        `json:"exit"`  // valid when State is not RunWorking
	Verdict RunVerdict `json:"verdict"`
	Held    []Breach   `json:"held,omitempty"` // which limits hold it, valid with RunHeld
	Files   []FeedFile `json:"files"`

	Mapping []Expression `json:"-"` // as it was in the run, for BeginRun; it comes back with a person's story
}

// Expression is one column of a mapping: which expression set it.
type Expression struct {
	Column string `json:"column"`
	Text   string `json:"expression"`
}

// SeenFile is what the ledger knows of a feed file it has seen.
type SeenFile struct {
	FeedFile
	Run      string
	RunState RunState
	// Later are the runs that planned again what its run had kept, in order; their rows name the file with @ and Run.
	Later []string
	Open  int  // rows of it, in its run or a later one, that ended quarantined, rejected or drifted
	Kept  bool // its run keeps records for the next plan
	// GivenUp is what of it was kept, in its run or the last of Later, and then given up.
	GivenUp GivenUp
}

// Left is how many rows of a file can be planned again.
func (f SeenFile) Left() int { return f.Open + f.GivenUp.Rows }

// GivenUp are rows that a run has kept for the next plan until a person settled the run as rejected.
type GivenUp struct {
	Run  string // whose plan kept them last; "" where none were given up
	By   string // the person
	Rows int
}

// Ledger is the durable state of runs, parts and rows. delivery and planning ask for less of it. Every call is durable when it returns; none takes a context,
// because cancelling stops waiting, never bookkeeping.
type Ledger interface {
	WriteLedger
	// BeginRun writes a run down as working, and returns it as it was written. It begins at Started, or in the first second
	// from then on in which no other run began; that is its ID too. A run that has an ID of its own keeps that and Started.
	BeginRun(RunRecord) (RunRecord, error)
	// Plan opens the one transaction in which a run's parts and rows are written.
	Plan(run string) (PlanTx, error)
	// EndRun writes down how a run stands; it may be called again when a later start settles its parts.
	EndRun(RunRecord) error
	// Run gives one run; "" the latest. ok is false where there is none.
	Run(id string) (r RunRecord, ok bool, err error)
	// Seen gives the last file seen under that name.
	Seen(name string) (f SeenFile, ok bool, err error)
	// SeenBytes gives the last file of these bytes whatever its name, for drop.
	SeenBytes(sha256 string) (f SeenFile, ok bool, err error)
	// Unfinished gives every part that is not final, oldest first, by run, wave and name.
	Unfinished() ([]Part, error)
	// Parts gives the parts of a run by wave and name.
	Parts(run string) ([]Part, error)
	// Move records a part as it now stands. The move from the state in the ledger to p.State must be one of the table.
	Move(p Part) error
	// Settle records a part's verdict and its rows' outcomes at once: results names the rows by PartRow, every other
	// row of the part gets rest.
	Settle(p Part, rest Outcome, results []RowResult) error
	// Keeps tells whether the ledger keeps records of a run for the next plan.
	Keeps(run string) (bool, error)
	// Rows calls f for each row of a run whose outcome is neither applied nor unchanged, by origin.
	Rows(run string, f func(RowResult) error) error
	// Counts adds up the records of a run by outcome.
	Counts(run string) (map[Outcome]int, error)
}

// PlanTx collects what one plan yields. Nothing of it exists until Commit.
type PlanTx interface {
	// AddPart writes the bytes to the spool and returns the part's id. Its name may still change until Commit.
	AddPart(p Part, data []byte) (int64, error)
	// NamePart gives a part its final name, once the number of parts is known.
	NamePart(id int64, name string) error
	// AddRow writes one row with its outcome so far: Pending for a row in a part.
	AddRow(RowResult) error
	// Keep keeps a record that is not sent, for the next plan. One that is replaced is not kept any more; the rows that it
	// had then say by which.
	Keep(KeptRecord) error
	// Commit makes the plan durable: the spool synced first, then the rows, the parts and what sum says.
	Commit(sum PlanSum) error
	// Restart forgets everything since Plan and leaves the plan open: what comes now is all of it.
	Restart() error
	// Rollback forgets everything since Plan; after Commit it does nothing.
	Rollback()
}

// PlanSum is what the ledger writes down of a plan beside its parts and rows.
type PlanSum struct {
	// Files were read. Those with Kept set are records that this plan has taken up: they are no longer kept by the
	// earlier one, and an earlier held run is held no more.
	Files []FeedFile
	Input int // records read
	Feed  int // new records of HR's files, for limits.shrink; 0 where they are no whole feed (drop, --again)
	// Held says why the plan sends nothing. A plan that is not held uses up every approval.
	Held []Breach
	// Beside says that a held run stays as it is: the plan has taken up and kept no record, and uses up no approval.
	Beside bool
}

// LockedError says that another run holds the ledger (exit 7).
type LockedError struct{ Holder string } // "pid 4711 on host hr1, hr2coupa run, since 2026-11-24T02:00:00Z"

func (e *LockedError) Error() string {
	return fmt.Sprintf("another run holds the lock: %s", e.Holder)
}

// Hints returns what to do.
func (e *LockedError) Hints() []string { return []string{"wait for it, or stop it"} }
