package ledgertest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// keptRecord is a record that was read back from a feed of kept records.
type keptRecord struct {
	File    string
	Line    int
	Fields  []string
	Values  []string
	Missing []bool
}

func readAll(t testing.TB, f export.Feed) (all []keptRecord) {
	t.Helper()
	files := f.Files()
	seq := 0
	OK(t, f.Chunks(func(c export.Chunk) error {
		if c.Seq() != seq {
			t.Errorf("chunk %d comes as number %d", c.Seq(), seq)
		}
		seq++
		var rec export.Record
		for c.Next(&rec) {
			if rec.Fault != nil {
				t.Errorf("line %d: %s", rec.Line, rec.Fault)
			}
			all = append(all, keptRecord{files[rec.File].Name, rec.Line, rec.Header.Fields, slices.Clone(rec.Values), slices.Clone(rec.Missing)})
		}
		c.Release()
		return nil
	}))
	return all
}

// breaches returns broken limits that hold a run.
func breaches() []export.Breach {
	return []export.Breach{
		{Limit: export.ColumnLimit("Approver Login"), Count: 3, Percent: 0.5, Allows: 3, Known: 70, Has: 9},
		{Limit: export.ShrinkLimit, Percent: 12.5, Known: 800, Has: 5},
	}
}

// keepRecords plans a run that keeps n records, some of them from a second file with other fields.
func keepRecords(t *world, l ledger.Ledger, n int) (run string) {
	t.Helper()
	run = Begin(t, l, "run")
	tx := Plan(t, l, run)
	a, b := &export.Header{Fields: []string{"id", "name"}}, &export.Header{Fields: []string{"name", "id", "more"}}
	for i := range n {
		r := export.KeptRecord{Origin: export.Origin{File: "a.csv", Line: i + 2}, Header: a, Values: []string{"007", "line\none \"x\" \u2028 Zoë \x1f"}}
		if i%1000 == 999 {
			r = export.KeptRecord{Origin: export.Origin{File: "b.jsonl", Line: i}, Header: b, Values: []string{"", "8", ""}, Missing: []bool{false, false, true}}
		}
		OK(t, tx.Keep(r))
		res := Row(0, 0, i+2, export.Held)
		res.Origin = r.Origin
		OK(t, tx.AddRow(res))
	}
	OK(t, tx.Commit(export.PlanSum{Input: n, Feed: n, Held: breaches()}))
	return run
}

func keptRoundTrip(t *world) {
	l := t.open()
	if _, there, err := l.Kept(); there || err != nil {
		t.Fatalf("a new ledger keeps something, %v", err)
	}
	const n = 12_000 // many chunks
	run := keepRecords(t, l, n)
	k, _, err := l.Kept()
	OK(t, err)
	if k.Run != run || k.Records != n || k.Feed != n || !cmp.Equal(k.Held, breaches()) {
		t.Errorf("%+v", k)
	}
	all := readAll(t, k.From(0))
	if len(all) != n {
		t.Fatalf("%d records", len(all))
	}
	want := []keptRecord{
		{"a.csv@" + run, 2, []string{"id", "name"}, []string{"007", "line\none \"x\" \u2028 Zoë \x1f"}, nil},
		{"b.jsonl@" + run, 999, []string{"name", "id", "more"}, []string{"", "8", ""}, []bool{false, false, true}},
		{"a.csv@" + run, 1002, []string{"id", "name"}, all[0].Values, nil},
	}
	if d := cmp.Diff(want, []keptRecord{all[0], all[999], all[1000]}); d != "" {
		t.Error(d)
	}
	for _, f := range k.From(3).Files() {
		if f.Kept == 0 || f.SHA256 == "" {
			t.Errorf("%+v", f)
		}
	}
	if rec, _, err := l.Run(run); err != nil || !cmp.Equal(rec.Held, k.Held) || rec.Feed != 0 {
		t.Errorf("%+v, %v", rec, err)
	}
}

// keptIsTakenUp: the plan that reads the kept records ends them and the held run, and their bytes leave the spool.
func keptIsTakenUp(t *world) {
	l := t.open()
	run := keepRecords(t, l, 3)
	OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunHeld, Exit: 8, Verdict: export.RunVerdict{End: export.EndHeld}}))
	k, _, err := l.Kept()
	OK(t, err)
	OK(t, l.Approve(export.Approval{Run: run, By: "A", At: Noon, Expires: Noon.Add(time.Hour), Ceilings: map[string]int{"deactivations": 4}}))

	next := Begin(t, l, "run")
	tx := Plan(t, l, next)
	id := Must[int64](t)(tx.AddPart(export.Part{Name: "P", Rows: 1}, []byte("x")))
	OK(t, tx.AddRow(Row(id, 1, 2, export.Pending)))
	OK(t, tx.Commit(export.PlanSum{Files: k.From(0).Files(), Input: 3}))

	if _, there, err := l.Kept(); there || err != nil {
		t.Errorf("it is still kept, %v", err)
	}
	rec, _, err := l.Run(run)
	OK(t, err)
	if rec.State != export.RunEnded || rec.Verdict.String() != "held, planned again by run "+next {
		t.Errorf("%+v", rec)
	}
	OK(t, l.Rows(run, func(r export.RowResult) error {
		if r.Outcome != export.Held || r.Faults.Text() != "planned again by run "+next {
			t.Errorf("%+v", r)
		}
		return nil
	}))
	if d := cmp.Diff([]string{"1.csv"}, t.spoolFiles()); d != "" {
		t.Error(d)
	}
	if now, err := l.Approvals(Noon); err != nil || len(now) > 0 {
		t.Errorf("%v still counts, %v", now, err)
	}
	if used, err := l.UsedBy(next); err != nil || len(used) != 1 || used[0].Ceilings["deactivations"] != 4 {
		t.Errorf("%v, %v", used, err)
	}
}

// givenUpOrTakenUp: records that a later plan has taken up were not given up, also where that plan's run is pruned.
// Records that a person settled were given up, and their rows are counted.
func givenUpOrTakenUp(t *world) {
	for _, taken := range []bool{true, false} {
		t.each(fmt.Sprintf("taken up %v", taken), func(t *world) { givenUpOr(t, taken) })
	}
}

func givenUpOr(t *world, taken bool) {
	l := t.locked()
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	OK(t, tx.Keep(export.KeptRecord{Origin: export.Origin{File: "a.csv", Line: 2}, Header: &export.Header{Fields: []string{"id"}}, Values: []string{"7"}}))
	res := Row(0, 0, 2, export.Held)
	res.Origin.File = "a.csv"
	OK(t, tx.AddRow(res))
	OK(t, tx.Commit(export.PlanSum{Files: []export.FeedFile{{Path: "/a.csv", Name: "a.csv"}}, Input: 1, Held: breaches()[:1]}))
	OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunHeld, Exit: 8, Verdict: export.RunVerdict{End: export.EndHeld}}))
	want := export.GivenUp{}
	if taken {
		k, _, err := l.Kept()
		OK(t, err)
		next := Begin(t, l, "run")
		tx := Plan(t, l, next)
		OK(t, tx.Commit(export.PlanSum{Files: k.From(0).Files(), Input: 1}))
		OK(t, l.EndRun(export.RunRecord{ID: next, State: export.RunEnded, Ended: Noon}))
		rec, _, err := l.Run(run)
		OK(t, err)
		rec.Ended = Noon.Add(100 * Day)
		OK(t, l.EndRun(rec))
		t.now = Noon.Add(200 * Day)
		if p := Must[ledger.Pruned](t)(l.Prune(ledger.Retention{Parts: 150 * Day, Values: 150 * Day, History: 150 * Day}, false)); p.Runs != 1 {
			t.Fatalf("pruned %+v, want the run that took it up", p)
		}
	} else {
		want = export.GivenUp{Run: run, By: "A", Rows: 1}
		if there, err := l.GiveUp(run, "A"); !there || err != nil {
			t.Fatal(there, err)
		}
	}
	f, seen, err := l.Seen("a.csv")
	if !seen || err != nil || f.GivenUp != want {
		t.Errorf("%+v, %v, %v; want %+v", f.GivenUp, seen, err, want)
	}
}

// besideAHeldRun: a plan that does not take up the kept records leaves them and the approvals as they are, and cannot
// keep records itself.
func besideAHeldRun(t *world) {
	l := t.open()
	run := keepRecords(t, l, 3)
	OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunHeld, Exit: 8, Verdict: export.RunVerdict{End: export.EndHeld}}))
	OK(t, l.Approve(export.Approval{Run: run, By: "A", At: Noon, Expires: Noon.Add(time.Hour), Ceilings: map[string]int{"deactivations": 4}}))
	before, _, err := l.Kept()
	OK(t, err)

	for name, spoil := range map[string]func(tx export.PlanTx, sum *export.PlanSum) error{
		"keeps": func(tx export.PlanTx, _ *export.PlanSum) error {
			h := &export.Header{Fields: []string{"id"}}
			return tx.Keep(export.KeptRecord{Origin: export.Origin{File: "c.csv", Line: 2}, Header: h, Values: []string{"9"}})
		},
		"takes up": func(_ export.PlanTx, sum *export.PlanSum) error { sum.Files = before.From(0).Files(); return nil },
	} {
		tx := Plan(t, l, Begin(t, l, "run"))
		sum := export.PlanSum{Input: 1, Beside: true}
		OK(t, spoil(tx, &sum))
		OK(t, tx.AddRow(Row(0, 0, 2, export.Quarantined)))
		if err := tx.Commit(sum); err == nil {
			t.Errorf("a plan beside a held run that %s records is committed", name)
		}
		tx.Rollback()
	}

	urgent := Begin(t, l, "run")
	tx := Plan(t, l, urgent)
	id := Must[int64](t)(tx.AddPart(export.Part{Name: "P", Rows: 1}, []byte("x")))
	OK(t, tx.AddRow(Row(id, 1, 2, export.Pending)))
	OK(t, tx.Commit(export.PlanSum{Input: 1, Beside: true}))

	after, there, err := l.Kept()
	if err != nil || !there || after.Run != before.Run || after.SHA256 != before.SHA256 {
		t.Errorf("%+v is kept, and %+v was, %v", after, before, err)
	}
	if rec, _, err := l.Run(run); err != nil || rec.State != export.RunHeld || rec.Verdict.String() != "held" {
		t.Errorf("%+v, %v", rec, err)
	}
	if now, err := l.Approvals(Noon); err != nil || len(now) != 1 {
		t.Errorf("%v counts, %v", now, err)
	}
	if used, err := l.UsedBy(urgent); err != nil || len(used) > 0 {
		t.Errorf("%v is used up, %v", used, err)
	}
}

func keptThatWasChanged(t *world) {
	l := t.open()
	run := keepRecords(t, l, 3)
	path := t.spool().KeptPath(1)
	data := Must[[]byte](t)(os.ReadFile(path))
	OK(t, os.WriteFile(path, []byte(strings.Replace(string(data), "007", "008", 1)), 0o600))
	_, _, err := l.Kept()
	WantErr(t, err, run, "was changed after it was written", "restore the ledger folder")
	if got := t.findings(); !strings.Contains(got, "was changed after it was written") || !strings.Contains(got, "settle "+run+" rejected") {
		t.Errorf("found %q", got)
	}
	OK(t, os.Remove(path))
	_, _, err = l.Kept()
	WantErr(t, err, run, "no such file")
}

// keptOfNoPlan: a plan that is rolled back, or that a crash ended, keeps nothing.
func keptOfNoPlan(t *world) {
	l := t.open()
	tx := Plan(t, l, Begin(t, l, "run"))
	header := &export.Header{Fields: []string{"id"}}
	rec := export.KeptRecord{Origin: export.Origin{File: "a.csv", Line: 2}, Header: header, Values: []string{"1"}}
	OK(t, tx.Keep(rec))
	tx.Rollback()
	if got := t.spoolFiles(); len(got) > 0 {
		t.Errorf("the spool has %q", got)
	}
	OK(t, os.WriteFile(t.spool().KeptPath(1), []byte("left by a start that died"), 0o600))
	unlock := Must[func() error](t)(l.Lock("a test"))
	if n := Must[int](t)(l.Sweep()); n != 1 {
		t.Errorf("swept %d files", n)
	}
	OK(t, unlock())
	run := keepRecords(t, l, 1)
	if by, err := l.GiveUp(run, "A"); !by || err != nil {
		t.Errorf("%v, %v", by, err)
	}
	if by, err := l.GiveUp(run, "A"); by || err != nil {
		t.Errorf("given up twice: %v, %v", by, err)
	}
}
