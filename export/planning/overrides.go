package planning

import (
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// overrides tells which cells of a row are not HR's, where the row is not as Coupa holds it.
func (e *encoder) overrides(b *built, one *rowDraft, outcome export.Outcome) {
	if e.p.Known == nil || e.p.Notes != nil || outcome == export.Unchanged {
		return
	}
	for _, f := range e.p.Known.Says(one.key) {
		f.Origin = one.row.Origin
		b.doubt = append(b.doubt, f)
	}
}

// overridden says of faults in overridden cells that the value is not HR's.
func (e *encoder) overridden(one *rowDraft) {
	if e.p.Known == nil {
		return
	}
	for _, said := range e.p.Known.Says(one.key) {
		i := slices.IndexFunc(one.faults, func(f export.Fault) bool { return f.Field == said.Field && f.Rule != said.Rule })
		if i >= 0 {
			one.faults[i].Message += ", as " + said.Message // templates/causes.csv has the cause of this end
		}
	}
}
