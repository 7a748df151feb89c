package show

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// Report prints what a run came to: sums, parts, every row that is not applied, what is behind them, and what to type next.
func Report(env *wiring.Env, rep *export.Report) error {
	Explained(env, rep)
	if env.JSON {
		return JSON(env, rep)
	}
	w := env.Stdout.Text()
	for _, r := range rep.Resumed {
		reportText(env, w, r)
		w.Printf("\n")
	}
	reportText(env, w, rep)
	UnfilledText(w, rep.Unfilled)
	nextSteps(w, rep)
	err := w.Err()
	for _, l := range rep.RowLists() {
		err = errors.Join(err, l.Err())
	}
	return err
}

// whyText prints what stopped a run, and what to do; each fault stands on a line of its own.
func whyText(w *terminal.Text, indent string, rep *export.Report) {
	if rep.Why != "" {
		w.Lines(indent, strings.Split(rep.Why, "\n")...)
	}
	if rep.Hint != "" {
		w.Lines(indent+"hint: ", strings.Split(rep.Hint, "\n")...)
	}
}

// lateText prints the files that were passed over, and what to do about each.
func lateText(w *terminal.Text, indent string, rep *export.Report) {
	for _, f := range rep.Late {
		w.Printf("%slate: %s\n", indent, f)
		w.Lines(indent+"hint: ", f.Hint())
	}
}

// seenText tells in one line which files were planned before: a folder may hold the extracts of a year.
func seenText(w *terminal.Text, indent string, names []string) {
	switch n := len(names); n {
	case 0:
	case 1:
		w.Printf("%sseen: %s was planned before, and nothing more of it is sent\n", indent, names[0])
	default:
		w.Printf("%sseen: %d files were planned before, from %s to %s, and nothing more of them is sent\n", indent, n, names[0], names[n-1])
	}
}

func namesOf(files []export.FeedFile) []string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name
	}
	return names
}

func reportText(env *wiring.Env, w *terminal.Text, rep *export.Report) {
	if rep.Verdict.End == export.EndSeen {
		seenText(w, "", namesOf(rep.Files))
		lateText(w, "", rep)
		whyText(w, "", rep)
		heldText(w, rep)
		return
	}
	if rep.Run == "" || rep.Verdict.End == export.EndLate { // nothing was planned
		lateText(w, "", rep)
		whyText(w, "", rep)
		breachesText(w, "", rep.Held)
		return
	}
	w.Printf("run %s: %s\n", rep.Run, terminal.In(toneOf(rep.Exit), rep.Verdict))
	lateText(w, "  ", rep)
	seenText(w, "  ", rep.Seen)
	warningsText(w, rep.Warnings, env.Stdout.Width())
	for _, line := range goneLines(rep.Gone, rep.Superseded) {
		w.Lines("  ", terminal.Fold(line, "  ", env.Stdout.Width())...)
	}
	whyText(w, "  ", rep)
	heldText(w, rep)
	if rep.Verdict.End == export.EndAdopted { // it has neither records nor parts
		return
	}
	if len(rep.UnknownFiles) > 0 {
		w.Printf("  %s Coupa has %s that this ledger does not know: %s\n", terminal.In(terminal.Mixed, "WARNING:"), export.Plural(len(rep.UnknownFiles), "file"), words.SomeOf(rep.UnknownFiles))
	}
	for _, al := range rep.Alarms {
		w.Printf("  %s %s\n", terminal.In(terminal.Bad, "ALARM:"), al)
	}
	w.Printf("\nRecords\n  ")
	sumsText(w, rep.Counts)
	w.Printf("\n")
	switch {
	case rep.SameByLedger > 0:
		w.Lines("  ", terminal.Fold(fmt.Sprintf("checked: Coupa was asked before anything was sent about everyone but %s: they are as the ledger last confirmed them", words.Persons(rep.SameByLedger)), "  ", env.Stdout.Width())...)
	case rep.Checked:
		w.Printf("  checked: Coupa was asked about these people before anything was sent\n")
	}
	if rep.Beside != "" {
		w.Printf("  beside run %s, which is held and stays as it is\n", rep.Beside)
	}
	overriddenText(w, rep.Overridden, env)
	readBackText(w, rep.ReadBack)
	partsText(w, rep.Parts)
	heldReportText(w, rep)
	all := ""
	if !env.All {
		all = "hr2coupa status " + rep.Run + " --all"
	}
	rowsText(w, rep.Rows.All(), reportGroups(rep, unnamed(rep), all)...)
	if rep.ReadBack != nil {
		driftText(w, rep.Drift, rep.ReadBack.Drifted)
	}
	causesText(w, rep.Causes, env.Stdout.Width())
	rejectedText(w, rep.RejectedFiles)
}

// rejectedText prints where the records are that did not reach Coupa.
func rejectedText(w *terminal.Text, files []export.RejectedFile) {
	for i, f := range files {
		if i == 0 {
			w.Printf("\nTo fix\n")
		}
		if f.Records == 0 { // a run that was looked up
			w.Printf("  %s\n", f.Path)
			continue
		}
		w.Printf("  %s of %s: %s\n", export.Plural(f.Records, "record"), f.File, f.Path)
	}
}

// reportGroups returns the groups of a report's rows. held picks those of the last one, and all says what shows the rows that
// are left out.
func reportGroups(rep *export.Report, held func(export.RowResult) bool, all string) []group {
	sent := map[int64]bool{}
	for _, p := range rep.Parts {
		sent[p.ID] = !p.Sent.IsZero()
	}
	return []group{
		{"Quarantined, not sent: fix these first", withOutcome(export.Quarantined), true, all},
		{"Rejected: refused by Coupa", withOutcome(export.Rejected), true, all},
		{"Drifted: Coupa shows another value", withOutcome(export.Drifted), true, all},
		{"Pending: sent, no verdict yet", pendingAnd(func(r export.RowResult) bool { return sent[r.Part] }), false, all},
		{"Pending: not sent yet", pendingAnd(func(r export.RowResult) bool { return r.Part != 0 && !sent[r.Part] }), false, all},
		{waitingForVerdict, pendingAnd(func(r export.RowResult) bool { return r.Part == 0 && !forDay(r) }), false, all},
		{waitingForDay, pendingAnd(forDay), false, all},
		{"Held: stopped by a limit, nothing sent", held, false, all},
	}
}

// The headings of people who wait.
const (
	waitingForVerdict = "Waiting: an earlier row of theirs has no verdict"
	waitingForDay     = "Waiting for their day: the first run on or after it sends them"
)

// forDay reports whether a row waits for its day.
func forDay(r export.RowResult) bool {
	return slices.ContainsFunc(r.Faults, func(f export.Fault) bool { return f.Rule == export.RuleEffective })
}

// toneOf returns the tone of an exit code: most of a partial run is done, and a held one waits for a person.
func toneOf(code int) terminal.Tone {
	switch code {
	case export.ExitOK:
		return terminal.Good
	case export.ExitPartial, export.ExitHeld:
		return terminal.Mixed
	}
	return terminal.Bad
}

func heldText(w *terminal.Text, rep *export.Report) {
	if rep.PlannedBy != (export.Operator{}) && (rep.Looked || len(rep.Held)+len(rep.Approved) > 0) {
		w.Printf("  planned by %s\n", rep.PlannedBy)
	}
	breachesText(w, "held: ", rep.Held)
	approvedText(w, rep.Approved)
}

func approvedText(w *terminal.Text, approvals []export.Approval) {
	for _, a := range approvals {
		w.Printf("  approved: %s\n", Approval(a))
	}
}

// breachesText prints the limits that a plan exceeds, each behind a word, and what to do about them.
func breachesText(w *terminal.Text, word string, broken []export.Breach) {
	var hints []string
	for _, b := range broken {
		w.Printf("  %s%s\n", terminal.In(terminal.Bad, word), b)
		if h := b.Hint(); h != "" && !slices.Contains(hints, h) {
			hints = append(hints, h)
		}
	}
	w.Lines("  hint: ", hints...)
}

// Approval returns an approval in words, with what has become of it.
func Approval(a export.Approval) string {
	if a.Ended == (export.Ending{}) {
		return a.String()
	}
	return a.String() + "; " + a.Ended.String()
}

func withOutcome(o export.Outcome) func(export.RowResult) bool {
	return func(r export.RowResult) bool { return r.Outcome == o }
}

func pendingAnd(in func(export.RowResult) bool) func(export.RowResult) bool {
	return func(r export.RowResult) bool { return r.Outcome == export.Pending && in(r) }
}

func partsText(w *terminal.Text, parts []export.Part) {
	if len(parts) == 0 {
		return
	}
	w.Printf("\nParts\n")
	rows := [][]string{{"NAME", "WAVE", "ROWS", "BYTES", "STATE", "VERDICT", "LOAD"}}
	for _, p := range parts {
		rows = append(rows, []string{p.Name, fmt.Sprint(p.Wave), fmt.Sprint(p.Rows), fmt.Sprint(p.Size), string(p.State), words.Dash(string(p.Verdict)), words.Dash(partLoad(p))})
	}
	w.Table(rows)
	for _, p := range parts {
		if p.UserName != "" {
			w.Printf("  %s is your %s\n", p.Name, p.UserName)
		}
		if p.Notes != nil {
			w.Printf("  %s: %s\n", p.Name, p.Notes.Text())
		}
		if hint := p.Notes.Hint(); hint != "" {
			w.Printf("    hint: %s\n", hint)
		}
	}
}

// partLoad returns how Coupa has taken a part; "" where that is not known.
func partLoad(p export.Part) string {
	switch {
	case p.LoadID != "":
		return p.LoadID + " via " + p.Via
	case p.Route == export.ByAPI:
		return "by API"
	}
	return ""
}

// awaited reports whether a part was sent and the next run asks what became of it.
func awaited(p export.Part) bool {
	return p.Route == export.ByCSV && (p.State == export.Delivered || p.State == export.Loading || p.State == export.Stalled)
}

// advice is what to type after a report, by what is left to do.
type advice struct{ fix, ask, deliver, again, resubmit string }

var afterRun = advice{
	fix:      "fix the rows in HR and deliver a new feed; or, once Coupa is fixed, hr2coupa run --again",
	ask:      "hr2coupa run asks Coupa again; hr2coupa status shows what is open",
	deliver:  "fix what hinders the delivery (hr2coupa doctor looks at the whole way), then hr2coupa run: it goes on with the parts that were not sent",
	again:    "hr2coupa run",
	resubmit: "resubmit these rows in a renamed file",
}

// afterChange speaks of a change that a person has typed. It is in no feed that --again could read.
var afterChange = advice{
	fix:      "the same hr2coupa change, once what is wrong is fixed",
	ask:      afterRun.ask,
	deliver:  afterRun.deliver,
	again:    "the same hr2coupa change",
	resubmit: "the same hr2coupa change",
}

// afterUndo speaks of an undo. It takes up what is not undone yet, so that it is said again.
var afterUndo = advice{
	fix:      "the same hr2coupa undo, once what is wrong is fixed",
	ask:      afterRun.ask,
	deliver:  afterRun.deliver,
	again:    "the same hr2coupa undo",
	resubmit: "the same hr2coupa undo",
}

// afterRepair speaks of a repair. What is still different is in the next one.
var afterRepair = advice{
	fix:      "once what is wrong is fixed: hr2coupa reconcile --repair -o FILE, then hr2coupa apply FILE",
	ask:      afterRun.ask,
	deliver:  afterRun.deliver,
	again:    "hr2coupa reconcile --repair -o FILE, then hr2coupa apply FILE",
	resubmit: "hr2coupa reconcile --repair -o FILE, then hr2coupa apply FILE",
}

// afterDrop speaks of files that a person has written, not of HR's feed.
var afterDrop = advice{
	fix:     "put the rows that were not applied into a file, fix them and drop it; or, once Coupa is fixed, hr2coupa drop --again FILE sends the whole file once more",
	ask:     "the same hr2coupa drop asks Coupa again; hr2coupa status shows what is open",
	deliver: "fix what hinders the delivery (hr2coupa doctor looks at the whole way), then the same hr2coupa drop: it goes on with the parts that were not sent",
	again:   afterRun.again, resubmit: afterRun.resubmit,
}

// inConfig reports whether a cause lies in the config.
func inConfig(c export.CauseCount) bool { return c.Config != nil }

func behindHeld(c export.CauseCount) bool { return c.Name == export.CauseHeldRun }

// typed reports whether a run was about a change that a person has typed, and nothing else.
func typed(rep *export.Report) bool {
	return len(rep.Files) > 0 && !slices.ContainsFunc(rep.Files, func(f export.FeedFile) bool { return !change.Typed(export.Origin{File: f.Name}) })
}

// nextSteps prints what to type now.
func nextSteps(w *terminal.Text, rep *export.Report) {
	lines := nextLines(rep)
	if len(lines) == 0 {
		return
	}
	w.Printf("\nNext\n")
	w.Lines("  ", lines...)
}

// nextLines returns what to type now, each line once.
func nextLines(rep *export.Report) (next []string) {
	say := afterRun
	switch {
	case rep.Command == "drop":
		say = afterDrop
	case typed(rep) && change.Undoes(export.Origin{File: rep.Files[0].Name}) != "":
		say = afterUndo
	case typed(rep) && change.Repairs(export.Origin{File: rep.Files[0].Name}):
		say = afterRepair
	case typed(rep):
		say = afterChange
	}
	var lines, rows []string // what hinders the whole run comes before its rows
	add := func(n int, line string) {
		if n > 0 {
			rows = append(rows, line)
		}
	}
	by := rep.Counts.By
	behind := slices.ContainsFunc(rep.Causes, behindHeld)
	if behind {
		rows = append(rows, "approve or settle the held run (hr2coupa approve, hr2coupa settle), then "+say.resubmit)
	}
	config := slices.ContainsFunc(rep.Causes, inConfig)
	if config {
		again := "hr2coupa run --again"
		if typed(rep) { // it is in no feed that --again could read
			again = say.again
		}
		rows = append(rows, "fix the config where Causes names its lines, then "+again)
	}
	if !behind && !config || slices.ContainsFunc(rep.Causes, func(c export.CauseCount) bool { return !behindHeld(c) && !inConfig(c) }) {
		add(by[export.Quarantined]+by[export.Rejected]+by[export.Drifted], say.fix)
	}
	if slices.ContainsFunc(rep.Parts, awaited) {
		add(by[export.Pending], say.ask)
	}
	if rep.Verdict.Kept.GivenUpBy != "" {
		lines = append(lines, "what it kept was given up and is not sent; if it is wanted after all, hr2coupa run --again plans it again from the same feed")
	}
	if rep.State == export.RunHeld && rep.Exit == export.ExitHeld && by[export.Held] > 0 {
		lines = append(lines, "look at it with hr2coupa plan",
			"if it is meant: "+export.ApproveCommand(rep.Run, rep.Held)+", then "+say.again,
			"if not: hr2coupa settle "+rep.Run+" rejected --by NAME")
	}
	if rep.Verdict.End == export.EndUnknownFiles {
		lines = append(lines, job.AfterDistrust...)
	}
	if rep.Verdict.End == export.EndRefused {
		lines = append(lines, prospect.AfterRefusal(rep.Beside)...)
	}
	if rep.Exit == export.ExitNotDelivered {
		lines = append(lines, say.deliver)
	}
	lines = append(lines, rows...)
	for _, r := range append([]*export.Report{rep}, rep.Resumed...) {
		for _, p := range r.Parts {
			switch p.State {
			case export.Stalled:
				if p.Route == export.ByAPI {
					lines = append(lines, "hr2coupa run goes on with the rows of "+p.Name+" that have no answer; where none ever comes, look them up in Coupa, then: hr2coupa settle "+p.Name+" applied|rejected --by NAME")
					continue
				}
				lines = append(lines, "look in Coupa what came of it, then: hr2coupa settle "+p.Name+" applied|rejected --by NAME")
			case export.InDoubt:
				lines = append(lines, "look in Coupa whether it is there: hr2coupa settle "+p.Name+" applied|rejected --by NAME; where it is not, hr2coupa run --again plans its rows again")
			}
		}
	}
	for _, l := range lines {
		if !slices.Contains(next, l) { // a run may stand for itself and among those that were gone on with
			next = append(next, l)
		}
	}
	return next
}

// overriddenText prints which cells are not HR's, and where the override stands.
func overriddenText(w *terminal.Text, cells []export.Fault, env *wiring.Env) {
	shown := cells
	if !env.All {
		shown = cells[:min(len(cells), shownLines)]
	}
	for _, f := range shown {
		w.Lines("  ", terminal.Fold(doubtText(f), "  ", env.Stdout.Width())...)
	}
	if more := len(cells) - len(shown); more > 0 {
		w.Printf("  and %d more overridden cells: --all shows them\n", more)
	}
}
