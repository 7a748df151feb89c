package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/cmd/terminal"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// verifier wires the comparison of what was sent with what Coupa shows.
func (j *job) verifier(users *coupa.Users) *directory.Verifier {
	return &directory.Verifier{
		Ledger: j.ledger, Users: users, Filter: users.DefaultFilter, Element: coupa.Element, Decode: partCells,
		Workers: users.Workers(), Rate: j.cfg.Coupa.Rate, Now: j.env.now, Log: j.env.log,
	}
}

// partCells reads a part, its header first.
func partCells(part []byte, take func([]string) bool) error {
	return layout.Decode(part, func(l layout.Line) bool { return take(l.Cells) })
}

// readBack reads back what is settled of a run and was not read back yet, in this start or in one that was interrupted
// before it came to that. What it came to is told by the run's report. That nobody can be asked changes no outcome.
func (j *job) readBack(ctx context.Context, run string) error {
	parts, err := j.ledger.Parts(run)
	if err != nil {
		return err
	}
	parts = slices.DeleteFunc(directory.Readable(parts), func(p export.Part) bool { return !p.ReadBack.IsZero() })
	if len(parts) == 0 {
		return nil
	}
	read := &export.ReadBack{}
	switch lost := j.runner.Lost(); {
	case !j.cfg.Verify && j.cfg.Line("verify") > 0:
		read.Why = "verify is off"
	case !j.cfg.Verify:
		read.Why = "coupa.scopes has no " + config.ScopeRead
	case lost != nil:
		read.Why = lost.Error()
	default:
		if read, err = j.verifier(j.wires.client.Users()).Run(ctx, parts); err != nil {
			return err
		}
	}
	if j.read == nil {
		j.read = map[string]*export.ReadBack{}
	}
	j.read[run] = read
	return nil
}

// manyCalls is how many calls a plan has to have ahead of it for somebody to want to know beforehand.
const manyCalls = 20

// readBackAhead says how many calls will read parts back, and how long they take; "" for few, and where nobody does.
func readBackAhead(cfg *config.Config, parts []export.Part) string {
	calls := 0
	for _, p := range parts {
		calls += directory.Calls(p.Rows)
	}
	if !cfg.Verify || calls <= manyCalls {
		return ""
	}
	return directory.Ahead(calls, cfg.Coupa.Rate)
}

// readBackText tells what reading back came to, or why it was not done.
func readBackText(w *terminal.Text, b *export.ReadBack) {
	if b == nil {
		return
	}
	if b.Rows > 0 {
		w.Printf("  read back: %d cells of %s = %d confirmed + %d drifted + %d not shown\n",
			b.Confirmed+b.Drifted+unknown(b), plural(b.Rows, "row"), b.Confirmed, b.Drifted, unknown(b))
	}
	readBackNotes(w, b)
	if b.Why != "" {
		w.Printf("  not read back: %s\n", b.Why)
	}
}

// readBackNotes tells what could not be compared, and why.
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
		w.Printf("  %s not read back: something newer was sent for these people since\n", plural(b.Newer, "row"))
	}
	if b.Pruned > 0 {
		w.Printf("  %s not read back: what was sent has been pruned from the ledger\n", plural(b.Pruned, "row"))
	}
	for _, c := range b.NotRead {
		w.Printf("  %s: Coupa's API does not show it\n", c)
	}
}

func unknown(b *export.ReadBack) (n int) {
	for _, cells := range b.Unknown {
		n += cells
	}
	return n
}

// driftText shows cells that Coupa holds otherwise. Beside --json it is the only place where their values stand.
func driftText(w *terminal.Text, drift []export.Drift, all int) {
	if len(drift) == 0 {
		return
	}
	w.Printf("\nDrift: what was sent, and what Coupa shows (%s)\n", plural(all, "cell"))
	var rows [][]string
	for _, d := range drift[:min(len(drift), shownRows)] {
		rows = append(rows, []string{d.Origin.String(), dash(d.Key), d.Column, "sent " + inQuotes(d.Sent), "Coupa: " + inQuotes(d.Held)})
	}
	w.Table(rows)
	if more := all - len(rows); more > 0 {
		w.Printf("  and %d more: see --json\n", more)
	}
}

func inQuotes(s string) string { return `"` + s + `"` }
