package show

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
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

func columnsText(w *terminal.Text, r *job.Planned) {
	names := make([]string, 0, len(r.Columns))
	for n := range r.Columns {
		names = append(names, n)
	}
	slices.Sort(names)
	rows := make([][]string, len(names))
	for i, n := range names {
		rows[i] = []string{n, export.Plural(r.Columns[n], "row")}
	}
	if len(rows) > 0 {
		w.Printf("\nColumns that would be written\n")
		w.Table(rows)
	}
}

func peopleText(w *terminal.Text, people []job.PersonPlan, all int) {
	if len(people) == 0 {
		return
	}
	w.Printf("\nPeople\n")
	rows := make([][]string, len(people))
	for i, p := range people {
		rows[i] = []string{p.Origin.String(), p.Key, cellsText(p)}
	}
	w.Table(rows)
	if len(people) < all {
		w.Printf("  and %d more: plan --all shows them\n", all-len(people))
	}
}

func cellsText(p job.PersonPlan) string {
	names := slices.Sorted(maps.Keys(p.Columns))
	for i, n := range names {
		names[i] = n + "=" + p.Columns[n]
		if slices.Contains(p.Completed, n) {
			names[i] += " (completed)"
		}
	}
	return strings.Join(names, ", ")
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
