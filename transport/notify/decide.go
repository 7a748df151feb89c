package notify

import (
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Decide returns the items to send, given the incidents that were open before: an incident is told when it begins, once
// a day while it goes on, at once where it has grown, and when a start ends without it. It also returns the incidents
// that have changed, for the ledger. A day is a day in now's time zone.
func Decide(open []export.Incident, f Finding, run string, now time.Time) (incidents []export.Incident, items []Item) {
	for _, t := range f.Troubles {
		i, known := find(open, t)
		if !known {
			i = export.Incident{Kind: t.Kind, Cause: t.Cause, Owner: t.Owner, Begun: now, Run: run}
		}
		i.Last = now
		i.Starts++
		switch {
		case !known:
			i.Told = now
			items = append(items, t.item(i, Begun))
		case t.Fresh || day(i.Told.In(now.Location())) != day(now):
			i.Told = now
			items = append(items, t.item(i, GoesOn))
		}
		if t.Once {
			i.Ended = now
		}
		incidents = append(incidents, i)
	}
	for _, i := range open {
		met := slices.ContainsFunc(f.Troubles, func(t Trouble) bool { return t.is(i) })
		if met || f.blindFor(i) {
			continue
		}
		i.Ended, i.Told = now, now
		incidents = append(incidents, i)
		items = append(items, over(i).item(i, Recovered))
	}
	return incidents, items
}

// blindFor reports whether a start cannot know that an incident is over.
func (f *Finding) blindFor(i export.Incident) bool {
	switch {
	case OfFolder(i):
		return !f.Looked
	case OfLeavers(i):
		return !f.Counted
	}
	return f.Blind[i.Kind]
}

// over returns the trouble to report when an incident has ended. A night without such rows does not fix the rows of the
// nights before.
func over(i export.Incident) Trouble {
	t := Trouble{Kind: i.Kind, Cause: i.Cause, Owner: i.Owner}
	switch {
	case OfLeavers(i):
		t.Facts = []string{"a start has seen that they are inactive in Coupa, or HR has them active again"}
	case (i.Kind == export.NoticeQuarantine || i.Kind == export.NoticePartial) && i.Run != "":
		t.Facts = []string{"this start has none; rows of earlier runs are only fixed when HR sends them again: hr2coupa status " + i.Run}
	}
	return t
}

func (t Trouble) is(i export.Incident) bool {
	return t.Kind == i.Kind && t.Cause == i.Cause && t.Owner == i.Owner
}

func find(open []export.Incident, t Trouble) (export.Incident, bool) {
	if i := slices.IndexFunc(open, t.is); i >= 0 {
		return open[i], true
	}
	return export.Incident{}, false
}

func (t Trouble) item(i export.Incident, stage Stage) Item {
	return Item{
		Stage: stage, Kind: i.Kind, Cause: i.Cause, Owner: i.Owner, Since: i.Begun, Run: i.Run, Starts: i.Starts,
		Facts: t.Facts, Behind: placed(t.Behind), ToDo: t.ToDo,
	}
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

// Route returns the items for each target: those of its kinds that are its owner's task, or all of its kinds where it
// names no owner. An item with an owner that no target names goes to every target of its kind, so that no item is lost.
func Route(items []Item, targets []Target) [][]Item {
	out := make([][]Item, len(targets))
	for _, i := range items {
		wanted := slices.ContainsFunc(targets, func(t Target) bool { return t.takes(i.Kind) && t.names(i.Owner) })
		for n, t := range targets {
			if t.takes(i.Kind) && (t.names(i.Owner) || !wanted) {
				out[n] = append(out[n], i)
			}
		}
	}
	return out
}

func (t Target) takes(k export.NoticeKind) bool { return slices.Contains(t.On, k) }

func (t Target) names(owner string) bool { return t.Owner == "" || strings.EqualFold(t.Owner, owner) }
