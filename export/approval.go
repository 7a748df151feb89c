package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Approval is a person's permission for a held run to exceed the limits of the config. It only records ceilings and an
// expiry: the next run plans everything again, and is sent if it is within them.
type Approval struct {
	ID       int64          `json:"-"`   // in the ledger; 0 before it is there
	Run      string         `json:"run"` // the held run that was approved
	By       string         `json:"by"`
	Operator Operator       `json:"operator,omitzero"` // who has typed it; an earlier version did not record that
	At       time.Time      `json:"at"`
	Expires  time.Time      `json:"expires"`
	Ceilings map[string]int `json:"ceilings"` // by the limit's key in the config: deactivations, columns.Approver Login; shrink: any number
	Ended    Ending         `json:"ended,omitzero"`
}

// String returns the ceilings, in the order of their names, and who gave them.
func (a *Approval) String() string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(a.Ceilings)) {
		if key == ShrinkLimit {
			parts = append(parts, "a shrunken feed")
			continue
		}
		parts = append(parts, fmt.Sprintf("%s up to %d", key, a.Ceilings[key]))
	}
	text := fmt.Sprintf("%s, by %s, until %s", strings.Join(parts, ", "), a.By, a.Expires.UTC().Format(time.RFC3339))
	if a.Operator != (Operator{}) {
		text += ", given by " + a.Operator.String()
	}
	return text
}

// TooLow returns the first limit that holds a run and that the approval names with a ceiling below what the run needs.
func (a *Approval) TooLow(held []Breach) (b Breach, low bool) {
	for _, b := range held {
		ceiling, given := a.Ceilings[b.Limit]
		if given && b.Limit != ShrinkLimit && ceiling < b.Needs() {
			return b, true
		}
	}
	return b, false
}

// LimitOption returns the name of approve's option for a limit that is neither a column's nor shrink: roles-taken.
func LimitOption(limit string) string { return strings.ReplaceAll(limit, "_", "-") }

// LimitName returns how a command line names a limit: --roles-taken, --column 'Approver Login'.
func LimitName(limit string) string {
	if column, ok := strings.CutPrefix(limit, columnLimits); ok {
		return "--column " + shellQuoted(column)
	}
	if column, ok := FilledColumn(limit); ok {
		return "--fill " + shellQuoted(column)
	}
	return "--" + LimitOption(limit)
}

// shellQuoted returns a text as one word of a shell.
func shellQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// ApproveCommand returns the command that approves a run held by these limits.
func ApproveCommand(run string, held []Breach) string {
	command := "hr2coupa approve " + run
	for _, b := range held {
		command += b.option()
	}
	return command + " --expires 24h --by NAME"
}
