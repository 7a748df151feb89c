package show

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// Plan prints what would be sent; saved is the file that the plan was saved to, "" for none.
func Plan(env *wiring.Env, r *job.Planned, rows iter.Seq[export.RowResult], saved string) error {
	w := env.Stdout.Text()
	for _, f := range r.Files {
		w.Printf("feed %s\n", f.Name)
	}
	for _, name := range r.Seen {
		w.Printf("  %s was seen before: a run would not send it again\n", name)
	}
	for _, f := range r.Late {
		w.Printf("  late: %s\n", f)
	}
	if r.Joins > 0 {
		w.Printf("  first %s that run %s has kept\n", export.Plural(r.Joins, "record"), r.JoinsRun)
	}
	if r.Beside != "" {
		w.Printf("  beside run %s, which is held and stays as it is\n", r.Beside)
	}
	w.Printf("\nRecords\n  %d in = %d to send + %d quarantined", r.Input, r.ToSend, r.Quarantined)
	if r.Unchanged > 0 {
		w.Printf(" + %d unchanged", r.Unchanged)
	}
	if r.Waiting > 0 {
		w.Printf(" + %d waiting", r.Waiting)
	}
	w.Printf("\n")
	w.Printf("  %s in %s, %s; key %s\n", export.Plural(r.RowCount, "row"), export.Plural(len(r.Parts), "part"), export.Plural(r.Waves, "wave"), r.Key)
	if r.Checked {
		w.Printf("  checked: Coupa was asked about these people just now\n")
	} else {
		w.Printf("  unchecked: Coupa was not asked which of these people it knows\n")
	}
	if len(r.Match) > 0 {
		w.Printf("  matched in Coupa by %s\n", strings.Join(r.Match, ", then "))
	}
	if r.Creates > 0 {
		w.Printf("  new in Coupa: %s that match no Coupa user and would be created; key %s\n", export.Plural(r.Creates, "row"), r.NewKey)
	}
	if r.Calls != nil {
		w.Printf("  a run of it makes %s about users, at least %s: %d to look up, %d to write, %d to read back\n",
			export.Plural(r.Calls.Total, "call"), time.Duration(r.Calls.Seconds)*time.Second, r.Calls.LookUp, r.Calls.Write, r.Calls.ReadBack)
	} else if r.ReadBack != "" {
		w.Printf("  read back afterwards: at most %s\n", r.ReadBack)
	}
	if r.Completed > 0 {
		w.Printf("  %s completed: HR leaves out what Coupa wants in every row\n", export.Plural(r.Completed, "row"))
	}
	for _, c := range r.LeftOut {
		w.Printf("  %s is left out: with the key %s, Coupa takes a row whose number differs for a new person\n", c, r.Key)
	}
	breachesText(w, strings.ToUpper(string(r.Verdict))+": ", r.Limits)
	if r.Verdict == export.EndRefused {
		w.Lines("  ", prospect.AfterRefusal(r.Beside)...)
	}
	for _, f := range r.Warnings {
		w.Printf("  doubtful: %s\n", f.Error())
	}
	changesText(w, r)
	columnsText(w, r)
	peopleText(w, r.People, r.RowCount)
	rowsText(w, rows, group{"Quarantined, not sent: fix these first", withOutcome(export.Quarantined), shownRows, "see --json"})
	rowsText(w, rows, group{"Waiting: an earlier row of theirs has no verdict", withOutcome(export.Pending), shownOpen, "see --json"})
	partsText(w, r.Parts)
	if saved != "" {
		w.Printf("\nSaved\n  hr2coupa apply %s does exactly this, or says what has moved since\n", saved)
	}
	return w.Err()
}

// chiefWords are the words of a person's chief kind of change, in the order of printing.
var chiefWords = []struct {
	kind export.ChangeKind
	word string
}{
	{export.ChangeCreate, "to create"}, {export.ChangeDeactivation, "to deactivate"}, {export.ChangeReactivation, "to reactivate"},
	{export.ChangeLogin, "to rename"}, {export.ChangeOther, "otherwise changed"}, {export.ChangeUnchecked, "unchecked"},
}

// changesText prints how many people change, each once.
func changesText(w *terminal.Text, r *job.Planned) {
	var parts []string
	for _, c := range chiefWords {
		if n := r.Chief[c.kind.String()]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, c.word))
		}
	}
	if r.Same > 0 {
		parts = append(parts, fmt.Sprintf("%d as Coupa has them", r.Same))
	}
	if len(parts) == 0 {
		return
	}
	w.Printf("\nPeople\n  %s: %s\n", words.Persons(r.RowCount+r.Same), strings.Join(parts, ", "))
	if n := r.Changes[export.ChangeFilled.String()]; n > 0 {
		w.Printf("  %s with a value where Coupa has none\n", words.Persons(n))
	}
	if n := r.Changes[export.ChangeCase.String()]; n > 0 {
		w.Printf("  %s with a login or an e-mail address that differs in case alone\n", words.Persons(n))
	}
}

func columnsText(w *terminal.Text, r *job.Planned) {
	rows := make([][]string, 0, len(r.Changed))
	for _, n := range slices.Sorted(maps.Keys(r.Changed)) {
		rows = append(rows, []string{n, words.Persons(r.Changed[n])})
	}
	may := "would"
	if !r.Checked {
		may = "may"
	}
	if len(rows) > 0 {
		w.Printf("\nColumns that %s change\n", may)
		w.Table(rows)
	}
}

func peopleText(w *terminal.Text, people []job.PersonPlan, all int) {
	if len(people) == 0 {
		return
	}
	w.Printf("\nOld and new\n")
	for _, p := range people {
		w.Printf("  %s  %s  %s\n", p.Origin, p.Key, chiefWord(p.Kinds))
		if p.Change == nil {
			w.Lines("    ", wrapped(cellsTexts(p), 76)...)
			continue
		}
		for _, c := range p.Change.Cells {
			w.Printf("    %s: %s\n", c.Column, cellText(c))
		}
	}
	if len(people) < all {
		w.Printf("  and %d more: plan --all shows them\n", all-len(people))
	}
}

func chiefWord(kinds export.ChangeKinds) string {
	chief := kinds.Chief()
	for _, c := range chiefWords {
		if c.kind == chief {
			return c.word
		}
	}
	return chief.String()
}

// cellText returns what changes in a cell: old -> new, or what a list loses and gains.
func cellText(c export.CellChange) string {
	switch {
	case c.Kind == export.ChangeCreate:
		return c.New
	case !c.Known:
		return orNone(c.New) + " (unchecked)"
	case c.Kind == export.ChangeCase:
		return c.Old + " -> " + c.New + " (case alone)"
	case c.Gained == nil && c.Lost == nil:
		return orNone(c.Old) + " -> " + orNone(c.New)
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

// cellsTexts returns what a row says of a person of whom nothing is known.
func cellsTexts(p job.PersonPlan) []string {
	names := slices.Sorted(maps.Keys(p.Columns))
	for i, n := range names {
		names[i] = n + "=" + p.Columns[n]
		if slices.Contains(p.Completed, n) {
			names[i] += " (completed)"
		}
	}
	return names
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
func Export(env *wiring.Env, r *job.Planned, dir string, rows iter.Seq[export.RowResult]) error {
	w := env.Stdout.Text()
	w.Printf("Records\n  %d in = %d written + %d quarantined\n", r.Input, r.ToSend, r.Quarantined)
	breachesText(w, "a run would be HELD: ", r.Limits)
	rowsText(w, rows, group{"Quarantined, not sent: fix these first", withOutcome(export.Quarantined), shownRows, "see --json"})
	w.Printf("\nWritten to %s\n", dir)
	for _, p := range r.Parts {
		w.Printf("  %s  %s, %d bytes\n", p.Name, export.Plural(p.Rows, "row"), p.Size)
	}
	return w.Err()
}

// orNone returns a value, or a word for none: next to an arrow a dash would be hard to read.
func orNone(value string) string {
	if value == "" {
		return "(none)"
	}
	return value
}
