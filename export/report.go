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

// severity is the order in which one code stands for several.
var severity = []int{ExitFault, ExitUsage, ExitFeed, ExitHeld, ExitNotDelivered, ExitFailed, ExitStalled, ExitPartial}

// WorstExit returns the code that stands for all of codes. A lock and an interruption have no place in the order: they
// stand only if there is nothing else.
func WorstExit(codes ...int) int {
	for _, s := range severity {
		if slices.Contains(codes, s) {
			return s
		}
	}
	return slices.Max(append([]int{ExitOK}, codes...))
}

// Report is what a run came to, read from the ledger.
type Report struct {
	Run     string       `json:"run"`
	Verdict RunVerdict   `json:"verdict"`
	Exit    int          `json:"exit"`
	Counts  Counts       `json:"counts"`
	Files   []FeedFile   `json:"files"`
	Parts   []Part       `json:"parts"`
	Rows    RowList      `json:"rows"`   // all that are not applied or unchanged
	Causes  []CauseCount `json:"causes"` // of the rows to be mended, once Explain was called
	Alarms  []string     `json:"alarms,omitempty"`
	Held    []Breach     `json:"held,omitempty"` // which limits hold the run
	Why     string       `json:"why,omitempty"`  // what stopped it, if something did
	Hint    string       `json:"hint,omitempty"` // what to do about that

	UnknownFiles []string `json:"unknown_files,omitempty"` // parts that were sent and that the ledger does not know

	Beside   string    `json:"beside,omitempty"`    // the held run that its plan was made beside, and that stays as it is
	Checked  bool      `json:"checked,omitempty"`   // Coupa was asked about its people before anything was sent
	ReadBack *ReadBack `json:"read_back,omitempty"` // nil where there was nothing to read back
	Drift    []Drift   `json:"drift,omitempty"`     // cells that Coupa holds otherwise than they were sent; with personal data

	// Unfilled are all people of whom a call has emptied lists that nobody has seen filled since, whichever run made it.
	Unfilled []Unfilled `json:"unfilled,omitempty"`

	Approved []Approval `json:"approved,omitempty"` // of a held run, whatever became of them
	Started  time.Time  `json:"started"`
	Resumed  []*Report  `json:"resumed,omitempty"` // earlier runs this start went on with
	Alone    int        `json:"-"`                 // where there are some, or Unfilled: the exit code without them

	Command string   `json:"-"` // run or drop
	State   RunState `json:"-"`
	keeps   bool     // records of it are kept for the next plan
}

// Counts are the records of a run: how many came in and what each became.
type Counts struct {
	Input int
	By    map[Outcome]int
}

// Sum adds up the outcomes; it equals Input in every sound run.
func (c Counts) Sum() int {
	n := 0
	for _, v := range c.By {
		n += v
	}
	return n
}

// MarshalJSON writes one flat object with every outcome in it.
func (c Counts) MarshalJSON() ([]byte, error) {
	m := map[string]int{"input": c.Input}
	for _, o := range Outcomes() {
		m[string(o)] = c.By[o]
	}
	return json.Marshal(m)
}

// Finding is what a run learned beside the ledger.
type Finding struct {
	Undelivered error
	Lost        error
	NoWait      bool
	Earlier     bool // the run is an earlier one that this start goes on with: who waits is planned again by this start
	Creates     Limit
	People      int // known to the ledger, for percentages
}

// NewReport reads a run from the ledger, checks its sums and judges it. The run's record in the ledger gets the
// verdict; the caller tells it afterwards.
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
	rec.Ended, rec.Exit, rec.Verdict = now, rep.Exit, rep.Verdict
	rep.State = rep.state()
	rec.State = rep.State
	if err := l.EndRun(rec); err != nil {
		return nil, fmt.Errorf("record the end of run %s: %w", rec.ID, err)
	}
	return rep, nil
}

// ReadReport reads a run as the ledger has it, with the verdict and exit code it got when it ended.
func ReadReport(l Ledger, rec RunRecord) (*Report, error) {
	rep := &Report{
		Run: rec.ID, Command: rec.Command, State: rec.State, Verdict: rec.Verdict, Exit: rec.Exit, Files: rec.Files, Started: rec.Started,
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

// held is read from the rows, so that a run that died before its end was recorded is held all the same.
func (rep *Report) held() bool { return rep.Counts.By[Held] > 0 }

func (rep *Report) open() bool {
	return slices.ContainsFunc(rep.Parts, func(p Part) bool { return !p.State.Final() })
}

// unsent tells whether a part of the run has not left, or nobody knows that it has.
func (rep *Report) unsent() bool {
	return slices.ContainsFunc(rep.Parts, func(p Part) bool { return p.State == Planned || p.State == Staged || p.State == Renaming })
}

// unanswered tells whether calls of the run were made and some of them have no answer.
func (rep *Report) unanswered() bool {
	return slices.ContainsFunc(rep.Parts, func(p Part) bool { return p.State == Stalled && p.Route == ByAPI })
}

// judge gives the run its verdict and exit code.
func (rep *Report) judge(f Finding) {
	var codes []int
	say := func(code int, end RunEnd) { // the worst names the run, and of equals the first: a stalled wave, not the one that waits for it
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

// Because says that an error has stopped the run.
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
		// not sent because an earlier wave has no verdict, or interrupted on the way
		say(ExitStalled, EndUnfinished)
	}
}

// Alarm tells creates beyond what was allowed: usually a wrong key that has just made second accounts.
func (rep *Report) Alarm(limit Limit, people int) {
	created := 0
	for _, p := range rep.Parts {
		created += max(0, p.Created)
	}
	if ceiling := limit.Ceiling(people); created > ceiling && !limit.Unlimited {
		rep.Alarms = append(rep.Alarms, fmt.Sprintf("limits.creates allows %d and Coupa counts %d created: look for second accounts, and check layout.key", ceiling, created))
	}
}
