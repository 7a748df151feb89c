package export

import (
	"fmt"
	"time"
)

// RunState is the state of a run; the ledger stores the word.
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
	Feed    int        `json:"-"`     // those that are new from HR's files, where they are the measure of the next feed (PlanSum.AnySize); else 0
	Exit    int        `json:"exit"`  // valid when State is not RunWorking
	Verdict RunVerdict `json:"verdict"`
	Held    []Breach   `json:"held,omitempty"` // the limits that hold it, valid with RunHeld
	Files   []FeedFile `json:"files"`
	// Operator is who started it, for BeginRun.
	Operator Operator `json:"planned_by,omitzero"`

	Mapping []Expression `json:"-"` // the mapping of the run, for BeginRun; only a person's story returns it
	// Config is what of the config decides about its rows, for BeginRun: the path of a value to the value's SHA-256. Only a
	// SeenFile returns it.
	Config map[string]string `json:"-"`
}

// Expression is one column of a mapping with the text of its expression.
type Expression struct {
	Column string `json:"column"`
	Text   string `json:"expression"`
}

// SeenFile is what the ledger knows of a feed file it has seen.
type SeenFile struct {
	FeedFile
	Run      string
	RunState RunState
	// Later are the runs that planned its kept records again, in order; their rows name the file with @ and Run.
	Later []string
	// Before are earlier runs that planned the same bytes (--again, --replan), in order: the rows of records that they kept
	// name the file with @ and that run.
	Before []string
	// Open are the rows of its run that ended quarantined, rejected or drifted, those of the run's other files among them;
	// OpenLater are its own rows that ended so in a run of Later.
	Open, OpenLater int

	Kept   bool // its run keeps records for the next plan
	Pruned bool // its run is pruned: nothing is known of its rows, nor of what went before or after them
	// Config is RunRecord.Config of its run; nil is not known.
	Config map[string]string
	// GivenUp are its rows that were kept, in its run or the last of Later, and then given up.
	GivenUp GivenUp
}

// KeptAs returns the names under which later runs have the rows of records of the file that were kept.
func (f SeenFile) KeptAs() []string {
	names := []string{f.Name + "@" + f.Run}
	for _, run := range f.Before {
		names = append(names, f.Name+"@"+run)
	}
	return names
}

// Left returns how many rows of a file can be planned again.
func (f SeenFile) Left() int { return f.Open + f.OpenLater + f.GivenUp.Rows }

// GivenUp are rows that a run has kept for the next plan until a person settled the run as rejected.
type GivenUp struct {
	Run  string // the run that kept them last; "" where none were given up
	By   string // the person
	Rows int
}

// Ledger is the durable state of runs, parts and rows. delivery and planning ask for less of it. Every call is durable
// when it returns. No call takes a context, because cancelling stops waiting, never bookkeeping.
type Ledger interface {
	WriteLedger
	// BeginRun records a run as working and returns it as recorded. It begins at Started, or in the first second after
	// that in which no other run began; that is also its ID. A run with an ID of its own keeps that and Started.
	BeginRun(RunRecord) (RunRecord, error)
	// Plan opens the one transaction in which a run's parts and rows are written.
	Plan(run string) (PlanTx, error)
	// EndRun records how a run ended; it may be called again when a later start settles its parts.
	EndRun(RunRecord) error
	// Run returns one run; for "" the latest. ok is false where there is none.
	Run(id string) (r RunRecord, ok bool, err error)
	// Seen returns the last file seen under that name.
	Seen(name string) (f SeenFile, ok bool, err error)
	// SeenBytes returns the last file with this hash, whatever its name, for drop.
	SeenBytes(sha256 string) (f SeenFile, ok bool, err error)
	// Unfinished returns every part that is not final, oldest first, by run, wave and name.
	Unfinished() ([]Part, error)
	// Parts returns the parts of a run by wave and name.
	Parts(run string) ([]Part, error)
	// Move records a part as it now stands. The move from the state in the ledger to p.State must be in the table of
	// moves.
	Move(p Part) error
	// Settle records a part's verdict and its rows' outcomes in one step: results names rows by PartRow, and every
	// other row of the part gets rest. What was confirmed of the part's people becomes unknown in its columns.
	Settle(p Part, rest Outcome, results []RowResult) error
	// Keeps reports whether the ledger keeps records of a run for the next plan.
	Keeps(run string) (bool, error)
	// Rows calls f for each row of a run whose outcome is not applied, unchanged or excluded, by origin.
	Rows(run string, f func(RowResult) error) error
	// Counts adds up the records of a run by outcome.
	Counts(run string) (map[Outcome]int, error)
}

// PlanTx collects the results of one plan. Nothing of it exists until Commit.
type PlanTx interface {
	// AddPart writes the bytes to the spool and returns the part's id. Its name may still change until Commit.
	AddPart(p Part, data []byte) (int64, error)
	// NamePart sets the final name of a part, once the number of parts is known.
	NamePart(id int64, name string) error
	// AddRow writes one row with its outcome so far: Pending for a row in a part.
	AddRow(RowResult) error
	// Keep keeps a record that is not sent for the next plan, or until its day. A replaced record is no longer kept; its
	// rows then name the record that replaced it.
	Keep(KeptRecord) error
	// Commit makes the plan durable: it syncs the spool first, then writes the rows, the parts and sum.
	Commit(sum PlanSum) error
	// Restart discards everything since Plan and leaves the plan open.
	Restart() error
	// Rollback discards everything since Plan; after Commit it does nothing.
	Rollback()
}

// PlanSum is what the ledger records of a plan in addition to its parts and rows.
type PlanSum struct {
	// Files were read. Those with Kept set are records that this plan has taken up: the earlier plan no longer keeps
	// them, and an earlier held run is no longer held.
	Files   []FeedFile
	Input   int  // records read
	Feed    int  // new records of HR's files, for limits.shrink; 0 where they are not a whole feed (drop, --again)
	AnySize bool // limits.shrink does not measure the next feed by this one: a person has named the files, or a watcher has taken them
	// Held are the limits because of which the plan sends nothing. A plan that is not held uses up every approval.
	Held []Breach
	// Other says that whoever has planned a run may not approve it: Commit ends such approvals, and is an error where the plan
	// has counted one of them. Approved are those that it has counted.
	Other    bool
	Approved []Approval
	// Roll is who is in the snapshot that is planned; nil where no snapshot is.
	Roll       *RollCall
	Beside     bool    // a held run stays as it is: the plan has taken up and kept no record, and uses up no approval
	Overridden []Fault // the cells that are not HR's, with neither values nor owners
	// Dated is what the plan makes of records that have waited for their day, by id.
	Dated map[int64]DatedChange
}

// LockedError reports that another run holds the ledger's lock (exit 7).
type LockedError struct{ Holder string } // "pid 4711 on host hr1, hr2coupa run, since 2026-11-24T02:00:00Z"

// Error returns a text that names the holder of the lock.
func (e *LockedError) Error() string {
	return fmt.Sprintf("another run holds the lock: %s", e.Holder)
}

// Hints returns what to do.
func (e *LockedError) Hints() []string { return []string{"wait for it, or stop it"} }
