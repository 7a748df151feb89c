package show

import (
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// inactiveBy says how it is known that an approver is inactive.
var inactiveBy = map[export.HandOverSource]string{
	export.ByFeed: "inactive by %s", export.ByCoupa: "inactive in Coupa", export.ByLedger: "last sent as inactive",
}

// handOverText prints who of the feed reports to a leaver; nothing where that was not asked for.
func handOverText(w *terminal.Text, h *export.HandOver, width int) {
	if h == nil {
		return
	}
	w.Printf("\nHand-over\n")
	sum := fmt.Sprintf("%d of %d people of the feed with an approver report to a person who is inactive, or becomes so", h.Reports(), h.Compared)
	w.Lines("  ", terminal.Fold(sum, "  ", width)...)
	for _, l := range h.Leavers {
		why := inactiveBy[l.From]
		if strings.Contains(why, "%s") {
			why = fmt.Sprintf(why, l.Origin)
		}
		who := l.Login
		if l.Key != "" {
			who = l.Key + " " + who
		}
		w.Lines("  ", terminal.Fold(fmt.Sprintf("%s, %s, is the approver of %s", who, why, words.Persons(len(l.Reports))), "  ", width)...)
		rows := [][]string{}
		for _, f := range l.Reports {
			rows = append(rows, []string{"  " + f.Origin.String(), f.Key, f.Login})
		}
		w.Table(rows)
	}
}
