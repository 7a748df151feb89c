package show

import (
	"maps"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// readBackText prints the result of reading back, or why it was not done.
func readBackText(w *terminal.Text, b *export.ReadBack) {
	if b == nil {
		return
	}
	if b.Rows > 0 {
		w.Printf("  read back: %d cells of %s = %d confirmed + %d drifted + %d not shown\n",
			b.Confirmed+b.Drifted+unknownCells(b), export.Plural(b.Rows, "row"), b.Confirmed, b.Drifted, unknownCells(b))
	}
	readBackNotes(w, b)
	if b.Why != "" {
		w.Printf("  not read back: %s\n", b.Why)
		readBackHint(w, b)
	}
}

// readBackNotes prints what could not be compared, and why.
func readBackNotes(w *terminal.Text, b *export.ReadBack) {
	if len(b.Unknown) > 0 {
		w.Printf("  not shown: this instance leaves %s out of its answers (API response filter), or its version lacks them\n",
			strings.Join(slices.Sorted(maps.Keys(b.Unknown)), ", "))
	}
	if len(b.Hidden) > 0 {
		w.Printf("  a default response filter of this instance hides %s from calls that do not ask by name; hr2coupa asks by name\n",
			strings.Join(b.Hidden, ", "))
	}
	if b.Newer > 0 {
		w.Printf("  %s not read back: something newer was sent for these people since\n", export.Plural(b.Newer, "row"))
	}
	if b.Pruned > 0 {
		w.Printf("  %s not read back: what was sent has been pruned from the ledger\n", export.Plural(b.Pruned, "row"))
	}
	for _, c := range b.NotRead {
		w.Printf("  %s: Coupa's API does not show it\n", c)
	}
}

func unknownCells(b *export.ReadBack) (n int) {
	for _, cells := range b.Unknown {
		n += cells
	}
	return n
}

// driftText prints cells of which Coupa holds another value. Only this and --json show the values.
func driftText(w *terminal.Text, drift []export.Drift, all int) {
	if len(drift) == 0 {
		return
	}
	w.Printf("\nDrift: what was sent, and what Coupa shows (%s)\n", export.Plural(all, "cell"))
	var rows [][]string
	for _, d := range drift[:min(len(drift), shownLines)] {
		rows = append(rows, []string{d.Origin.String(), words.Dash(d.Key), d.Column, "sent " + inQuotes(d.Sent), "Coupa: " + inQuotes(d.Coupa)})
	}
	w.Table(rows)
	if more := all - len(rows); more > 0 {
		w.Printf("  and %d more: see --json\n", more)
	}
}

func inQuotes(s string) string { return `"` + s + `"` }

// Verified prints the result of reading a run back.
func Verified(env *wiring.Env, r *job.Verified) error {
	w := env.Stdout.Text()
	w.Printf("run %s, read back from Coupa\n\nCells\n  %d of %s = %d confirmed + %d drifted + %d not shown\n", r.Run,
		r.Confirmed+r.Drifted+unknownCells(r.ReadBack), export.Plural(r.Rows, "row"), r.Confirmed, r.Drifted, unknownCells(r.ReadBack))
	readBackNotes(w, r.ReadBack)
	if r.Why != "" {
		w.Printf("  the rest was not read back: %s\n", r.Why)
		readBackHint(w, r.ReadBack)
	}
	driftText(w, r.Drift, r.Drifted)
	return w.Err()
}

func readBackHint(w *terminal.Text, b *export.ReadBack) {
	if b.Hint != "" {
		w.Lines("  hint: ", strings.Split(b.Hint, "\n")...)
	}
}
