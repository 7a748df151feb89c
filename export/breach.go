package export

import (
	"fmt"
	"strings"
)

// Breach is one limit that a plan exceeds, with what it is held against.
type Breach struct {
	Limit string // as approvals know it: deactivations, columns.Approver Login, shrink

	// What is allowed: the larger of Count and of Percent of the people known; or, where that is more, what a person has
	// Approved. Of shrink Percent alone counts: by how much a feed may be smaller than the last one.
	Count    int
	Percent  float64
	Approved int
	Allows   int // the ceiling that comes to; 0 with shrink

	Known int // people known to the ledger; with shrink: records of the last feed
	Has   int // how many the plan has; with shrink: records of its feed

	// Text is what a program before this one wrote down in words of its own, and nothing else is known then.
	Text string
}

// String says what is wrong and what to do.
func (b Breach) String() string {
	switch {
	case b.Text != "":
		return b.Text
	case b.Limit == ShrinkLimit:
		return fmt.Sprintf("limits.shrink allows a feed to be %g %% smaller than the last one, which had %d records, and this one has %d; is it whole?", b.Percent, b.Known, b.Has)
	}
	return fmt.Sprintf("limits.%s allows %d (%d people known) and the plan has %d; raise the limit if this is meant", b.Limit, b.Allows, b.Known, b.Has)
}

// MarshalText writes the words.
func (b Breach) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// option is what approve wants for the plan to go; "" where nobody knows.
func (b Breach) option() string {
	column, ok := strings.CutPrefix(b.Limit, columnLimits)
	switch {
	case b.Limit == "":
		return ""
	case b.Limit == ShrinkLimit:
		return " --shrink"
	case ok:
		return fmt.Sprintf(" --column '%s=%d'", strings.ReplaceAll(column, "'", `'\''`), b.Has)
	}
	return fmt.Sprintf(" --%s %d", b.Limit, b.Has)
}
