package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Exit codes of the program; each command's help ends with their meanings.
const (
	ExitOK           = 0
	ExitFault        = 1
	ExitUsage        = 2
	ExitPartial      = 3
	ExitNotDelivered = 4
	ExitStalled      = 5
	ExitFailed       = 6
	ExitLocked       = 7
	ExitHeld         = 8
	ExitFeed         = 9
	ExitInterrupted  = 130
)

// severity is the order in which one code represents several.
var severity = []int{ExitFault, ExitUsage, ExitFeed, ExitHeld, ExitNotDelivered, ExitFailed, ExitStalled, ExitPartial}

// WorstExit returns the code that represents all of codes. A lock and an interruption have no place in the order: they
// count only if there is nothing else.
func WorstExit(codes ...int) int {
	for _, s := range severity {
		if slices.Contains(codes, s) {
			return s
		}
	}
	return slices.Max(append([]int{ExitOK}, codes...))
}

// Report is the result of a run, read from the ledger.
type Report struct {
	Run     string       `json:"run"`
	Verdict RunVerdict   `json:"verdict"`
	Exit    int          `json:"exit"`
	Counts  Counts       `json:"counts"`
	Files   []FeedFile   `json:"files"`
	Parts   []Part       `json:"parts"`
	Rows    RowList      `json:"rows"`   // all rows that are not applied, unchanged or excluded
	Causes  []CauseCount `json:"causes"` // causes of the rows to fix, once they were counted
	Alarms  []string     `json:"alarms,omitempty"`
	Held    []Breach     `json:"held,omitempty"`    // the limits that hold the run
	HeldBy  []HeldLimit  `json:"held_by,omitempty"` // those of Held that count people, with the first of these; with personal data
	// HeldFile is the file with everyone who is held, and what would change of them; "" where there is none.
	HeldFile string `json:"held_file,omitempty"`
	// RejectedFiles have the records that did not reach Coupa, one file for each feed file.
	RejectedFiles []RejectedFile `json:"rejected_files,omitempty"`

	Why  string `json:"why,omitempty"`  // what stopped it, if something did
	Hint string `json:"hint,omitempty"` // what to do about that

	Late []LateFile `json:"late,omitempty"` // files that this start has passed over, since newer ones were planned before them
	Seen []string   `json:"seen,omitempty"` // files that this start has passed over, since they were planned before; not stored

	// Warnings are what is doubtful, but not wrong: files whose names and times disagree, overrides that have ended; of this start, not stored.
	Warnings []Fault `json:"warnings,omitempty"`

	Gone *Gone `json:"gone,omitempty"` // who is missing in its snapshot; nil where it has none, or no one is; not stored
	// Superseded are records that earlier runs had kept of older snapshots: this plan excludes them; not stored.
	Superseded int `json:"superseded,omitempty"`

	UnknownFiles []string `json:"unknown_files,omitempty"` // parts that were sent and that the ledger does not know

	Beside  string `json:"beside,omitempty"`  // the held run that this plan left as it is
	Checked bool   `json:"checked,omitempty"` // Coupa was asked about its people before anything was sent
	// SameByLedger is how many people it was not asked about, since they are as the ledger last confirmed them (preflight: changed).
	SameByLedger int       `json:"same_by_ledger,omitempty"`
	Overridden   []Fault   `json:"overridden,omitempty"` // cells that are not HR's, by an override of the config; of the start that has planned it, not stored
	ReadBack     *ReadBack `json:"read_back,omitempty"`  // nil where there was nothing to read back
	Drift        []Drift   `json:"drift,omitempty"`      // cells with another value in Coupa than was sent; with personal data

	// Unfilled are all people with lists that a call of any run has emptied and no read has shown filled since.
	Unfilled []Unfilled `json:"unfilled,omitempty"`

	PlannedBy Operator `json:"planned_by,omitzero"` // who started the run; an earlier version did not record that
	Looked    bool     `json:"-"`                   // it is shown to a person who has asked for this run

	Approved []Approval `json:"approved,omitempty"` // approvals of a held run, used or not, and those that let this run go
	Started  time.Time  `json:"started"`
	Resumed  []*Report  `json:"resumed,omitempty"` // earlier runs this start went on with
	Alone    int        `json:"-"`                 // with Resumed or Unfilled: the exit code without them

	Command string   `json:"-"` // run or drop
	State   RunState `json:"-"`
	keeps   bool     // records of it are kept for the next plan
}

// RejectedFile is a file with the records of a feed file that did not reach Coupa.
type RejectedFile struct {
	File    string `json:"file,omitempty"` // the feed file
	Path    string `json:"path"`
	Records int    `json:"records,omitempty"` // 0: not counted
}

// Counts are the records of a run: how many came in, and how many ended with each outcome.
type Counts struct {
	Input int
	By    map[Outcome]int
}

// Sum returns the sum of the outcomes; it equals Input in every sound run.
func (c Counts) Sum() int {
	n := 0
	for _, v := range c.By {
		n += v
	}
	return n
}

// MarshalJSON returns one flat object with every outcome in it.
func (c Counts) MarshalJSON() ([]byte, error) {
	m := map[string]int{"input": c.Input}
	for _, o := range Outcomes() {
		m[string(o)] = c.By[o]
	}
	return json.Marshal(m)
}

// Finding is what a run learned that is not in the ledger.
type Finding struct {
	Undelivered error
	Lost        error
	NoWait      bool
	Earlier     bool // the run is an earlier one that this start goes on with: this start plans people who wait again
	Creates     Limit
	People      int           // people known to the ledger, for percentages
	Before      func(*Report) // what must be there once the run has ended: a start that dies before it is made up for; may be nil
}

// NewReport reads a run from the ledger, checks its sums, judges it and records the verdict; the caller shows it afterwards.
func NewReport(l Ledger, run string, f Finding, now time.Time) (*Report, error) {
	rec, ok, err := l.Run(run)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("the ledger knows no run %q", run)
	}
	rep, err := ReadReport(l, rec)
	if err != nil {
		return nil, err
	}
	if rep.keeps, err = l.Keeps(run); err != nil {
		return nil, err
	}
	rep.judge(f)
	rep.State = rep.state()
	rec.Ended, rec.Exit, rec.Verdict, rec.State = now, rep.Exit, rep.Verdict, rep.State
	if f.Before != nil {
		f.Before(rep)
	}
	if err := l.EndRun(rec); err != nil {
		return nil, fmt.Errorf("record the end of run %s: %w", rec.ID, err)
	}
	return rep, nil
}

// ReadReport reads a run from the ledger, with the verdict and exit code recorded when it ended.
func ReadReport(l Ledger, rec RunRecord) (*Report, error) {
	rep := &Report{
		Run: rec.ID, Command: rec.Command, State: rec.State, Verdict: rec.Verdict, Exit: rec.Exit, Files: rec.Files, Started: rec.Started, PlannedBy: rec.Operator,
		Held: rec.Held, Counts: Counts{Input: rec.Input}, Parts: []Part{}, Causes: []CauseCount{},
	}
	parts, err := l.Parts(rec.ID)
	if err != nil {
		return nil, err
	}
	rep.Parts = append(rep.Parts, parts...)
	if rep.Counts.By, err = l.Counts(rec.ID); err != nil {
		return nil, err
	}
	return rep, l.Rows(rec.ID, rep.Rows.Add)
}

func (rep *Report) state() RunState {
	switch {
	case rep.held():
		return RunHeld
	case rep.open():
		return RunOpen
	}
	return RunEnded
}

// held reports whether the run is held. It reads the rows: a run that died before its end was recorded is held too.
func (rep *Report) held() bool { return rep.Counts.By[Held] > 0 }

func (rep *Report) open() bool {
	return slices.ContainsFunc(rep.Parts, func(p Part) bool { return !p.State.Final() })
}

// unsent reports whether a part of the run has not left, or is not known to have left.
func (rep *Report) unsent() bool {
	return slices.ContainsFunc(rep.Parts, func(p Part) bool { return p.State == Planned || p.State == Staged || p.State == Renaming })
}

// unanswered reports whether some calls of the run have no answer.
func (rep *Report) unanswered() bool {
	return slices.ContainsFunc(rep.Parts, func(p Part) bool { return p.State == Stalled && p.Route == ByAPI })
}

// judge sets the verdict and exit code of the run.
func (rep *Report) judge(f Finding) {
	var codes []int
	say := func(code int, end RunEnd) { // the worst end counts, and of equal ones the first: a stalled wave, not the one that waits for it
		before := WorstExit(codes...)
		codes = append(codes, code)
		if worst := WorstExit(codes...); worst != before {
			rep.Verdict.End = end
		}
	}
	rep.Verdict = RunVerdict{End: EndOK}
	if rep.Counts.Input == 0 {
		rep.Verdict.End = EndNothing
	}
	if n := rep.Counts.By[Quarantined] + rep.Counts.By[Rejected] + rep.Counts.By[Drifted]; n > 0 {
		say(ExitPartial, EndPartial)
	}
	rep.Alarm(f.Creates, f.People)
	if len(rep.Alarms) > 0 {
		say(ExitPartial, EndPartial)
	}
	for _, p := range rep.Parts {
		rep.judgePart(p, f, say)
	}
	if f.Undelivered != nil && (rep.unsent() || rep.unanswered()) {
		rep.Because(f.Undelivered)
		if rep.unsent() {
			say(ExitNotDelivered, EndNotDelivered)
		}
	}
	if f.Lost != nil && rep.open() {
		rep.Because(f.Lost)
		say(ExitStalled, EndStalled)
	}
	switch {
	case !rep.keeps || rep.held() || f.NoWait:
	case !f.Earlier:
		say(ExitStalled, EndWaiting)
	case rep.Verdict.End == EndOK:
		rep.Verdict.End = EndWaiting
	}
	if rep.held() {
		say(ExitHeld, EndHeld)
	}
	if sum := rep.Counts.Sum(); sum != rep.Counts.Input {
		rep.Because(Ours(fmt.Errorf("the sums do not add up: %d records in, %d accounted for", rep.Counts.Input, sum)))
		say(ExitFault, EndFault)
	}
	rep.Exit = WorstExit(codes...)
}

// Because records in the report the error that has stopped the run.
func (rep *Report) Because(err error) { rep.Why, rep.Hint = PlainText(err), HintText(err) }

func (rep *Report) judgePart(p Part, f Finding, say func(int, RunEnd)) {
	switch {
	case p.State == InDoubt:
		say(ExitStalled, EndInDoubt)
	case p.State == Stalled:
		say(ExitStalled, EndStalled)
	case p.State == Settled && (p.Verdict == VerdictFailed || p.Verdict == VerdictEmpty):
		say(ExitFailed, RunEnd(p.Verdict))
	case p.State == Settled && p.Verdict == VerdictUnconfirmed && rep.Verdict.End == EndOK:
		rep.Verdict.End = EndUnconfirmed
	case p.State == Settled && p.Verdict == VerdictPartial:
		say(ExitPartial, EndPartial)
	case p.State.Final():
	case f.NoWait && f.Undelivered == nil:
		if rep.Verdict.End == EndOK {
			rep.Verdict.End = EndNotAwaited
		}
	case f.Undelivered == nil:
		// not sent because an earlier wave has no verdict, or interrupted
		say(ExitStalled, EndUnfinished)
	}
}

// Alarm records that a load created more users than allowed: usually a wrong key has just created second accounts.
func (rep *Report) Alarm(limit Limit, people int) {
	created := 0
	for _, p := range rep.Parts {
		created += max(0, p.Created)
	}
	if ceiling := limit.Ceiling(people); created > ceiling && !limit.Unlimited {
		rep.Alarms = append(rep.Alarms, fmt.Sprintf("limits.creates allows %d and Coupa counts %d created: look for second accounts, and check layout.key", ceiling, created))
	}
}
