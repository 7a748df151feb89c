package show

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/reconciling"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// openWords say why something is left to a person.
var openWords = map[reconciling.Open]string{
	reconciling.OpenAsk: "the config says ask", reconciling.OpenMissing: "missing in Coupa, and the config does not say hr of \"*\"",
	reconciling.OpenDoubt: "the comparison is in doubt", reconciling.OpenIdentity: "it says who the person is, and Coupa has no value there",
	reconciling.OpenUnshown: "Coupa does not show it",
}

// repairText prints what a repair would send, what it leaves, and what a person has to decide; nothing where there is none.
func repairText(w *terminal.Text, r *reconciling.Repair, width int) {
	if r == nil {
		return
	}
	w.Printf("\nRepair: nothing is sent\n")
	for _, line := range repairLines(r) {
		w.Lines("  ", terminal.Fold(line, "  ", width-2)...)
	}
	if len(r.Undecided) == 0 {
		return
	}
	w.Printf("\nTo be decided, and in no plan (%d)\n", len(r.Undecided))
	for _, u := range r.Undecided[:min(len(r.Undecided), shownFindings)] {
		text := fmt.Sprintf("%s  %s  %s", u.Key, u.Origin, openWords[u.Why])
		if len(u.Columns) > 0 {
			text = fmt.Sprintf("%s  %s  %s: %s", u.Key, u.Origin, strings.Join(u.Columns, ", "), openWords[u.Why])
		}
		w.Lines("  ", terminal.Fold(text, "  ", width-2)...)
	}
	if n := len(r.Undecided) - shownFindings; n > 0 {
		w.Printf("  and %d more: --json has all\n", n)
	}
}

// repairLines returns the sums of a repair, a line each.
func repairLines(r *reconciling.Repair) (lines []string) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if r.Plan == "" {
		say("HR wins nothing of what differs, so there is no plan, and no file is written")
	} else {
		say("HR wins: %s in the plan, of whom %d missing in Coupa%s", words.Persons(r.People), r.Missing, byColumn(r.Columns))
		checked := ""
		if !r.Checked {
			checked = "; unchecked (Coupa was not asked)"
		}
		say("the plan: %s to send, %d quarantined, %d as Coupa has them%s", export.Plural(r.Rows, "row"), r.Quarantined, r.Unchanged, checked)
		for _, limit := range r.Limits {
			say("it would be held: %s", limit)
		}
		say("saved to %s, which holds personal data; hr2coupa apply %s sends it", r.Plan, r.Plan)
	}
	if len(r.Left) > 0 {
		say("Coupa wins, nothing is sent%s", byColumn(r.Left))
	}
	if r.LeftMissing > 0 {
		say("Coupa wins: %s missing there stay so", words.Persons(r.LeftMissing))
	}
	if len(r.Ask) > 0 {
		say("to be decided%s", byColumn(r.Ask))
	}
	if r.OnlyInCoupa > 0 {
		say("never touched: %s whom HR does not know", export.Plural(r.OnlyInCoupa, "user"))
	}
	if r.Plan == "" && len(r.Undecided) > 0 {
		say("say who wins in the config: reconcile.repair, by column and \"*\", is hr, coupa or ask, and ask is the default")
	}
	return lines
}

// byColumn returns counts by column, after a colon; "" where there are none.
func byColumn(of map[string]int) string {
	if len(of) == 0 {
		return ""
	}
	var parts []string
	for _, column := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, fmt.Sprintf("%s %d", column, of[column]))
	}
	return ": " + strings.Join(parts, ", ")
}
