package ledgertest

import (
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// The operators of these stories; the zero one is that of an earlier version.
var alice, bob = export.Operator{UID: "1000", User: "alice"}, export.Operator{UID: "990", Audit: "1001", Sudo: "bob", Agrees: true}

// heldBy makes a held run of an operator that keeps a record, and takes up what an earlier one keeps.
func heldBy(t *world, by export.Operator, file string) string {
	t.Helper()
	l := t.open()
	run := Must[export.RunRecord](t)(l.BeginRun(export.RunRecord{Command: "run", Started: t.now, Operator: by})).ID
	tx := Plan(t, l, run)
	var files []export.FeedFile
	k, ok, err := l.Kept()
	OK(t, err)
	if ok {
		files = k.From(0).Files()
	}
	if file != "" {
		files = append(files, export.FeedFile{Path: file, Name: file})
	}
	header := &export.Header{Fields: []string{"id"}}
	OK(t, tx.Keep(export.KeptRecord{Origin: export.Origin{File: "a.csv", Line: 2}, Header: header, Values: []string{"7"}}))
	OK(t, tx.AddRow(Row(0, 0, 2, export.Held)))
	OK(t, tx.Commit(export.PlanSum{Files: files, Input: 1, Held: breaches(), Other: true}))
	OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunHeld, Exit: export.ExitHeld, Verdict: export.RunVerdict{End: export.EndHeld}}))
	return run
}

// plannersOfRuns: whoever has started a run is recorded with it, and a run is planned by everybody whose records it has taken up.
func plannersOfRuns(t *world) {
	l := t.open()
	heldBy(t, export.Operator{}, "a.csv")
	heldBy(t, bob, "b.csv")
	last := heldBy(t, alice, "")
	if got, want := Must[[]export.Operator](t)(l.Planners(last)), []export.Operator{{}, bob, alice}; !slices.Equal(got, want) {
		t.Errorf("planned by %v, want %v", got, want)
	}
	if rec, _, err := l.Run(last); err != nil || rec.Operator != alice {
		t.Errorf("%+v, %v", rec, err)
	}
	if got := Must[[]export.Operator](t)(l.Planners("nothing")); len(got) != 0 {
		t.Errorf("%v has planned a run that there is not", got)
	}
}

// voidApprovals: where whoever has planned a run may not approve it, their approval ends with the next plan, and does not let it go.
func voidApprovals(t *world) {
	for about, c := range map[string]struct {
		planner, approver, next export.Operator
		file                    string // that the next plan reads
		want                    export.Void
	}{
		"same":                     {alice, alice, bob, "", export.VoidSame},
		"another":                  {bob, alice, bob, "", ""},
		"another goes on":          {bob, alice, alice, "", ""},
		"another has a file":       {bob, alice, alice, "b.csv", export.VoidSame},
		"unknown planner":          {export.Operator{}, alice, bob, "", export.VoidPlanner},
		"unknown approver":         {alice, export.Operator{}, bob, "", export.VoidApprover},
		"unknown who reads a file": {bob, alice, export.Operator{}, "b.csv", export.VoidPlanner},
		"unknown who only goes on": {bob, alice, export.Operator{}, "", ""},
	} {
		t.each(about, func(t *world) {
			l := t.open()
			run := heldBy(t, c.planner, "a.csv")
			OK(t, l.Approve(export.Approval{Run: run, By: "A", Operator: c.approver, At: Noon, Expires: Noon.Add(time.Hour), Ceilings: map[string]int{"deactivations": 4}}))
			given := Must[[]export.Approval](t)(l.ApprovalsOf(run))
			if given[0].Operator != c.approver {
				t.Errorf("given by %v", given[0].Operator)
			}
			if err := sendKept(t, c.next, c.file, given); (err != nil) != (c.want != "") {
				t.Errorf("a plan that counts on it: %v", err)
			}
			if c.want == "" {
				return
			}
			OK(t, sendKept(t, c.next, c.file, nil))
			if got := Must[[]export.Approval](t)(l.ApprovalsOf(run))[0].Ended; got != (export.Ending{Void: c.want}) {
				t.Errorf("it has ended so: %+v", got)
			}
			if got := Must[[]export.Approval](t)(l.Approvals(Noon)); len(got) > 0 {
				t.Errorf("it still counts: %v", got)
			}
		})
	}
}

// sendKept commits a plan that sends what is kept, and counts on approvals.
func sendKept(t *world, by export.Operator, file string, counted []export.Approval) error {
	t.Helper()
	l := t.open()
	k, _, err := l.Kept()
	OK(t, err)
	run := Must[export.RunRecord](t)(l.BeginRun(export.RunRecord{Command: "run", Started: t.now, Operator: by})).ID
	tx := Plan(t, l, run)
	defer tx.Rollback()
	id := Must[int64](t)(tx.AddPart(export.Part{Name: "P" + run, Rows: 1}, []byte("x")))
	OK(t, tx.AddRow(Row(id, 1, 2, export.Pending)))
	files := k.From(0).Files()
	if file != "" {
		files = append(files, export.FeedFile{Path: file, Name: file})
	}
	return tx.Commit(export.PlanSum{Files: files, Input: 1, Other: true, Approved: counted})
}
