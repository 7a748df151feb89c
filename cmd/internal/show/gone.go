package show

import (
	"fmt"

	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// goneLines says who is missing in a snapshot and what becomes of them, and how many records of older snapshots do not count any more.
func goneLines(g *export.Gone, superseded int) (lines []string) {
	if superseded > 0 {
		lines = append(lines, fmt.Sprintf("superseded: %s kept of an older snapshot: excluded, since this one is newer", export.Plural(superseded, "record")))
	}
	if g == nil {
		return lines
	}
	are := "are"
	if g.Missing == 1 {
		are = "is"
	}
	text := fmt.Sprintf("gone: %s whom earlier snapshots had %s missing", words.Persons(g.Missing), are)
	long := fmt.Sprintf("in %s and for %s or more", export.Plural(g.Snapshots, "snapshot"), export.Plural(g.Days, "day"))
	switch {
	case g.NotCounted != "":
		text += "; this one does not count: " + g.NotCounted
	case g.Due == 0:
		text += ", none of them " + long
	case g.Deactivate:
		text += fmt.Sprintf(", %d of them %s: to deactivate", g.Due, long)
	default:
		text += fmt.Sprintf(", %d of them %s; gone: keep leaves them as they are", g.Due, long)
	}
	return append(lines, text)
}
