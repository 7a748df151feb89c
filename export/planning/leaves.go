package planning

import (
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// RuleLeaves marks a row that makes a person inactive who leaves on a later day.
const RuleLeaves = "leaves"

const (
	sayAhead     = "is after today(), and the row makes the person inactive now"
	sayNoDay     = "cannot be read as a date, and the row makes the person inactive now"
	askAhead     = " with today() in the expression of Status, or correct the day in HR"
	askDayLayout = "write the layout of the dates into feed.leaves, or correct the day in HR"
)

// Leaving is the day on which HR says that a person leaves.
type Leaving struct {
	Field string // of HR's records
	// Ahead reports whether a text of the field is a day after today(). Every worker calls it.
	Ahead func(text string) (bool, error)
}

// leaveDay returns the text of the day on which the person of a record leaves; "" where nothing of it is said or asked. It
// aliases the record.
func (w *worker) leaveDay(rec *export.Record) string {
	at := w.bound.leaves
	if at < 0 || rec.Missing != nil && rec.Missing[at] {
		return ""
	}
	return rec.Values[at]
}

// left reports whether the text of a day on which a person leaves is a day that has come.
func (p *Planner) left(text string) bool {
	if p.Leaves == nil || strings.TrimSpace(text) == "" {
		return false
	}
	ahead, err := p.Leaves.Ahead(text)
	return err == nil && !ahead
}

// early warns where a row that is not as Coupa holds it makes a person inactive who leaves on a later day, or on a day that
// cannot be read.
func (e *encoder) early(b *built, one *rowDraft, cmp *comparison, outcome export.Outcome) {
	if one.leaves == "" || e.p.Notes != nil || outcome == export.Unchanged || e.text(one, e.status) != export.StatusInactive {
		return
	}
	if e.comparer != nil && !cmp.kinds.Has(export.ChangeDeactivation) && !cmp.kinds.Has(export.ChangeCreate) {
		return
	}
	f := export.Fault{Origin: one.row.Origin, Field: e.p.Leaves.Field, Rule: RuleLeaves, Value: export.AtStake(e.p.Leaves.Field, strings.TrimSpace(one.leaves))}
	switch ahead, err := e.p.Leaves.Ahead(one.leaves); {
	case err != nil:
		f.Message, f.Hint = sayNoDay, askDayLayout
	case ahead:
		f.Message, f.Hint = sayAhead, "compare "+e.p.Leaves.Field+askAhead
	default:
		return
	}
	b.doubt = append(b.doubt, f)
}
