package notify

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

const causeLeaver = "an administrator has left and is still active"

// OfLeavers reports whether an incident is about administrators who have left.
func OfLeavers(i export.Incident) bool { return i.Cause == causeLeaver }

// IsLeaver reports whether a row was quarantined because its person has left and holds a role of roles.never.
func IsLeaver(r export.RowResult) bool { return hasRule(r, export.RuleRoleLeaver) }

func hasRule(r export.RowResult, rule string) bool {
	return r.Outcome == export.Quarantined && slices.ContainsFunc(r.Faults, func(f export.Fault) bool { return f.Rule == rule })
}

// Leavers are the administrators who have left and are still active, as far as rows say it. The zero value has none. It holds
// keys of people, which no notice shows.
type Leavers struct{ by map[string]leaver }

type leaver struct {
	run    string
	origin export.Origin
}

func (a leaver) compare(b leaver) int {
	return cmp.Or(cmp.Compare(a.run, b.run), cmp.Compare(a.origin.File, b.origin.File), cmp.Compare(a.origin.Line, b.origin.Line))
}

// See takes a row of a run; rows come in the order of their runs. A row that has arrived, or that Coupa held already, says that
// the person is as HR wants them. So does one that HR has as active again. All others say nothing of a leaver.
func (l *Leavers) See(run string, r export.RowResult) {
	switch {
	case IsLeaver(r):
		if l.by == nil {
			l.by = map[string]leaver{}
		}
		l.by[r.Key] = leaver{run, r.Origin}
	case r.Outcome == export.Applied, r.Outcome == export.Unchanged, hasRule(r, export.RuleRoleHolder):
		delete(l.by, r.Key)
	}
}

// leavers adds the trouble of administrators who have left: how many, and where a report names them. Only a person can
// end it, so it is told every day.
func (f *Finding) leavers(l *Leavers) {
	if f.Counted = l != nil; !f.Counted || len(l.by) == 0 {
		return
	}
	var places tally
	var runs []string
	for _, one := range slices.SortedFunc(maps.Values(l.by), leaver.compare) {
		places.add(export.RowResult{Lines: 1, Origin: one.origin})
		runs = append(runs, one.run)
	}
	t := Trouble{Kind: export.NoticeQuarantine, Cause: causeLeaver, Owner: export.OwnerIT, Facts: []string{persons(len(l.by)) + ": " + places.where()},
		ToDo: []string{"make the user inactive by hand in Coupa, today: a feed never changes people with a role of roles.never"}}
	for _, run := range slices.Compact(runs) {
		t.ToDo = append(t.ToDo, "hr2coupa status "+run+" names them")
	}
	t.ToDo = append(t.ToDo, "hr2coupa run --again sees that it is done and ends this notice; a feed that has them every night does so by itself")
	f.add(t)
}
