package sqlite

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
)

// record is what a reader of a feed made of kept records.
type record struct {
	File    string
	Line    int
	Fields  []string
	Values  []string
	Missing []bool
}

func readAll(t *testing.T, f export.Feed) (all []record) {
	t.Helper()
	files := f.Files()
	seq := 0
	ok(t, f.Chunks(func(c export.Chunk) error {
		if c.Seq() != seq {
			t.Errorf("chunk %d comes as number %d", c.Seq(), seq)
		}
		seq++
		var rec export.Record
		for c.Next(&rec) {
			if rec.Fault != nil {
				t.Errorf("line %d: %s", rec.Line, rec.Fault)
			}
			all = append(all, record{files[rec.File].Name, rec.Line, rec.Header.Fields, slices.Clone(rec.Values), slices.Clone(rec.Missing)})
		}
		c.Release()
		return nil
	}))
	return all
}

// keep plans a run that keeps n records, some from another file with other fields.
func keep(t *testing.T, l *Ledger, n int) (run string) {
	t.Helper()
	run = begin(t, l, "run")
	tx := plan(t, l, run)
	a, b := &export.Header{Fields: []string{"id", "name"}}, &export.Header{Fields: []string{"name", "id", "more"}}
	for i := range n {
		r := export.KeptRecord{Origin: export.Origin{File: "a.csv", Line: i + 2}, Header: a, Values: []string{"007", "line\none \"x\" \u2028 Zoë \x1f"}}
		if i%1000 == 999 {
			r = export.KeptRecord{Origin: export.Origin{File: "b.jsonl", Line: i}, Header: b, Values: []string{"", "8", ""}, Missing: []bool{false, false, true}}
		}
		ok(t, tx.Keep(r))
		res := row(0, 0, i+2, export.Held)
		ok(t, tx.AddRow(res))
	}
	ok(t, tx.Commit(export.PlanSum{Input: n, Feed: n, Held: twoBreaches()}))
	return run
}

func TestKeptRoundTrip(t *testing.T) {
	l := newLedger(t)
	if _, there, err := l.Kept(); there || err != nil {
		t.Fatalf("a new ledger keeps something, %v", err)
	}
	const n = 12_000 // many chunks
	run := keep(t, l, n)
	k, _, err := l.Kept()
	ok(t, err)
	if k.Run != run || k.Records != n || k.Feed != n || !slices.Equal(k.Held, twoBreaches()) {
		t.Errorf("%+v", k)
	}
	all := readAll(t, k.From(0))
	if len(all) != n {
		t.Fatalf("%d records", len(all))
	}
	want := []record{
		{"a.csv@" + run, 2, []string{"id", "name"}, []string{"007", "line\none \"x\" \u2028 Zoë \x1f"}, nil},
		{"b.jsonl@" + run, 999, []string{"name", "id", "more"}, []string{"", "8", ""}, []bool{false, false, true}},
		{"a.csv@" + run, 1002, []string{"id", "name"}, all[0].Values, nil},
	}
	if d := cmp.Diff(want, []record{all[0], all[999], all[1000]}); d != "" {
		t.Error(d)
	}
	for _, f := range k.From(3).Files() {
		if f.Kept == 0 || f.SHA256 == "" {
			t.Errorf("%+v", f)
		}
	}
	if rec, _, err := l.Run(run); err != nil || !slices.Equal(rec.Held, k.Held) || rec.Feed != 0 {
		t.Errorf("%+v, %v", rec, err)
	}
}

// TestKeptIsTakenUp: the plan that reads what was kept ends it, with the held run, and its bytes leave the spool.
func TestKeptIsTakenUp(t *testing.T) {
	l := newLedger(t)
	run := keep(t, l, 3)
	ok(t, l.EndRun(export.RunRecord{ID: run, State: export.RunHeld, Exit: 8, Verdict: export.RunVerdict{End: export.EndHeld}}))
	k, _, err := l.Kept()
	ok(t, err)
	ok(t, l.Approve(export.Approval{Run: run, By: "A", At: noon, Expires: noon.Add(time.Hour), Ceilings: map[string]int{"deactivations": 4}}))

	next := begin(t, l, "run")
	tx := plan(t, l, next)
	id := must[int64](t)(tx.AddPart(export.Part{Name: "P", Rows: 1}, []byte("x")))
	ok(t, tx.AddRow(row(id, 1, 2, export.Pending)))
	ok(t, tx.Commit(export.PlanSum{Files: k.From(0).Files(), Input: 3}))

	if _, there, err := l.Kept(); there || err != nil {
		t.Errorf("it is still kept, %v", err)
	}
	rec, _, err := l.Run(run)
	ok(t, err)
	if rec.State != export.RunEnded || rec.Verdict.String() != "held, planned again by run "+next {
		t.Errorf("%+v", rec)
	}
	ok(t, l.Rows(run, func(r export.RowResult) error {
		if r.Outcome != export.Held || r.Reason != "planned again by run "+next {
			t.Errorf("%+v", r)
		}
		return nil
	}))
	if d := cmp.Diff([]string{"1.csv"}, spoolFiles(t, l)); d != "" {
		t.Error(d)
	}
	if now, err := l.Approvals(noon); err != nil || len(now) > 0 {
		t.Errorf("%v still counts, %v", now, err)
	}
	if used, err := l.UsedBy(next); err != nil || len(used) != 1 || used[0].Ceilings["deactivations"] != 4 {
		t.Errorf("%v, %v", used, err)
	}
}

// TestGivenUpOrTakenUp: what a later plan has taken up was not given up, also where that plan's run is pruned; what a
// person has settled was, and its rows are counted.
func TestGivenUpOrTakenUp(t *testing.T) {
	for _, taken := range []bool{true, false} {
		l := newLedger(t)
		run := begin(t, l, "run")
		tx := plan(t, l, run)
		ok(t, tx.Keep(export.KeptRecord{Origin: export.Origin{File: "a.csv", Line: 2}, Header: &export.Header{Fields: []string{"id"}}, Values: []string{"7"}}))
		res := row(0, 0, 2, export.Held)
		res.Origin.File = "a.csv"
		ok(t, tx.AddRow(res))
		ok(t, tx.Commit(export.PlanSum{Files: []export.FeedFile{{Path: "/a.csv", Name: "a.csv"}}, Input: 1, Held: twoBreaches()[:1]}))
		ok(t, l.EndRun(export.RunRecord{ID: run, State: export.RunHeld, Exit: 8, Verdict: export.RunVerdict{End: export.EndHeld}}))
		want := export.GivenUp{}
		if taken {
			k, _, err := l.Kept()
			ok(t, err)
			next := begin(t, l, "run")
			tx := plan(t, l, next)
			ok(t, tx.Commit(export.PlanSum{Files: k.From(0).Files(), Input: 1}))
			ok(t, l.write(func(c *sqlite.Conn) error { return exec(c, "DELETE FROM runs WHERE id = ?", next) }))
		} else {
			want = export.GivenUp{Run: run, By: "A", Rows: 1}
			if there, err := l.GiveUp(run, "A"); !there || err != nil {
				t.Fatal(there, err)
			}
		}
		f, seen, err := l.Seen("a.csv")
		if !seen || err != nil || f.GivenUp != want {
			t.Errorf("taken up %v: %+v, %v, %v; want %+v", taken, f.GivenUp, seen, err, want)
		}
	}
}

// TestBesideAHeldRun: a plan beside what is kept leaves it as it is, and the approvals, and can itself keep nothing.
func TestBesideAHeldRun(t *testing.T) {
	l := newLedger(t)
	run := keep(t, l, 3)
	ok(t, l.EndRun(export.RunRecord{ID: run, State: export.RunHeld, Exit: 8, Verdict: export.RunVerdict{End: export.EndHeld}}))
	ok(t, l.Approve(export.Approval{Run: run, By: "A", At: noon, Expires: noon.Add(time.Hour), Ceilings: map[string]int{"deactivations": 4}}))
	before, _, err := l.Kept()
	ok(t, err)

	for name, spoil := range map[string]func(tx export.PlanTx, sum *export.PlanSum) error{
		"keeps": func(tx export.PlanTx, _ *export.PlanSum) error {
			h := &export.Header{Fields: []string{"id"}}
			return tx.Keep(export.KeptRecord{Origin: export.Origin{File: "c.csv", Line: 2}, Header: h, Values: []string{"9"}})
		},
		"takes up": func(_ export.PlanTx, sum *export.PlanSum) error { sum.Files = before.From(0).Files(); return nil },
	} {
		tx := plan(t, l, begin(t, l, "run"))
		sum := export.PlanSum{Input: 1, Beside: true}
		ok(t, spoil(tx, &sum))
		ok(t, tx.AddRow(row(0, 0, 2, export.Quarantined)))
		if err := tx.Commit(sum); err == nil {
			t.Errorf("a plan beside a held run that %s records is committed", name)
		}
		tx.Rollback()
	}

	urgent := begin(t, l, "run")
	tx := plan(t, l, urgent)
	id := must[int64](t)(tx.AddPart(export.Part{Name: "P", Rows: 1}, []byte("x")))
	ok(t, tx.AddRow(row(id, 1, 2, export.Pending)))
	ok(t, tx.Commit(export.PlanSum{Input: 1, Beside: true}))

	after, there, err := l.Kept()
	if err != nil || !there || after.Run != before.Run || after.SHA256 != before.SHA256 {
		t.Errorf("%+v is kept, and %+v was, %v", after, before, err)
	}
	if rec, _, err := l.Run(run); err != nil || rec.State != export.RunHeld || rec.Verdict.String() != "held" {
		t.Errorf("%+v, %v", rec, err)
	}
	if now, err := l.Approvals(noon); err != nil || len(now) != 1 {
		t.Errorf("%v counts, %v", now, err)
	}
	if used, err := l.UsedBy(urgent); err != nil || len(used) > 0 {
		t.Errorf("%v is used up, %v", used, err)
	}
}

func TestKeptThatWasChanged(t *testing.T) {
	l := newLedger(t)
	run := keep(t, l, 3)
	path := l.spool.KeptPath(1)
	data := must[[]byte](t)(os.ReadFile(path))
	ok(t, os.WriteFile(path, []byte(strings.Replace(string(data), "007", "008", 1)), 0o600))
	_, _, err := l.Kept()
	wantErr(t, err, run, "was changed after it was written", "restore the ledger folder")
	if got := findings(t, l.dir); !strings.Contains(got, "was changed after it was written") || !strings.Contains(got, "settle "+run+" rejected") {
		t.Errorf("found %q", got)
	}
	ok(t, os.Remove(path))
	_, _, err = l.Kept()
	wantErr(t, err, run, "no such file")
}

// TestKeptOfNoPlan: a plan that is rolled back, or whose start died, keeps nothing.
func TestKeptOfNoPlan(t *testing.T) {
	l := newLedger(t)
	tx := plan(t, l, begin(t, l, "run"))
	header := &export.Header{Fields: []string{"id"}}
	rec := export.KeptRecord{Origin: export.Origin{File: "a.csv", Line: 2}, Header: header, Values: []string{"1"}}
	ok(t, tx.Keep(rec))
	tx.Rollback()
	if got := spoolFiles(t, l); len(got) > 0 {
		t.Errorf("the spool has %q", got)
	}
	ok(t, os.WriteFile(l.spool.KeptPath(1), []byte("left by a start that died"), 0o600))
	unlock := must[func() error](t)(l.Lock("a test"))
	if n := must[int](t)(l.Sweep()); n != 1 {
		t.Errorf("swept %d files", n)
	}
	ok(t, unlock())
	run := keep(t, l, 1)
	if by, err := l.GiveUp(run, "A"); !by || err != nil {
		t.Errorf("%v, %v", by, err)
	}
	if by, err := l.GiveUp(run, "A"); by || err != nil {
		t.Errorf("given up twice: %v, %v", by, err)
	}
}

// TestApprovals: a word counts until it expires, and not after its run was given up.
func TestApprovals(t *testing.T) {
	l := newLedger(t)
	run := keep(t, l, 1)
	for i, ceilings := range []map[string]int{{"deactivations": 1}, {"columns.Approver Login": 2}} {
		ok(t, l.Approve(export.Approval{Run: run, By: "A", At: noon, Expires: noon.Add(time.Duration(i+1) * time.Hour), Ceilings: ceilings}))
	}
	for after, want := range map[time.Duration]int{0: 2, 59 * time.Minute: 2, time.Hour: 1, 2 * time.Hour: 0} {
		if got := must[[]export.Approval](t)(l.Approvals(noon.Add(after))); len(got) != want {
			t.Errorf("after %s: %+v, want %d", after, got, want)
		}
	}
	must[bool](t)(l.GiveUp(run, "B"))
	if got := must[[]export.Approval](t)(l.Approvals(noon)); len(got) != 0 {
		t.Errorf("given up, and still %+v", got)
	}
	if got := must[[]export.Approval](t)(l.ApprovalsOf(run)); len(got) != 2 || got[0].Ended.String() != "given up by B" {
		t.Errorf("%+v", got)
	}
	wantErr(t, l.Approve(export.Approval{Run: "nothing"}), "nothing")
}

// TestWaiting: whoever has a row in a part without a verdict waits, whatever the part was planned by, and nobody else.
func TestWaiting(t *testing.T) {
	l := newLedger(t)
	if w := must[*export.Waiting](t)(l.Waiting()); !w.Empty() {
		t.Errorf("%+v", w)
	}
	open := onePart(t, l, "open.csv", 2)
	gone := onePart(t, l, "gone.csv", 3)
	ok(t, l.Move(export.Part{ID: gone.ID, State: export.Staged}))
	ok(t, l.Move(export.Part{ID: gone.ID, State: export.Renaming}))
	ok(t, l.Move(export.Part{ID: gone.ID, State: export.Delivered}))
	ok(t, l.Settle(export.Part{ID: gone.ID, State: export.Settled, Verdict: export.VerdictOK}, export.Applied, nil))

	run := begin(t, l, "drop")
	tx := plan(t, l, run)
	id := must[int64](t)(tx.AddPart(export.Part{Name: "hand.csv", Rows: 1}, []byte("x")))
	r := row(id, 1, 2, export.Pending)
	r.Key, r.First, r.Login = "column", "D77", "ÄRGER"
	ok(t, tx.AddRow(r))
	ok(t, tx.Commit(export.PlanSum{Input: 1}))

	w := must[*export.Waiting](t)(l.Waiting())
	for _, c := range []struct{ key, first, login, part string }{
		{key: "E0002", part: open.Name}, {key: "E0003", part: open.Name}, {key: "E0004"},
		{key: "x", first: "D77", part: "hand.csv"}, {key: "x", login: "ärger", part: "hand.csv"}, {key: "column"},
		{key: "x", login: "U2", part: open.Name}, {},
	} {
		if part, _ := w.Behind(c.key, c.first, c.login); part != c.part {
			t.Errorf("%+v waits for %q", c, part)
		}
	}
}

// TestLineEnds: how a feed file ended is remembered of whole feeds, in the order of their plans.
func TestLineEnds(t *testing.T) {
	l := newLedger(t)
	commit := func(sum export.PlanSum, end export.LineEnd) {
		t.Helper()
		sum.Files = []export.FeedFile{{Path: "/hr/a.csv", Name: "a.csv", Size: 3, SHA256: string(end), LineEnd: end}}
		ok(t, plan(t, l, begin(t, l, "run")).Commit(sum))
	}
	commit(export.PlanSum{Input: 9, Feed: 9}, export.LineEnded)
	commit(export.PlanSum{Input: 9, Feed: 9}, "")
	commit(export.PlanSum{Input: 9}, export.LineOpen) // by hand
	commit(export.PlanSum{Input: 9, Feed: 9}, export.LineCut)
	var got []export.LineEnd
	for _, f := range must[[]export.FeedFile](t)(l.LineEnds()) {
		if f.Name != "a.csv" || f.SHA256 != string(f.LineEnd) || f.Size != 3 {
			t.Errorf("file %+v", f)
		}
		got = append(got, f.LineEnd)
	}
	if !slices.Equal(got, []export.LineEnd{export.LineEnded, export.LineCut}) {
		t.Errorf("ends %q", got)
	}
}

// TestKeepsAndLastFeed: only a run with records for the next plan keeps, and only a feed that was not held is a measure.
func TestKeepsAndLastFeed(t *testing.T) {
	l := newLedger(t)
	feed := func(want int) {
		t.Helper()
		if n := must[int](t)(l.LastFeed()); n != want {
			t.Errorf("the last feed had %d records, want %d", n, want)
		}
	}
	feed(0)
	run := begin(t, l, "run")
	ok(t, plan(t, l, run).Commit(export.PlanSum{Input: 9, Feed: 7}))
	feed(7)
	held := keep(t, l, 3)
	feed(7)
	for run, want := range map[string]bool{run: false, held: true, "nothing": false} {
		if got := must[bool](t)(l.Keeps(run)); got != want {
			t.Errorf("%s keeps: %v", run, got)
		}
	}
	all := must[export.KeptFeed](t)(func() (export.KeptFeed, error) { k, _, err := l.Kept(); return k, err }())
	if names := all.From(0).Names(); len(names) != 1 || names[0] != "a.csv@"+held {
		t.Errorf("names %q", names)
	}
	must[bool](t)(l.GiveUp(held, "A"))
	if must[bool](t)(l.Keeps(held)) {
		t.Error("given up, and kept")
	}
	if ids := must[[]int64](t)(l.spool.KeptIDs()); len(ids) > 0 {
		t.Errorf("given up, and %v still lie in the spool", ids)
	}
}

func twoBreaches() []export.Breach {
	return []export.Breach{
		{Limit: export.ColumnLimit("Approver Login"), Count: 3, Percent: 0.5, Allows: 3, Known: 70, Has: 9},
		{Limit: export.ShrinkLimit, Percent: 12.5, Known: 800, Has: 5},
	}
}
