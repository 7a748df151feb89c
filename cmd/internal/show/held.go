package show

import (
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/differences"
	"github.com/hr2coupa/hr2coupa/cmd/internal/ready"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// heldReportText prints whom each limit counts that holds the run, and where all of them are.
func heldReportText(w *terminal.Text, rep *export.Report) {
	heldByText(w, rep.HeldBy, "an approval needs")
	if rep.HeldFile != "" {
		w.Printf("  all who are held, with old and new values: %s\n", rep.HeldFile)
	}
}

// heldDropText prints whom each limit counts that holds a drop. The ledger records no such drop, and no one can approve it.
func heldDropText(w *terminal.Text, held *ready.HeldError) {
	w.Printf("this drop is held, and nothing was sent\n")
	heldByText(w, held.By, "the files have")
}

// heldByText prints whom each limit counts, and what would change of them. needs introduces the number that would have to be
// allowed.
func heldByText(w *terminal.Text, limits []export.HeldLimit, needs string) {
	for _, h := range limits {
		used := ""
		if h.Used > 0 {
			used = fmt.Sprintf(", earlier starts of the day have used %d", h.Used)
		}
		w.Printf("\n%s: it allows %d%s, and %s %d\n", terminal.In(terminal.Mixed, "Held by limits."+h.Limit), h.Allows, used, needs, h.Needs)
		for _, p := range h.First {
			heldPersonText(w, p)
		}
		if more := h.People - len(h.First); more > 0 {
			w.Printf("  and %s more\n", words.Persons(more))
		}
		if h.People < h.Needs {
			w.Printf("  %s not known here: hr2coupa plan shows them\n", words.Persons(h.Needs-h.People))
		}
	}
}

// unnamed picks the held rows that are printed without what changes: all of them where no limit names people.
func unnamed(rep *export.Report) func(export.RowResult) bool {
	for _, h := range rep.HeldBy {
		if h.People > 0 {
			return func(export.RowResult) bool { return false }
		}
	}
	return withOutcome(export.Held)
}

func heldPersonText(w *terminal.Text, p export.HeldPerson) {
	person := &differences.Person{Origin: p.Origin, Key: p.Key, Kinds: p.Kinds, Change: p.Change}
	if p.Change != nil {
		personText(w, person, 0)
		return
	}
	var kinds []string
	for _, k := range p.Kinds.List() {
		kinds = append(kinds, k.String())
	}
	if len(kinds) == 0 { // nothing of them would change: a column has come blank
		w.Printf("  %s  %s\n", p.Key, p.Origin)
		return
	}
	w.Printf("  %s  %s  %s\n", p.Key, p.Origin, strings.Join(kinds, ", "))
}
