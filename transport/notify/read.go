package notify

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// Causes finds the causes of a row's faults, each once, and where they lie.
type Causes interface {
	Behind(faults export.Faults) []*export.Cause
	// Places returns where in the config the faults with a cause lie, as file:line; none where they do not lie there.
	Places(faults export.Faults, k *export.Cause) []string
}

// Start is one finished start of the program.
type Start struct {
	Command string         // run, apply, drop or watch
	ByHand  bool           // it sent files that a person named and that are not HR's feed
	Report  *export.Report // nil where there is none
	Err     error          // the error that ended it; nil where the report has it
	Exit    int

	// Causes finds the cause of a row's fault and its owner. It is needed with a report.
	Causes Causes
	// Unknown lists the sent files that the ledger does not know, and why they were looked for.
	Unknown []string
	// Columns are the names of Coupa columns and HR fields. A notice shows nothing else of a row's faults.
	Columns []string
	// Folder is the state of a watcher's drop folder; nil where the start read none.
	Folder *Folder
	// Leavers are the administrators who have left and are still active; nil where that is not known.
	Leavers *Leavers
}

// Folder is the state of a drop folder as its watcher found it.
type Folder struct {
	Facts []string // what is wrong, each with its file; empty where all is well
	Hints []string // what to do about it
	Fresh bool     // some of it was not reported yet, whatever else was reported today
}

// Trouble is one thing that a start found wrong.
type Trouble struct {
	Kind   export.NoticeKind
	Cause  string
	Owner  string // the owner of the task; "" where the company has to decide
	Facts  []string
	Behind []Behind
	ToDo   []string
	Once   bool // it is over as soon as it is reported
	Fresh  bool // it is reported at once, even where it was reported today
}

// Finding is what a start knows about what is wrong: the troubles it met, and the kinds it knows nothing about.
type Finding struct {
	Troubles []Trouble
	Blind    map[export.NoticeKind]bool
	Looked   bool // it read the drop folder: only such a start can know that the folder is well again
	Counted  bool // it knows which administrators have left and are still active
}

// These causes distinguish incidents of one kind.
const (
	causeFeed     = "the feed cannot be used"
	causeLate     = "a file came later than a newer one"
	causeDelivery = "nothing can be delivered"
	causeLoad     = "Coupa loaded a file and took nothing of it"
	causeFault    = "a fault of the program"
	causeCrash    = "the program crashed"
	causeConfig   = "the config is at fault"
	causeUnknown  = "files in Coupa that the ledger does not know"
	causeFolder   = "the drop folder"
	causeLimits   = "beyond the limits"
	causeVerdict  = "no verdict"
	causeEmptied  = "people without a list that a call has emptied"
	causeWaiting  = "people wait behind a part without a verdict"
	causeRejected = "rows refused by Coupa"
	causeDrifted  = "Coupa shows other values"
	causeCreates  = "more users created than allowed"
	causeRows     = "rows held back"
)

// Read returns what is wrong with the result of a start.
func Read(s Start) Finding {
	f := Finding{Blind: map[export.NoticeKind]bool{}}
	if s.Err != nil {
		f.failure(s)
	}
	if s.Report != nil {
		for _, rep := range append(slices.Clone(s.Report.Resumed), s.Report) {
			f.report(rep, s)
		}
	}
	f.late(s)
	f.unfilled(s)
	f.unknown(s)
	f.leavers(s.Leavers)
	f.blind(s)
	f.folder(s.Folder)
	slices.SortStableFunc(f.Troubles, func(a, b Trouble) int { return a.weight() - b.weight() })
	return f
}

// weight orders troubles: one that stops a whole run comes before one about some parts and rows, since it has to be
// fixed first.
func (t Trouble) weight() int {
	switch t.Cause {
	case causeFault, causeCrash, causeConfig, causeFeed, causeDelivery, causeLimits, causeUnknown, causeFolder:
		return 0
	}
	return 1
}

func (f *Finding) add(t Trouble) {
	for i, have := range f.Troubles {
		if have.Kind == t.Kind && have.Cause == t.Cause && have.Owner == t.Owner {
			f.Troubles[i].Facts = append(have.Facts, t.Facts...)
			f.Troubles[i].Behind = together(have.Behind, t.Behind)
			f.Troubles[i].ToDo = append(have.ToDo, t.ToDo...)
			return
		}
	}
	f.Troubles = append(f.Troubles, t)
}

// has reports whether there is a trouble of a kind that goes on.
func (f *Finding) has(kind export.NoticeKind) bool {
	return slices.ContainsFunc(f.Troubles, func(t Trouble) bool { return t.Kind == kind && !t.Once })
}

// failure adds the trouble of a start that an error ended. A refused file by hand, or a saved plan that no longer fits,
// is reported only to the person who typed the command.
func (f *Finding) failure(s Start) {
	byHand := s.ByHand || s.Command != "run" && s.Command != "watch"
	if byHand && s.Exit != export.ExitFault && s.Exit != export.ExitNotDelivered {
		return
	}
	t := Trouble{Kind: export.NoticeFailed, Cause: causeFault, Owner: export.OwnerIT, Facts: lines(s.Err.Error()), ToDo: []string{"the log of the run has the details"}}
	switch s.Exit {
	case export.ExitFault:
		if _, ok := errors.AsType[*export.Crash](s.Err); ok {
			t.Cause, t.ToDo = causeCrash, []string{"the log has the stack"}
		}
	case export.ExitFeed:
		t.Cause, t.Owner, t.ToDo = causeFeed, export.OwnerHR, []string{"look at HR's export; hr2coupa plan reads the feed without sending anything"}
	case export.ExitNotDelivered:
		t.Cause, t.ToDo = causeDelivery, []string{"fix what is named here; the next run sends what was not sent"}
	case export.ExitUsage:
		t.Cause, t.ToDo = causeConfig, []string{"fix the config; hr2coupa plan checks it"}
	}
	t.ToDo = append(lines(export.HintText(s.Err)), t.ToDo...)
	f.add(t)
}

func (f *Finding) report(rep *export.Report, s Start) {
	status := "hr2coupa status " + rep.Run + " shows every row"
	if rep.Why != "" && s.Err == nil {
		switch rep.Exit {
		case export.ExitNotDelivered:
			f.add(Trouble{Kind: export.NoticeFailed, Cause: causeDelivery, Owner: export.OwnerIT, Facts: lines(rep.Why),
				ToDo: append(lines(rep.Hint), "fix what is named here; the next run sends what was not sent")})
		case export.ExitFault:
			f.add(Trouble{Kind: export.NoticeFailed, Cause: causeFault, Owner: export.OwnerIT, Facts: lines(rep.Why), ToDo: append(lines(rep.Hint), status)})
		}
	}
	tasks := loadTasks(rep, s.Causes)
	for _, p := range rep.Parts {
		f.part(p, tasks[p.ID])
	}
	if len(rep.Held) > 0 && (rep.Verdict.End == export.EndHeld || rep.Counts.By[export.Held] > 0) {
		var facts []string
		for _, b := range rep.Held {
			facts = append(facts, b.String())
		}
		f.add(Trouble{Kind: export.NoticeHeld, Cause: causeLimits, Facts: facts, ToDo: []string{
			"hr2coupa plan shows what it would do; if it is meant: " + export.ApproveCommand(rep.Run, rep.Held),
			"if it is not: hr2coupa settle " + rep.Run + " rejected",
		}})
	}
	if len(rep.Alarms) > 0 {
		f.add(Trouble{Kind: export.NoticePartial, Cause: causeCreates, Owner: export.OwnerCoupa, Facts: rep.Alarms,
			ToDo: []string{"look for second accounts in Coupa, and check layout.key"}})
	}
	f.rows(rep, s, status)
}

// late adds the trouble of files that were passed over: only a person knows whether they are still wanted. A file that a person
// has named is reported to that person alone.
func (f *Finding) late(s Start) {
	if s.Report == nil {
		return
	}
	for _, late := range s.Report.Late {
		if !late.Known && !late.Superseded { // the newer snapshot is about everybody
			f.add(Trouble{Kind: export.NoticeFailed, Cause: causeLate, Owner: export.OwnerHR, Once: true,
				Facts: lines(late.String()), ToDo: lines(late.Hint())})
		}
	}
}

// unfilled adds the trouble of people who lack a list that a call has emptied: how many people, and which lists.
func (f *Finding) unfilled(s Start) {
	if s.Report == nil || len(s.Report.Unfilled) == 0 {
		return
	}
	var columns []string
	for _, u := range s.Report.Unfilled {
		columns = append(columns, u.Columns()...)
	}
	slices.Sort(columns)
	f.add(Trouble{Kind: export.NoticeStalled, Cause: causeEmptied, Owner: export.OwnerIT,
		Facts: []string{persons(len(s.Report.Unfilled)) + ": " + strings.Join(slices.Compact(columns), ", ")},
		ToDo:  []string{"hr2coupa status names them, and says what fills the lists again"}})
}

func persons(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// unknown adds the trouble of a ledger that was, or seems to be, lost, restored or copied.
func (f *Finding) unknown(s Start) {
	if len(s.Unknown) == 0 {
		return
	}
	t := Trouble{Kind: export.NoticeFailed, Cause: causeUnknown, Owner: export.OwnerIT, Facts: s.Unknown,
		ToDo: []string{"was the ledger lost, restored or copied? What it does not know is sent again: docs/ledger.md, A lost ledger"}}
	if s.Exit == export.ExitHeld {
		t.Kind, t.ToDo = export.NoticeHeld, []string{"hr2coupa run says what it takes to go on: docs/ledger.md, A lost ledger"}
	}
	f.add(t)
}

// OfFolder reports whether an incident is about a drop folder, and not about runs.
func OfFolder(i export.Incident) bool { return i.Cause == causeFolder }

// folder adds the trouble of files that a watcher cannot take or answer. It does not replace the results of the files'
// runs.
func (f *Finding) folder(d *Folder) {
	if f.Looked = d != nil; !f.Looked || len(d.Facts) == 0 {
		return
	}
	var facts []string
	for _, fact := range d.Facts {
		facts = append(facts, oneLine(fact))
	}
	if len(facts) > mostLines {
		facts = append(facts[:mostLines:mostLines], fmt.Sprintf("and %d more: see the log of the watcher", len(d.Facts)-mostLines))
	}
	f.add(Trouble{Kind: export.NoticeFailed, Cause: causeFolder, Owner: export.OwnerIT, Facts: facts, Fresh: d.Fresh,
		ToDo: append(lines(strings.Join(d.Hints, "\n")), "fix what is named here; other files go on meanwhile: docs/watch.md")})
}

// tookNothing reports whether a part's load came to nothing.
func tookNothing(p export.Part) bool {
	return p.State == export.Settled && (p.Verdict == export.VerdictFailed || p.Verdict == export.VerdictEmpty)
}

// loadTasks returns the owner of each load that came to nothing, by part: the reasons of its rows show the cause.
func loadTasks(rep *export.Report, causes Causes) map[int64]string {
	tasks := map[int64]string{}
	if !slices.ContainsFunc(rep.Parts, tookNothing) {
		return tasks
	}
	for r := range rep.Rows.All() {
		if _, known := tasks[r.Part]; !known && r.Outcome == export.Rejected {
			tasks[r.Part] = taskOf(causes.Behind(r.Faults))
		}
	}
	return tasks
}

// part adds the trouble of a load that came to nothing or has no verdict. It leaves out a settled part's note, which
// may hold Coupa's words.
func (f *Finding) part(p export.Part, task string) {
	switch {
	case tookNothing(p):
		f.add(Trouble{
			Kind: export.NoticeFailed, Cause: causeLoad, Owner: cmp.Or(task, export.OwnerCoupa),
			Facts: []string{fmt.Sprintf("%s: load %s is %s, %s", p.Name, cmp.Or(p.LoadID, "unknown"), p.Verdict, export.Plural(p.Rows, "row"))},
			ToDo:  []string{"look at the load in Coupa; hr2coupa run --again plans its rows again"},
		})
	case p.State == export.Stalled:
		f.add(Trouble{
			Kind: export.NoticeStalled, Cause: causeVerdict, Owner: export.OwnerIT,
			Facts: []string{fmt.Sprintf("%s (%s): %s", p.Name, export.Plural(p.Rows, "row"), cmp.Or(oneLine(p.Notes.Text()), "no verdict"))},
			ToDo:  []string{"the next run asks again; where Coupa shows what came of it: hr2coupa settle " + p.Name + " applied|rejected"},
		})
	case p.State == export.InDoubt:
		f.add(Trouble{
			Kind: export.NoticeStalled, Cause: causeVerdict, Owner: export.OwnerIT,
			Facts: []string{fmt.Sprintf("%s (%s): in doubt, %s", p.Name, export.Plural(p.Rows, "row"), cmp.Or(oneLine(p.Notes.Text()), "it was seen nowhere"))},
			ToDo:  []string{cmp.Or(p.Notes.Hint(), "look in Coupa, then settle the part") + ": hr2coupa settle " + p.Name + " applied|rejected"},
		})
	}
}

// taskOf returns the owner of the first cause that has one.
func taskOf(causes []*export.Cause) string {
	for _, c := range causes {
		if c.Owner != "" {
			return c.Owner
		}
	}
	return ""
}

// rows adds the troubles of rows, by outcome and owner: how many rows, their causes, and their places in HR's files.
func (f *Finding) rows(rep *export.Report, s Start, status string) {
	by := map[export.Outcome]shares{export.Rejected: {}, export.Drifted: {}, export.Quarantined: {}}
	var pending tally
	for r := range rep.Rows.All() {
		if s.Leavers != nil && IsLeaver(r) {
			continue // an incident of its own
		}
		if mine := by[r.Outcome]; mine != nil {
			var columns []string
			if r.Outcome == export.Quarantined {
				columns = s.Columns
			}
			mine.give(s, r, columns)
		} else if r.Outcome == export.Pending {
			pending.add(r)
		}
	}
	for _, t := range []struct {
		outcome export.Outcome
		kind    export.NoticeKind
		cause   string
		todo    string
	}{
		{export.Rejected, export.NoticePartial, causeRejected, ", with Coupa's words; once HR or Coupa is fixed: a new feed, or hr2coupa run --again"},
		{export.Drifted, export.NoticePartial, causeDrifted, ", with the columns; find out who changes them in Coupa"},
		{export.Quarantined, export.NoticeQuarantine, causeRows, ", with the rule it breaks"},
	} {
		for _, owner := range slices.Sorted(maps.Keys(by[t.outcome])) {
			mine := by[t.outcome][owner]
			f.add(Trouble{Kind: t.kind, Cause: t.cause, Owner: owner, Facts: mine.facts(), Behind: mine.behind(), ToDo: []string{status + t.todo}})
		}
	}
	if pending.rows > 0 && (rep.Verdict.End == export.EndWaiting || rep.Verdict.End == export.EndUnfinished) && rep.Exit == export.ExitStalled {
		f.add(Trouble{Kind: export.NoticeStalled, Cause: causeWaiting, Owner: export.OwnerIT,
			Facts: []string{export.Plural(pending.rows, "row") + ": " + pending.where()}, ToDo: []string{"the next run goes on with them"}})
	}
}

// blind finds the kinds for which this start cannot know that an incident is over.
func (f *Finding) blind(s Start) {
	dark := func(kinds ...export.NoticeKind) {
		for _, k := range kinds {
			f.Blind[k] = true
		}
	}
	rep := s.Report
	if s.ByHand || s.Command == "drop" {
		dark(export.NoticeKinds()...) // files by hand show nothing about the feed
		return
	}
	if f.has(export.NoticeFailed) {
		dark(export.NoticeFailed) // another cause of failing may hide behind this one
	}
	switch {
	case s.Err != nil || rep == nil || rep.Run == "" && rep.Verdict.End != export.EndSeen:
		dark(export.NoticeKinds()...) // the start failed before it could know
	case rep.Verdict.End == export.EndSeen, rep.Verdict.End == export.EndLate:
		dark(export.NoticePartial, export.NoticeQuarantine) // the start looked at no row
		if rep.Exit != export.ExitOK {
			dark(export.NoticeFailed) // what a load left open is not sent again
		}
	case rep.Verdict.End == export.EndHeld:
		dark(export.NoticePartial, export.NoticeFailed) // nothing was sent
	case slices.ContainsFunc(rep.Parts, func(p export.Part) bool { return !p.State.Final() }):
		dark(export.NoticePartial, export.NoticeFailed)
		if s.Exit == export.ExitOK {
			dark(export.NoticeStalled) // loads were not awaited
		}
	}
}

const (
	mostLines = 10
	mostRunes = 400 // characters of one line
)

// lines returns the first few lines of a message.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = oneLine(line); line == "" {
			continue
		}
		if len(out) == mostLines {
			return append(out, "and more: see the log")
		}
		out = append(out, line)
	}
	return out
}

// oneLine returns a text that is safe to show: no control characters, no line breaks, of a readable length.
func oneLine(s string) string {
	s = strings.TrimSpace(export.Plain(s))
	if r := []rune(s); len(r) > mostRunes {
		s = string(r[:mostRunes]) + "…"
	}
	return s
}
