package show

import (
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/export"
)

// Sums returns the counts as an equation: count in is count out.
func Sums(c export.Counts) string {
	var b strings.Builder
	sumsText(terminal.New(&b).Text(), c)
	return b.String()
}

// sumsText prints the equation, each outcome in its tone.
func sumsText(w *terminal.Text, c export.Counts) {
	w.Printf("%d in", c.Input)
	before := " = "
	for _, o := range export.Outcomes() {
		if n := c.By[o]; n > 0 {
			w.Printf("%s%s", before, InTone(o, fmt.Sprintf("%d %s", n, o)))
			before = " + "
		}
	}
}

// InTone returns a text for Printf in the tone of an outcome: what is applied, what needs a person, and what waits. What was not to
// be sent has none.
func InTone(o export.Outcome, text string) any {
	switch o {
	case export.Applied:
		return terminal.In(terminal.Good, text)
	case export.Quarantined, export.Rejected, export.Drifted:
		return terminal.In(terminal.Bad, text)
	case export.Held, export.Pending:
		return terminal.In(terminal.Mixed, text)
	}
	return text
}
