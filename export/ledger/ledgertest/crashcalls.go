package ledgertest

import (
	"errors"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// firstRun is the run that every one of these ledgers begins with; the next one that begins at noon is secondRun.
const firstRun, secondRun = "20261123T140501Z", "20261123T140502Z"

// onFirst calls do with the only part of the first run.
func onFirst(do func(l ledger.Ledger, p export.Part) error) func(ledger.Ledger) error {
	return func(l ledger.Ledger) error {
		p, err := partOf(l, firstRun)
		if err != nil {
			return err
		}
		return do(l, p)
	}
}

func begun(t *world, l ledger.Ledger)      { Begin(t, l, "run") }
func planned(t *world, l ledger.Ledger)    { OnePart(t, l, "a.csv", 3) }
func inDelivery(t *world, l ledger.Ledger) { Deliver(t, l, OnePart(t, l, "a.csv", 3)) }

func settled(t *world, l ledger.Ledger) {
	Settled(t, l, OnePart(t, l, "a.csv", 3))
	OK(t, l.EndRun(export.RunRecord{ID: firstRun, State: export.RunEnded, Ended: Noon}))
}

// confirmed makes a ledger in which something is known of the three people of the first run.
func confirmed(t *world, l ledger.Ledger) {
	settled(t, l)
	OK(t, l.NewKey("aa", ""))
	OK(t, confirmFirst("Email", "Department")(l))
}

// confirmFirst confirms columns of the people of the first run.
func confirmFirst(columns ...string) func(ledger.Ledger) error {
	return onFirst(func(l ledger.Ledger, p export.Part) error {
		var people []export.Confirmed
		for line := 2; line < 5; line++ {
			one := export.Confirmed{Key: Row(0, 0, line, export.Pending).Key, Columns: columns, Unknown: []string{"Login"}}
			for i := range columns {
				one.Hashes = append(one.Hashes, export.CellHash(10*line+i))
			}
			people = append(people, one)
		}
		return l.Confirm(p.ID, people)
	})
}

// sentAgain delivers a part for two people of whom something is confirmed.
func sentAgain(t *world, l ledger.Ledger) {
	confirmed(t, l)
	Deliver(t, l, PlanPart(t, l, Begin(t, l, "run"), export.Part{Name: "b.csv", Rows: 2, Columns: export.CarriedColumns([]string{"Login", "Email"})}))
}

// writing makes a part of the API route; a call has emptied the first row's lists.
func writing(t *world, l ledger.Ledger) {
	p := byAPI(t, l, 2)
	p.State = export.Loading
	OK(t, l.Move(p))
	OK(t, l.BeginWrite(emptiedWrite(p)))
}

func emptiedWrite(p export.Part) export.Write {
	return export.Write{Part: p.ID, PartRow: 1, CoupaID: "7", Emptied: map[string][]string{roles: {"User"}}, Unfilled: []string{roles}}
}

// heldBack makes a held run that keeps three records, and an approval of it.
func heldBack(t *world, l ledger.Ledger) {
	run := keepRecords(t, l, 3)
	OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunHeld, Exit: 8, Verdict: export.RunVerdict{End: export.EndHeld}}))
	OK(t, l.Approve(approval(run)))
}

func approval(run string) export.Approval {
	return export.Approval{Run: run, By: "A", At: Noon, Expires: Noon.Add(time.Hour), Ceilings: map[string]int{"deactivations": 4}}
}

func noticed(t *world, l ledger.Ledger) {
	OK(t, l.RecordIncidents([]export.Incident{heldSince(Noon)}, []export.Notice{{Target: "mail", Message: []byte("{}"), Made: Noon}}))
}

func heldSince(last time.Time) export.Incident {
	return export.Incident{Kind: export.NoticeHeld, Cause: "limits", Begun: Noon, Last: last, Run: firstRun, Starts: 1, Told: Noon}
}

// onDue calls do with the only notice that is due.
func onDue(do func(l ledger.Ledger, id int64) error) func(ledger.Ledger) error {
	return func(l ledger.Ledger) error {
		due, err := l.Due()
		if err != nil || len(due) != 1 {
			return errors.Join(err, errors.New("there is not one notice"))
		}
		return do(l, due[0].ID)
	}
}

// fillPlan adds to a plan a row in no part, a record that is kept, and two parts.
func fillPlan(tx export.PlanTx) error {
	rec := export.KeptRecord{Origin: export.Origin{File: "users.csv", Line: 9}, Header: &export.Header{Fields: []string{"id"}}, Values: []string{"9"}}
	dated := rec
	dated.Dated = &export.DatedRecord{Key: "9", Day: "2031-02-28", Zone: "UTC", Fields: map[string]string{"id": "9"}}
	err := errors.Join(tx.AddRow(Row(0, 0, 8, export.Quarantined)), tx.AddRow(equalRow(Row(0, 0, 7, export.Unchanged), []string{"Email", "Status"})), tx.AddRow(Row(0, 0, 9, export.Pending)), tx.Keep(rec), tx.Keep(dated))
	for i, name := range []string{"1of2.csv", "2of2.csv"} {
		id, addErr := tx.AddPart(export.Part{Name: "?", Rows: 1}, []byte("bytes of "+name))
		err = errors.Join(err, addErr, tx.NamePart(id, name), tx.AddRow(Row(id, 1, i+2, export.Pending)))
	}
	return err
}

// overridden are cells of a plan that are not HR's.
var overridden = []export.Fault{{Origin: export.Origin{File: "users.csv", Line: 2}, Field: "Department", Rule: export.RuleKnown, Message: "overridden by known.csv:2"}}

var planFiles = []export.FeedFile{{Path: "/hr/users.csv", Name: "users.csv", Size: 9, SHA256: "aa", LineEnd: export.LineEnded}}

// planFirst plans the first run; fill may be called again after a restart.
func planFirst(fill func(export.PlanTx) error) func(ledger.Ledger) error {
	return func(l ledger.Ledger) error {
		tx, err := l.Plan(firstRun)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := fill(tx); err != nil {
			return err
		}
		return tx.Commit(export.PlanSum{Files: planFiles, Input: 5, Feed: 4, Overridden: overridden, Roll: &export.RollCall{
			Counts: true, Records: 4, Files: []string{"users.csv"}, New: []string{"E0002", "E0003"}, Back: []string{"E0004"}, Missing: []string{"E0005"},
		}})
	}
}

// takeUp begins a run and its plan takes up the kept records: one is replaced, one is kept again, and the replacing record is kept too.
func takeUp(l ledger.Ledger) error {
	k, ok, err := l.Kept()
	if err != nil || !ok {
		return errors.Join(err, errors.New("nothing is kept"))
	}
	tx, err := l.Plan(secondRun)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	header := &export.Header{Fields: []string{"id", "name"}}
	old := func(line int) export.KeptRecord {
		return export.KeptRecord{Origin: export.Origin{File: "a.csv@" + firstRun, Line: line}, Header: header, Values: []string{"007", "x"}, Again: true}
	}
	fresh := export.KeptRecord{Origin: export.Origin{File: "a.csv", Line: 7}, Header: header, Values: []string{"007", "y"}}
	replaced := old(2)
	replaced.ReplacedBy = &fresh
	id, err := tx.AddPart(export.Part{Name: "c.csv", Rows: 1}, []byte("bytes of c.csv"))
	err = errors.Join(err, tx.Keep(replaced), tx.Keep(old(3)), tx.Keep(fresh), tx.AddRow(Row(id, 1, 4, export.Pending)),
		tx.AddRow(Row(0, 0, 3, export.Pending)), tx.AddRow(Row(0, 0, 7, export.Pending)))
	if err != nil {
		return err
	}
	return tx.Commit(export.PlanSum{Files: append(k.From(0).Files(), planFiles...), Input: 3, Feed: 1})
}

var writingCalls = []call{
	{"BeginRun", nil, func(l ledger.Ledger) error {
		_, err := l.BeginRun(export.RunRecord{Command: "run", Started: Noon, Mapping: []export.Expression{{Column: "Login", Text: "login"}}, Config: map[string]string{"layout.key": "01"}})
		return err
	}},
	{"EndRun", begun, func(l ledger.Ledger) error {
		return l.EndRun(export.RunRecord{ID: firstRun, State: export.RunEnded, Ended: Noon, Exit: 3, Verdict: export.RunVerdict{End: export.EndOK}})
	}},
	{"Plan", begun, planFirst(fillPlan)},
	{"Plan begun again", begun, planFirst(func(tx export.PlanTx) error {
		return errors.Join(fillPlan(tx), tx.Restart(), fillPlan(tx))
	})},
	{"Plan of a snapshot", func(t *world, l ledger.Ledger) {
		for _, r := range []export.RollCall{{Counts: true, New: []string{"E0004", "E0005", "E0006"}}, {Counts: true, Missing: []string{"E0004", "E0006"}}} {
			run := Must[export.RunRecord](t)(l.BeginRun(export.RunRecord{Command: "run", Started: Noon.Add(-Day)})).ID
			OK(t, Plan(t, l, run).Commit(export.PlanSum{Roll: &r}))
			OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunEnded, Ended: Noon}))
		}
		begun(t, l)
	}, planFirst(fillPlan)},
	{"Plan that takes up what was kept", func(t *world, l ledger.Ledger) {
		heldBack(t, l)
		begun(t, l)
	}, takeUp},
	{"Move", planned, onFirst(func(l ledger.Ledger, p export.Part) error {
		p.State, p.Temp, p.Notes = export.Staged, "/Incoming/.a.csv", export.Noted(export.PartNote{Kind: export.NoteTaken})
		return l.Move(p)
	})},
	{"Settle", inDelivery, onFirst(func(l ledger.Ledger, p export.Part) error {
		p.Verdict, p.LoadID = export.VerdictPartial, "5"
		return l.Settle(p, export.Applied, []export.RowResult{{PartRow: 2, Outcome: export.Rejected, Faults: export.Faults{{Message: "Email is taken"}}}})
	})},
	{"Settle of people who were confirmed", sentAgain, func(l ledger.Ledger) error {
		p, err := partOf(l, secondRun)
		if err != nil {
			return err
		}
		p.Verdict = export.VerdictOK
		return l.Settle(p, export.Applied, nil)
	}},
	{"Confirm", settled, confirmFirst("Email", "Department")},
	{"Confirm again", confirmed, confirmFirst("Email", "Status")},
	{"NewKey", confirmed, func(l ledger.Ledger) error { return l.NewKey("bb", "A") }},
	{"ForgetBaselines", confirmed, func(l ledger.Ledger) error { return l.ForgetBaselines() }},
	{"Settle as dropped", planned, onFirst(func(l ledger.Ledger, p export.Part) error {
		p.State = export.Dropped
		return l.Settle(p, export.Held, nil)
	})},
	{"Verified", settled, onFirst(func(l ledger.Ledger, p export.Part) error {
		p.ReadBack = Noon.Add(time.Hour)
		return l.Verified(p, []export.RowResult{{PartRow: 1, Outcome: export.Drifted, Faults: export.Faults{{Message: "Email"}}}, {PartRow: 3, Outcome: export.Drifted, Faults: export.Faults{{Message: "Status"}}}})
	})},
	{"BeginWrite", writing, onFirst(func(l ledger.Ledger, p export.Part) error {
		return l.BeginWrite(export.Write{Part: p.ID, PartRow: 2, CoupaID: "8", Emptied: map[string][]string{groups: {"Legal"}}, Unfilled: []string{groups}})
	})},
	{"EndWrite", writing, onFirst(func(l ledger.Ledger, p export.Part) error {
		w := emptiedWrite(p)
		w.Answered = Noon.Add(time.Second)
		w.Confirmed = export.Confirmed{Key: "E0002", Columns: []string{"Email"}, Hashes: []export.CellHash{7}}
		return l.EndWrite(w, export.RowResult{Outcome: export.Drifted, Faults: export.Faults{{Message: "no such department"}}})
	})},
	{"Filled", writing, func(l ledger.Ledger) error {
		people, err := l.Unfilled()
		if err != nil || len(people) != 1 {
			return errors.Join(err, errors.New("there is not one person without a list"))
		}
		people[0].Lists = nil
		return l.Filled(people[0], "roles were put back")
	}},
	{"Approve", planned, func(l ledger.Ledger) error { return l.Approve(approval(firstRun)) }},
	{"GiveUp", heldBack, func(l ledger.Ledger) error {
		_, err := l.GiveUp(firstRun, "A")
		return err
	}},
	{"PassOver", func(t *world, l ledger.Ledger) {
		planned(t, l)
		OK(t, l.PassOver([]export.LateFile{{Name: "users-8.csv", SHA256: "08", Newer: "users-10.csv"}}))
	}, func(l ledger.Ledger) error {
		return l.PassOver([]export.LateFile{{Name: "users-8.csv", SHA256: "08", Newer: "users-10.csv"}, {Name: "users-9.csv", SHA256: "09", Size: 9, Newer: "users-10.csv"}})
	}},
	{"RecordIncidents", noticed, func(l ledger.Ledger) error {
		return l.RecordIncidents([]export.Incident{heldSince(Noon.Add(Day)), {Kind: export.NoticeFailed, Cause: "load", Begun: Noon, Last: Noon}},
			[]export.Notice{{Target: "mail", Message: []byte("{}"), Made: Noon}, {Target: "hook", Message: []byte("{}"), Made: Noon}})
	}},
	{"Sent", noticed, onDue(ledger.Ledger.Sent)},
	{"NotSent", noticed, onDue(func(l ledger.Ledger, id int64) error { return l.NotSent(id, "connection refused") })},
	{"GiveUpNotice", noticed, onDue(func(l ledger.Ledger, id int64) error { return l.GiveUpNotice(id, "no such target") })},
	{"Prune", func(t *world, l ledger.Ledger) {
		settled(t, l)
		noticed(t, l)
		planned2(t, l)
		t.now = Noon.Add(100 * Day)
	}, func(l ledger.Ledger) error {
		_, err := l.Prune(ledger.Retention{Parts: 30 * Day, Values: 60 * Day, History: 90 * Day}, false)
		return err
	}},
	{"Forget", settled, func(l ledger.Ledger) error {
		_, err := l.Forget("E0003")
		return err
	}},
}

func planned2(t *world, l ledger.Ledger) { OnePart(t, l, "b.csv", 2) }
