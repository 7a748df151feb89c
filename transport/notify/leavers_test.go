package notify

import (
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestLeavers follows one administrator who has left through the rows of later runs.
func TestLeavers(t *testing.T) {
	fault := func(rule string) export.Fault { return export.Fault{Rule: rule, Message: "planted"} }
	left := row(4, export.Quarantined, fault(export.RuleRoleLeaver))
	for name, tc := range map[string]struct {
		then export.RowResult
		want bool
	}{
		"inactive in Coupa":      {row(9, export.Unchanged), false},
		"written":                {row(9, export.Applied), false},
		"active again, held":     {row(9, export.Quarantined, fault(export.RuleRoleHolder)), false},
		"left again":             {row(9, export.Quarantined, fault(export.RuleRoleLeaver)), true},
		"quarantined for a word": {row(9, export.Quarantined, fault("length")), true},
		"held by a limit":        {row(9, export.Held, fault("limit")), true},
		"pending":                {row(9, export.Pending), true},
	} {
		t.Run(name, func(t *testing.T) {
			l := &Leavers{}
			l.See("r1", left)
			l.See("r2", tc.then)
			f := Read(Start{Command: "run", Report: report(export.EndSeen, export.ExitPartial, nil), Leavers: l, Causes: catalogue(t)})
			if got := f.has(export.NoticeQuarantine); got != tc.want {
				t.Errorf("the incident goes on: %v, want %v: %v", got, tc.want, f.Troubles)
			}
		})
	}
}

// TestLeaversNotKnown leaves the incident open by a start that cannot read the ledger's rows, and ends it by one that can.
func TestLeaversNotKnown(t *testing.T) {
	now := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	open := []export.Incident{{Kind: export.NoticeQuarantine, Cause: causeLeaver, Owner: export.OwnerIT, Begun: now, Run: "r1"}}
	for known, ends := range map[*Leavers]int{nil: 0, {}: 1} {
		f := Read(Start{Command: "run", Report: report(export.EndOK, export.ExitOK, nil), Leavers: known, Causes: catalogue(t)})
		incidents, items := Decide(open, f, "r2", now.Add(24*time.Hour))
		if len(incidents) != ends || len(items) != ends {
			t.Errorf("known: %v: %d incidents change and %d items are sent, want %d", known != nil, len(incidents), len(items), ends)
		}
	}
}
