package show

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/differences"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// PlanText is how a plan is printed.
type PlanText struct {
	Most  int    // people that are shown
	Saved string // the file that the plan was saved to; "" for none
	Page  string // the page that was written; "" for none
}

// Plan prints what would change: first who, then what goes where.
func Plan(env *wiring.Env, r *job.Planned, o PlanText) error {
	w, width := env.Stdout.Text(), env.Stdout.Width()
	w.Lines("", terminal.Fold(planSentence(r), "  ", width)...)
	breachesText(w, strings.ToUpper(string(r.Verdict))+": ", r.Limits)
	if r.Verdict == export.EndHeld {
		w.Lines("  hint: ", "hr2coupa run records it as held, and prints the command that approves it")
	}
	approvedText(w, r.Void)
	if r.Verdict == export.EndRefused {
		w.Lines("  ", prospect.AfterRefusal(r.Beside)...)
	}
	for _, line := range planFacts(r) {
		w.Lines("  ", terminal.Fold(line, "  ", width)...)
	}
	doubtsText(w, r, width)
	handOverText(w, r.HandOver, width)
	countsText(w, r)
	peopleText(w, r, o.Most, width)
	rowsText(w, r.Store.All(), group{"Quarantined, not sent: fix these first", withOutcome(export.Quarantined), true, allFlag(env)},
		group{waitingForVerdict, pendingAnd(func(r export.RowResult) bool { return !forDay(r) }), false, allFlag(env)},
		group{waitingForDay, pendingAnd(forDay), false, allFlag(env)})
	causesText(w, r.Causes, width)
	recordsText(w, r, width)
	partsText(w, r.Parts)
	switch {
	case o.Saved == "":
	case r.Idle:
		w.Printf("\nSaved\n")
		w.Lines("  ", terminal.Fold(fmt.Sprintf("hr2coupa apply %s sends nothing, as a run does: all of it was seen before", o.Saved), "  ", width)...)
	default:
		w.Printf("\nSaved\n  hr2coupa apply %s does exactly this, or says what has moved since\n", o.Saved)
	}
	if o.Page != "" {
		w.Printf("\nPage\n  %s shows it in a browser; it holds personal data\n", o.Page)
	}
	return w.Err()
}

// chiefWords are the words of a person's chief kind of change, in the order of the sentence.
var chiefWords = []struct {
	kind        export.ChangeKind
	word, title string
}{
	{export.ChangeCreate, "to create", "To create"},
	{export.ChangeDeactivation, "to deactivate", "To deactivate"},
	{export.ChangeReactivation, "to reactivate", "To reactivate"},
	{export.ChangeLogin, "to rename", "To rename"},
	{export.ChangeOther, "otherwise changed", "Otherwise changed"},
	{export.ChangeUnchecked, "that may change", "May change: it is not known what Coupa holds"},
}

// kindWords are the kinds of change that a plan counts, one by one.
var kindWords = []struct {
	kind export.ChangeKind
	word string
}{
	{export.ChangeDeactivation, "active becomes inactive"}, {export.ChangeLogin, "another login"}, {export.ChangeEmail, "another e-mail address"},
	{export.ChangeNumber, "another employee number"}, {export.ChangeCreate, "new in Coupa"}, {export.ChangeReactivation, "inactive becomes active"},
	{export.ChangeRoleTaken, "a role, group or other entry is taken"}, {export.ChangeRoleGiven, "a role, group or other entry is given"},
	{export.ChangeFilled, "a value where Coupa has none"}, {export.ChangeCase, "a login or e-mail address differs in case alone"},
	{export.ChangeOther, "another value elsewhere"}, {export.ChangeUnchecked, "unchecked: not known what Coupa holds"},
	{export.ChangeApprovalLimit, "an approval limit that a person has to approve"},
}

// KindWords returns kinds of change in words, in the order in which a plan counts them.
func KindWords(kinds export.ChangeKinds) (list []string) {
	for _, k := range kindWords {
		if kinds.Has(k.kind) {
			list = append(list, k.word)
		}
	}
	if kinds.Has(export.ChangeRoleAsked) {
		list = append(list, "a role that has to be asked for")
	}
	return list
}

// planSentence returns how many people change and how, each counted once.
func planSentence(r *job.Planned) string {
	s := export.Plural(r.Input, "record") + ", " + words.Persons(r.RowCount+r.Same)
	same := "as Coupa has them"
	if !r.Checked {
		s, same = s+", unchecked (Coupa was not asked)", "as last confirmed"
	}
	var parts []string
	for _, c := range chiefWords {
		if n := r.Chief[c.kind.String()]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, c.word))
		}
	}
	if n := r.Same - r.ByLedger; n > 0 {
		parts = append(parts, fmt.Sprintf("%d %s", n, same))
	}
	if r.ByLedger > 0 {
		parts = append(parts, fmt.Sprintf("%d as last confirmed", r.ByLedger))
	}
	if len(parts) > 0 {
		s += ": " + strings.Join(parts, ", ")
	}
	if r.Quarantined > 0 {
		s += "; " + export.Plural(r.Quarantined, "record") + " quarantined"
	}
	if r.Excluded > 0 {
		s += "; " + export.Plural(r.Excluded, "record") + " excluded"
	}
	if r.Waiting > 0 {
		s += "; " + export.Plural(r.Waiting, "record") + " waiting"
	}
	return s
}

// planFacts returns what a plan was made of, a line each.
func planFacts(r *job.Planned) (lines []string) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, f := range r.Files {
		if !change.IsGone(export.Origin{File: f.Name}) { // goneLines says who is gone
			say("feed %s", export.Plain(f.Name))
		}
	}
	switch n := len(r.Seen); n {
	case 0:
	case 1:
		say("%s was seen before: a run would not send it again", export.Plain(r.Seen[0]))
	default:
		say("%d files were seen before, from %s to %s: a run would not send them again", n, export.Plain(r.Seen[0]), export.Plain(r.Seen[n-1]))
	}
	if r.Today != "" {
		say("today() is %s", r.Today)
	}
	for _, f := range r.Late {
		say("late: %s", f)
	}
	lines = append(lines, goneLines(r.Gone, r.Superseded)...)
	if n := r.Joins - r.Superseded; n > 0 {
		say("first %s that run %s has kept", export.Plural(n, "record"), r.JoinsRun)
	}
	if r.Come > 0 {
		say("%s waited for a day that has come", export.Plural(r.Come, "record"))
	}
	if r.Beside != "" {
		say("beside run %s, which is held and stays as it is", r.Beside)
	}
	switch {
	case r.ByLedger > 0:
		say("checked: Coupa was asked just now about everyone but %s: they are as the ledger last confirmed them", words.Persons(r.ByLedger))
	case r.Checked:
		say("checked: Coupa was asked about these people just now")
	default:
		say("unchecked: Coupa was not asked which of these people it knows")
	}
	if r.NoHolders && r.RowCount > 0 {
		say("unchecked: who holds a role of roles.never is not known: no administrator is protected, one who leaves is switched off")
	}
	if len(r.Match) > 0 {
		say("matched in Coupa by %s", strings.Join(r.Match, ", then "))
	}
	return lines
}

// countsText prints the people by each kind of change and by column.
func countsText(w *terminal.Text, r *job.Planned) {
	var rows [][]string
	for _, k := range kindWords {
		if n := r.Changes[k.kind.String()]; n > 0 {
			rows = append(rows, []string{k.word, words.Persons(n)})
		}
	}
	if len(rows) > 0 {
		w.Printf("\nWhat %s change: a person with several kinds counts for each\n", would(r))
		w.Table(rows)
	}
	rows = rows[:0]
	for _, n := range slices.Sorted(maps.Keys(r.Changed)) {
		rows = append(rows, []string{n, words.Persons(r.Changed[n])})
	}
	if len(rows) > 0 {
		w.Printf("\nColumns that %s change\n", would(r))
		w.Table(rows)
	}
}

// would returns the verb for what a plan changes.
func would(r *job.Planned) string {
	if r.Checked {
		return "would"
	}
	return "may"
}

// recordsText prints what becomes of the records, and what the sending takes.
func recordsText(w *terminal.Text, r *job.Planned, width int) {
	quarantined := any("0 quarantined")
	if r.Quarantined > 0 {
		quarantined = InTone(export.Quarantined, fmt.Sprintf("%d quarantined", r.Quarantined))
	}
	w.Printf("\nRecords\n  %d in = %d to send + %s", r.Input, r.ToSend, quarantined)
	if r.Unchanged > 0 {
		w.Printf(" + %d unchanged", r.Unchanged)
	}
	if r.Excluded > 0 {
		w.Printf(" + %d excluded", r.Excluded)
	}
	if r.Waiting > 0 {
		w.Printf(" + %s", InTone(export.Pending, fmt.Sprintf("%d waiting", r.Waiting)))
	}
	w.Printf("\n")
	w.Printf("  %s in %s, %s; key %s\n", export.Plural(r.RowCount, "row"), export.Plural(len(r.Parts), "part"), export.Plural(r.Waves, "wave"), r.Key)
	for _, line := range sendingFacts(r) {
		w.Lines("  ", terminal.Fold(line, "  ", width)...)
	}
}

// sendingFacts returns what the sending of a plan takes, a line each.
func sendingFacts(r *job.Planned) (lines []string) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if r.Creates > 0 {
		say("new in Coupa: %s without a matching Coupa user, to be created; key %s", export.Plural(r.Creates, "row"), r.NewKey)
	}
	if r.Calls != nil {
		say("a run of it makes %s about users, at least %s: %d to look up, %d to write, %d to read back",
			export.Plural(r.Calls.Total, "call"), time.Duration(r.Calls.Seconds)*time.Second, r.Calls.LookUp, r.Calls.Write, r.Calls.ReadBack)
	} else if r.ReadBack != "" {
		say("read back afterwards: at most %s", r.ReadBack)
	}
	if r.Completed > 0 {
		say("%s completed: HR leaves out what Coupa wants in every row", export.Plural(r.Completed, "row"))
	}
	for _, c := range r.LeftOut {
		say("%s is left out: with the key %s, Coupa takes a row whose number differs for a new person", c, r.Key)
	}
	return lines
}

// doubtLines returns which cells are overridden and what is doubtful, a line each, and how much more there is.
func doubtLines(r *job.Planned) (lines []string) {
	for _, overrides := range []bool{true, false} {
		for _, f := range r.Warnings {
			if (f.Rule == export.RuleKnown) == overrides {
				lines = append(lines, doubtText(f))
			}
		}
	}
	if r.Unshown > 0 {
		lines = append(lines, fmt.Sprintf("doubtful: and %d more of such rows", r.Unshown))
	}
	return lines
}

// doubtText returns what is doubtful in words, with the value that is at stake.
func doubtText(f export.Fault) string {
	switch {
	case f.Rule == export.RuleKnown && f.Value == "": // of a run of the past: the ledger has neither owner nor reason
		return f.Error()
	case f.Rule == export.RuleKnown: // neither is an override
		return fmt.Sprintf("%s (%s)", f.Error(), f.Value)
	}
	return "doubtful: " + valueText(f)
}

func valueText(f export.Fault) string {
	if f.Value != "" && f.Field != "" {
		f.Field += " " + inQuotes(f.Value)
	}
	return f.Error()
}

// doubtsText prints what is doubtful, and then each thing to do about it once.
func doubtsText(w *terminal.Text, r *job.Planned, width int) {
	hintedText(w, doubtLines(r), r.Warnings, width)
}

// warningsText prints what is doubtful of a start, as a plan does.
func warningsText(w *terminal.Text, warnings []export.Fault, width int) {
	lines := make([]string, len(warnings))
	for i, f := range warnings {
		lines[i] = doubtText(f)
	}
	hintedText(w, lines, warnings, width)
}

func hintedText(w *terminal.Text, lines []string, warnings []export.Fault, width int) {
	for _, line := range lines {
		w.Lines("  ", terminal.Fold(line, "  ", width)...)
	}
	if hint := export.Faults(warnings).Hint(); hint != "" {
		w.Lines("  ", terminal.Fold("hint: "+hint, "  ", width)...)
	}
}

// peopleText prints who changes, by the chief kind of their change.
func peopleText(w *terminal.Text, r *job.Planned, most, width int) {
	if s := r.Selection(); s != "" {
		w.Printf("\nPeople: %s\n", s)
	}
	shown := 0
	var chief export.ChangeKind
	for p := range r.Each(most) {
		if c := chiefOf(&p); shown == 0 || c != chief {
			chief = c
			w.Printf("\n%s\n", chiefTitle(c, r))
		}
		shown++
		personText(w, &p, width)
	}
	if shown < r.Matched {
		w.Printf("  and %d more: plan --all shows them\n", r.Matched-shown)
	}
}

// chiefOf returns the kind of change under which a person is shown.
func chiefOf(p *differences.Person) export.ChangeKind {
	if p.Unsent() {
		return export.ChangeCase
	}
	return p.Kinds.Chief()
}

// unsentTitle is the title of people of whom nothing is sent.
const unsentTitle = "Not sent: only the case differs (layout.case: exact sends it)"

// chiefTitle returns the title of the people with a chief kind of change, with their number if it is known.
func chiefTitle(chief export.ChangeKind, r *job.Planned) string {
	title := unsentTitle
	for _, c := range chiefWords {
		if c.kind == chief {
			title = c.title
		}
	}
	if r.Only != "" {
		return title
	}
	return fmt.Sprintf("%s (%d)", title, r.Chief[chief.String()])
}

func personText(w *terminal.Text, p *differences.Person, width int) {
	name := p.Name()
	if name != "" {
		name = "  " + name
	}
	w.Printf("  %s%s  %s\n", p.Key, name, p.Origin)
	if list := cellList(p); list != nil {
		w.Lines("    ", wrapped(list, cmp.Or(width, 80)-4)...)
		return
	}
	widest := 0
	for _, c := range p.Change.Cells {
		widest = max(widest, utf8.RuneCountInString(c.Column))
	}
	for _, c := range p.Change.Cells {
		pad := strings.Repeat(" ", widest-utf8.RuneCountInString(c.Column))
		w.Lines("    ", terminal.Fold(c.Column+pad+"  "+CellText(p.Change.Against, c), strings.Repeat(" ", widest+2), width-4)...)
	}
}

// unkept stands for an old value of which only that it is another is known, since the ledger keeps no values.
const unkept = "(another value)"

// oldText returns the old value of a cell in words, and whether they stand for a value.
func oldText(against export.Compared, c export.CellChange) (text string, stands bool) {
	switch {
	case c.Old != "":
		return c.Old, false
	case against == export.AgainstLedger && c.Kind != export.ChangeFilled && c.Kind != export.ChangeRoleGiven:
		return unkept, true
	}
	return none, true
}

// CellText returns what changes in a cell: old -> new, or what a list loses and gains.
func CellText(against export.Compared, c export.CellChange) string {
	old, _ := oldText(against, c)
	switch {
	case !c.Known:
		return orNone(c.New) + " (unchecked)"
	case c.Kind == export.ChangeCase:
		return c.Old + " -> " + c.New + " (case alone)"
	case c.Gained == nil && c.Lost == nil:
		return old + " -> " + orNone(c.New)
	}
	var parts []string
	for _, name := range c.Lost {
		parts = append(parts, "-"+name)
	}
	for _, name := range c.Gained {
		parts = append(parts, "+"+name)
	}
	return strings.Join(parts, ", ")
}

// cellList returns the cells of a person with no old values, each in a few words: of one who is new, or of whom nothing is
// known. It is nil for all others.
func cellList(p *differences.Person) (list []string) {
	switch {
	case p.Change == nil:
		for _, n := range slices.Sorted(maps.Keys(p.Columns)) {
			text := n + "=" + p.Columns[n]
			if slices.Contains(p.Completed, n) {
				text += " (completed)"
			}
			list = append(list, text)
		}
	case p.Kinds.Has(export.ChangeCreate):
		for _, c := range p.Change.Cells {
			list = append(list, c.Column+"="+c.New)
		}
	}
	return list
}

// wrapped joins texts with commas into lines of about that many characters.
func wrapped(texts []string, width int) (lines []string) {
	line := ""
	for i, text := range texts {
		if i < len(texts)-1 {
			text += ","
		}
		switch {
		case line == "":
			line = text
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(text) > width:
			lines, line = append(lines, line), text
		default:
			line += " " + text
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// Export prints which parts were written to dir.
func Export(env *wiring.Env, r *job.Planned, dir string) error {
	w := env.Stdout.Text()
	w.Printf("Records\n  %d in = %d written + %d quarantined\n", r.Input, r.ToSend, r.Quarantined)
	breachesText(w, "a run would be HELD: ", r.Limits)
	doubtsText(w, r, env.Stdout.Width())
	rowsText(w, r.Store.All(), group{"Quarantined, not sent: fix these first", withOutcome(export.Quarantined), true, allFlag(env)})
	causesText(w, r.Causes, env.Stdout.Width())
	w.Printf("\nWritten to %s\n", dir)
	for _, p := range r.Parts {
		w.Printf("  %s  %s, %d bytes\n", p.Name, export.Plural(p.Rows, "row"), p.Size)
	}
	return w.Err()
}

// none stands for an empty value.
const none = "(none)"

// orNone returns a value, or a word for none: next to an arrow a dash would be hard to read.
func orNone(value string) string {
	if value == "" {
		return none
	}
	return value
}
