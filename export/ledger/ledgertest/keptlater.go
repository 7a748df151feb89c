package ledgertest

import (
	"errors"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// approvalsCount: an approval counts until it expires, and not after its run was given up.
func approvalsCount(t *world) {
	l := t.open()
	run := keepRecords(t, l, 1)
	for i, ceilings := range []map[string]int{{"deactivations": 1}, {"columns.Approver Login": 2}} {
		OK(t, l.Approve(export.Approval{Run: run, By: "A", At: Noon, Expires: Noon.Add(time.Duration(i+1) * time.Hour), Ceilings: ceilings}))
	}
	for after, want := range map[time.Duration]int{0: 2, 59 * time.Minute: 2, time.Hour: 1, 2 * time.Hour: 0} {
		if got := Must[[]export.Approval](t)(l.Approvals(Noon.Add(after))); len(got) != want {
			t.Errorf("after %s: %+v, want %d", after, got, want)
		}
	}
	Must[bool](t)(l.GiveUp(run, "B"))
	if got := Must[[]export.Approval](t)(l.Approvals(Noon)); len(got) != 0 {
		t.Errorf("given up, and still %+v", got)
	}
	if got := Must[[]export.Approval](t)(l.ApprovalsOf(run)); len(got) != 2 || got[0].Ended.String() != "given up by B" {
		t.Errorf("%+v", got)
	}
	WantErr(t, l.Approve(export.Approval{Run: "nothing"}), "nothing")
}

// keepsAndLastFeed: Keeps is true only for a run with records for the next plan, and LastFeed counts only a feed that
// was not held.
func keepsAndLastFeed(t *world) {
	l := t.open()
	feed := func(want int) {
		t.Helper()
		if n := Must[int](t)(l.LastFeed()); n != want {
			t.Errorf("the last feed had %d records, want %d", n, want)
		}
	}
	feed(0)
	run := Begin(t, l, "run")
	OK(t, Plan(t, l, run).Commit(export.PlanSum{Input: 9, Feed: 7}))
	feed(7)
	named := Begin(t, l, "run")
	OK(t, Plan(t, l, named).Commit(export.PlanSum{Input: 2, Feed: 2, AnySize: true}))
	feed(7)
	if rec, _, err := l.Run(named); err != nil || rec.Feed != 0 {
		t.Errorf("a feed of any size is measured: %+v, %v", rec, err)
	}
	held := keepRecords(t, l, 3)
	feed(7)
	for run, want := range map[string]bool{run: false, held: true, "nothing": false} {
		if got := Must[bool](t)(l.Keeps(run)); got != want {
			t.Errorf("%s keeps: %v", run, got)
		}
	}
	all := Must[ledger.KeptFeed](t)(func() (ledger.KeptFeed, error) { k, _, err := l.Kept(); return k, err }())
	if names := all.From(0).Names(); len(names) != 1 || names[0] != "a.csv@"+held {
		t.Errorf("names %q", names)
	}
	Must[bool](t)(l.GiveUp(held, "A"))
	if Must[bool](t)(l.Keeps(held)) {
		t.Error("given up, and kept")
	}
	if ids := Must[[]int64](t)(t.spool().KeptIDs()); len(ids) > 0 {
		t.Errorf("given up, and %v still lie in the spool", ids)
	}
}

// keptIsReplaced: where each night keeps a newer record of the same person, only the last night's record is kept. The
// row of every earlier night names the record that replaced its own.
func keptIsReplaced(t *world) {
	l := t.open()
	header := &export.Header{Fields: []string{"id"}}
	var nights []string
	for range 3 {
		before, there, err := l.Kept()
		OK(t, err)
		run := Begin(t, l, "run")
		tx := Plan(t, l, run)
		sum := export.PlanSum{Input: 1, Held: breaches()[:1]}
		rec := export.KeptRecord{Origin: export.Origin{File: "users.csv", Line: 2}, Header: header, Values: []string{"7"}}
		if there {
			sum.Files = before.From(0).Files()
			old := rec
			old.Origin.File, old.Again, old.ReplacedBy = "users.csv@"+before.Run, true, &rec
			OK(t, tx.Keep(old))
		}
		OK(t, errors.Join(tx.Keep(rec), tx.AddRow(Row(0, 0, 2, export.Held)), tx.Commit(sum)))
		nights = append(nights, run)
	}
	k, _, err := l.Kept()
	OK(t, err)
	if all := readAll(t, k.From(0)); k.Run != nights[2] || k.Records != 1 || len(all) != 1 {
		t.Errorf("%+v is kept, with %v", k, all)
	}
	for i, run := range nights {
		want := ""
		if i+1 < len(nights) {
			want = "replaced by users.csv@" + nights[i+1] + ":2, a newer record of this person"
		}
		OK(t, l.Rows(run, func(r export.RowResult) error {
			if r.Faults.Text() != want {
				t.Errorf("night %d: %q, want %q", i, r.Faults.Text(), want)
			}
			return nil
		}))
	}
}
