package ledgertest

import (
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// feedNight is a run with one part of two rows and one row that is quarantined, of a feed file.
func feedNight(t *world, a ledger.Ledger, file string) export.Part {
	t.Helper()
	run := Must[export.RunRecord](t)(a.BeginRun(export.RunRecord{Command: "run", Started: t.now})).ID
	tx := Plan(t, a, run)
	id := Must[int64](t)(tx.AddPart(export.Part{Name: run + ".csv", Rows: 2}, []byte("bytes of "+file)))
	OK(t, tx.AddRow(Row(id, 1, 2, export.Pending)))
	OK(t, tx.AddRow(Row(id, 2, 3, export.Pending)))
	bad := Row(0, 0, 4, export.Quarantined)
	bad.Faults = export.Faults{{Message: "Email: no e-mail address"}}
	OK(t, tx.AddRow(bad))
	OK(t, tx.Commit(export.PlanSum{Files: []export.FeedFile{{Path: "/hr/" + file, Name: file, Size: 9, SHA256: "hash of " + file}}, Input: 3, Overridden: overridden}))
	if d := cmp.Diff(overridden, Must[[]export.Fault](t)(a.Overridden(run))); d != "" {
		t.Errorf("overridden cells (-want +got):\n%s", d)
	}
	return Must[[]export.Part](t)(a.Parts(run))[0]
}

func endNight(t *world, a ledger.Ledger, p export.Part) {
	t.Helper()
	Settled(t, a, p)
	OK(t, a.EndRun(export.RunRecord{ID: p.Run, State: export.RunEnded, Ended: t.now}))
}

func heldNight(t *world, a ledger.Ledger, files ...string) string {
	t.Helper()
	run := Must[export.RunRecord](t)(a.BeginRun(export.RunRecord{Command: "run", Started: t.now})).ID
	tx := Plan(t, a, run)
	OK(t, tx.AddRow(Row(0, 0, 2, export.Held)))
	var seen []export.FeedFile
	for _, f := range files {
		seen = append(seen, export.FeedFile{Path: "/hr/" + f, Name: f, SHA256: "hash of " + f})
	}
	OK(t, tx.Commit(export.PlanSum{Files: seen, Input: 1}))
	OK(t, a.EndRun(export.RunRecord{ID: run, State: export.RunHeld, Ended: t.now}))
	return run
}

func runIDs(t *world, a ledger.Ledger) []string {
	t.Helper()
	var ids []string
	for _, r := range Must[[]export.RunRecord](t)(a.Runs(100)) {
		ids = append(ids, r.ID)
	}
	return ids
}

func pruning(t *world) {
	a := t.locked()
	r := ledger.Retention{Parts: 30 * Day, Values: 60 * Day, History: 90 * Day}
	old := feedNight(t, a, "old.csv")
	endNight(t, a, old)
	stalled := feedNight(t, a, "stalled.csv")
	forgotten := heldNight(t, a, "held.csv")
	t.now = Noon.Add(50 * Day)
	young := feedNight(t, a, "young.csv")
	endNight(t, a, young)

	prune := func(at time.Duration, want ledger.Pruned) {
		t.Helper()
		t.now = Noon.Add(at)
		if got := Must[ledger.Pruned](t)(a.Prune(r, true)); got != want {
			t.Errorf("dry, after %v: %+v, want %+v", at, got, want)
		}
		if got := Must[ledger.Pruned](t)(a.Prune(r, false)); got != want {
			t.Errorf("after %v: %+v, want %+v", at, got, want)
		}
		if got := Must[ledger.Pruned](t)(a.Prune(r, false)); got != (ledger.Pruned{}) {
			t.Errorf("after %v, a second time: %+v", at, got)
		}
		t.wantSound()
	}
	prune(50*Day, ledger.Pruned{Parts: 1, Bytes: 16})
	prune(61*Day, ledger.Pruned{Rows: 3})
	OK(t, a.PartRows(old.ID, func(r export.RowResult) error {
		want := Row(old.ID, r.PartRow, r.PartRow+1, export.Applied)
		want.First, want.Login = "", ""
		if !reflect.DeepEqual(r, want) {
			t.Errorf("row %+v, want %+v", r, want)
		}
		return nil
	}))
	counts := Must[map[export.Outcome]int](t)(a.Counts(old.Run))
	if d := cmp.Diff(map[export.Outcome]int{export.Applied: 2, export.Quarantined: 1}, counts); d != "" {
		t.Errorf("counts (-want +got):\n%s", d)
	}
	prune(91*Day, ledger.Pruned{Parts: 1, Bytes: 18, Runs: 1})
	if d := cmp.Diff([]string{young.Run, forgotten, stalled.Run}, runIDs(t, a)); d != "" {
		t.Errorf("runs (-want +got):\n%s", d)
	}
	prune(1000*Day, ledger.Pruned{Runs: 1})
	if d := cmp.Diff([]string{forgotten, stalled.Run}, runIDs(t, a)); d != "" {
		t.Errorf("what is unfinished or held must stay (-want +got):\n%s", d)
	}
	Must[[]byte](t)(a.Bytes(stalled))
	if n := Must[int](t)(a.People()); n != 2 {
		t.Errorf("%d people, want 2: they stay", n)
	}

	// A feed file of a pruned run is not new; another file of that name is.
	want := export.SeenFile{
		FeedFile: export.FeedFile{Path: "/hr/old.csv", Name: "old.csv", Size: 9, SHA256: "hash of old.csv"}, Run: old.Run, RunState: export.RunEnded, Pruned: true,
	}
	seen, found, err := a.Seen("old.csv")
	if d := cmp.Diff(want, seen); d != "" || !found || err != nil {
		t.Errorf("seen: %v, %v (-want +got):\n%s", found, err, d)
	}
	if p := feedNight(t, a, "next.csv"); p.ID <= young.ID {
		t.Errorf("the id %d is given again", p.ID)
	}
}

// pruneKept: a held run stays, and so does a run with people who wait, until a later plan has taken up their records.
func pruneKept(t *world) {
	a := t.locked()
	r := ledger.Retention{Parts: Day, Values: Day, History: Day}
	held := keepRecords(t, a, 2)
	OK(t, a.EndRun(export.RunRecord{ID: held, State: export.RunHeld, Ended: t.now}))
	t.now = Noon.Add(100 * Day)
	if got := Must[ledger.Pruned](t)(a.Prune(r, false)); got.Runs != 0 {
		t.Errorf("%d runs went", got.Runs)
	}
	Must[bool](t)(a.GiveUp(held, "A"))
	OK(t, a.Approve(export.Approval{Run: held, By: "A", At: Noon, Expires: Noon}))
	waiting := keepRecords(t, a, 3)
	OK(t, a.EndRun(export.RunRecord{ID: waiting, State: export.RunEnded, Ended: Noon}))
	if got := Must[ledger.Pruned](t)(a.Prune(r, false)); got.Runs != 1 {
		t.Errorf("%d runs went, want the one that was given up", got.Runs)
	}
	if d := cmp.Diff([]string{waiting}, runIDs(t, a)); d != "" {
		t.Errorf("runs (-want +got):\n%s", d)
	}
}

func pruneNeedsTheLock(t *world) {
	l := t.open()
	_, err := l.Prune(ledger.Retention{}, false)
	WantErr(t, err, "run lock")
	Must[ledger.Pruned](t)(l.Prune(ledger.Retention{}, true))
	_, err = l.Forget("E1")
	WantErr(t, err, "run lock")
}

// pruneNotices: notices that were sent or given up are pruned by retention.history, and so are incidents that ended
// that long ago. Notices that are due and open incidents stay.
func pruneNotices(t *world) {
	a := t.locked()
	t.now = Noon
	over := export.Incident{Kind: export.NoticeHeld, Cause: "limits", Begun: Noon, Last: Noon, Ended: Noon.Add(Day)}
	lasting := export.Incident{Kind: export.NoticeFailed, Cause: "load", Begun: Noon, Last: Noon}
	OK(t, a.RecordIncidents([]export.Incident{over, lasting}, []export.Notice{
		{Target: "sent", Message: []byte("{}"), Made: Noon}, {Target: "given up", Message: []byte("{}"), Made: Noon}, {Target: "due", Message: []byte("{}"), Made: Noon},
	}))
	due := Must[[]export.Notice](t)(a.Due())
	OK(t, a.Sent(due[0].ID))
	t.now = Noon.Add(10 * Day)
	OK(t, a.GiveUpNotice(due[1].ID, "no such target"))

	r := ledger.Retention{Parts: 90 * Day, Values: 90 * Day, History: 90 * Day}
	for _, step := range []struct {
		at   time.Duration
		want ledger.Pruned
	}{
		{90 * Day, ledger.Pruned{}}, // not before that
		{90*Day + 1, ledger.Pruned{Notices: 1}},
		{101 * Day, ledger.Pruned{Notices: 1, Incidents: 1}},
		{1000 * Day, ledger.Pruned{}},
	} {
		t.now = Noon.Add(step.at)
		for _, dry := range []bool{true, false} {
			if got := Must[ledger.Pruned](t)(a.Prune(r, dry)); got != step.want {
				t.Errorf("after %v, dry %v: %+v, want %+v", step.at, dry, got, step.want)
			}
		}
	}
	if due = Must[[]export.Notice](t)(a.Due()); len(due) != 1 || due[0].Target != "due" {
		t.Errorf("due: %+v", due)
	}
	if d := cmp.Diff([]export.Incident{lasting}, Must[[]export.Incident](t)(a.Incidents())); d != "" {
		t.Error(d)
	}
}
