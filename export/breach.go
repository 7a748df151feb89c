package export

import (
	"fmt"
	"strings"
)

// Breach is one limit that a plan exceeds, with the figures that were compared.
type Breach struct {
	Limit string // name as in approvals: deactivations, columns.Approver Login, shrink

	// Allowed is the larger of Count and of Percent of the known people; or, where that is more, the Approved ceiling.
	// For shrink only Percent counts: by how much a feed may be smaller than the last one.
	Count    int
	Percent  float64
	Approved int
	Allows   int // the resulting ceiling; 0 with shrink

	Known int // people known to the ledger; with shrink: records of the last feed
	Has   int // how many the plan has whom no approval covers; with shrink: records of its feed

	Covered int      // people of the plan whom an approval names and covers
	Used    int      // people of earlier starts of the day, without those whom the plan has too
	UsedBy  []RunUse // those starts, in their order

	// Text is the sentence that an earlier program stored; then the other fields are unknown.
	Text string
}

// String returns what is wrong.
func (b Breach) String() string {
	switch {
	case b.Text != "":
		return b.Text
	case b.Limit == ShrinkLimit:
		return fmt.Sprintf("limits.shrink allows a feed to be %g %% smaller than the last one, which had %d records, and this one has %d", b.Percent, b.Known, b.Has)
	}
	if column, ok := FilledColumn(b.Limit); ok {
		return fmt.Sprintf("limits.fill allows %d blanks in %s (%d people of this feed with a known value) and the feed has %d", b.Allows, column, b.Known, b.Has)
	}
	text := fmt.Sprintf("limits.%s allows %d (%d people known) and the plan has %d", b.Limit, b.Allows, b.Known, b.Has)
	if b.Covered > 0 {
		text += fmt.Sprintf(" beside the %d that are approved", b.Covered)
	}
	if b.Used > 0 {
		text += fmt.Sprintf("; earlier starts have used %d (%s)", b.Used, usedText(b.UsedBy))
	}
	return text
}

// Hint returns what to look at first; "" where Text says it. What lets the plan go is for the caller to say: a held run can be
// approved, and what was never held cannot.
func (b Breach) Hint() string {
	switch {
	case b.Text != "":
		return ""
	case b.Limit == ShrinkLimit:
		return "check that the feed is whole"
	case strings.HasPrefix(b.Limit, fillLimits):
		return "ask HR whether the column is delivered"
	}
	return "check that all of them are meant"
}

// MarshalText returns the text of String.
func (b Breach) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// option returns the option of approve that lets the plan go; "" where it is unknown.
func (b Breach) option() string {
	column, ok := strings.CutPrefix(b.Limit, columnLimits)
	switch {
	case b.Limit == "":
		return ""
	case b.Limit == ShrinkLimit:
		return " --shrink"
	case strings.HasPrefix(b.Limit, fillLimits):
		return " --fill " + shellQuoted(fmt.Sprintf("%s=%d", b.Limit[len(fillLimits):], b.Needs()))
	case ok:
		return " --column " + shellQuoted(fmt.Sprintf("%s=%d", column, b.Needs()))
	}
	return fmt.Sprintf(" --%s %d", LimitOption(b.Limit), b.Needs())
}

// Needs returns the lowest ceiling of an approval that lets the plan go. It means nothing for shrink.
func (b Breach) Needs() int { return b.Has + b.Covered }
