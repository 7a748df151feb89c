package ledgertest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// rollCalls: the ledger knows whom snapshots had and since which one they are missing. Whoever is there again loses the count, also in
// a snapshot that is held or does not count; no one is missing because of such a one.
func rollCalls(t *world) {
	l := t.locked()
	take := func(r export.RollCall, held []export.Breach) {
		t.Helper()
		t.now = t.now.Add(Day)
		run := Must[export.RunRecord](t)(l.BeginRun(export.RunRecord{Command: "run", Started: t.now})).ID
		OK(t, Plan(t, l, run).Commit(export.PlanSum{Files: []export.FeedFile{{Path: "/hr/" + run, Name: run, Size: 1, SHA256: run}}, Roll: &r, Held: held}))
		OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunEnded, Ended: t.now}))
	}
	want := func(counted int, members map[string]string) {
		t.Helper()
		r, got := Must[*ledger.Roll](t)(l.Roll()), map[string]string{}
		r.Members.All(func(key string, since int) {
			at, missed, err := l.MissingSince(key)
			OK(t, err)
			if missed != r.Missed(since) || !at.Equal(r.Since[since]) {
				t.Errorf("%s: missing since %s, %d times, and the roll says %s, %d", key, at, missed, r.Since[since], r.Missed(since))
			}
			got[key] = fmt.Sprint(missed)
			if since != 0 {
				got[key] += " since " + at.Format(time.DateOnly)
			}
		})
		if d := cmp.Diff(members, got); d != "" || r.Counted.Number != counted || r.Members.Len() != len(members) {
			t.Errorf("snapshot %d, members (-want +got):\n%s", r.Counted.Number, d)
		}
	}
	if r := Must[*ledger.Roll](t)(l.Roll()); r.Last != nil || r.Counted != nil || r.Members.Len() != 0 {
		t.Errorf("a new ledger has the roll %+v", r)
	}
	take(export.RollCall{Counts: true, Records: 3, Config: "c", Files: []string{"a-1.csv"}, New: []string{"A", "B", "C", "C"}}, nil)
	want(1, map[string]string{"A": "0", "B": "0", "C": "0"})
	take(export.RollCall{Counts: true, Missing: []string{"B"}, Files: []string{}}, nil)
	take(export.RollCall{Counts: true, Missing: []string{"C", "unknown"}, New: []string{"D"}}, nil)
	want(3, map[string]string{"A": "0", "B": "2 since 2026-11-25", "C": "1 since 2026-11-26", "D": "0"})
	take(export.RollCall{Records: 9, Back: []string{"C"}, New: []string{"E"}, Config: "d", Files: []string{"a-4.csv", "b"}}, nil)
	want(3, map[string]string{"A": "0", "B": "2 since 2026-11-25", "C": "0", "D": "0", "E": "0"})
	r := Must[*ledger.Roll](t)(l.Roll())
	last := &ledger.Snapshot{Number: 3, At: t.now, Records: 9, Config: "d", Files: []string{"a-4.csv", "b"}}
	if d := cmp.Diff(last, r.Last); d != "" || !r.Counted.Counts {
		t.Errorf("the last snapshot (-want +got):\n%s", d)
	}
	take(export.RollCall{Counts: true, Missing: []string{"A"}, Back: []string{"B"}, New: []string{"F"}}, breaches())
	want(3, map[string]string{"A": "0", "B": "0", "C": "0", "D": "0", "E": "0", "F": "0"})
	take(export.RollCall{Counts: true, Missing: []string{"A", "B"}}, nil)
	t.now = t.now.Add(100 * Day)
	Must[ledger.Pruned](t)(l.Prune(ledger.Retention{Parts: Day, Values: Day, History: Day}, false))
	take(export.RollCall{Counts: true, Missing: []string{"C"}, Files: []string{"x"}}, nil)
	Must[ledger.Pruned](t)(l.Prune(ledger.Retention{Parts: Day, Values: Day, History: Day}, false))
	want(5, map[string]string{"A": "2 since 2026-11-29", "B": "2 since 2026-11-29", "C": "1 since 2027-03-10", "D": "0", "E": "0", "F": "0"})
	Must[ledger.Forgotten](t)(l.Forget("C"))
	take(export.RollCall{Counts: true, Anew: true, Missing: []string{"D", "F"}, Back: []string{"B"}, New: []string{"G"}}, nil)
	want(6, map[string]string{"B": "0", "E": "0", "G": "0"})
	if r := Must[*ledger.Roll](t)(l.Roll()); len(r.Since) != 1 || !slices.Equal(slices.Collect(maps.Keys(r.Since)), []int{6}) {
		t.Errorf("no one is missing, and snapshots began %v", r.Since)
	}
	t.wantSound()
}
