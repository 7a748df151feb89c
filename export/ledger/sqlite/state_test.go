package sqlite

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

func TestRuns(t *testing.T) {
	l := newLedger(t)
	if _, found, err := l.Run(""); found || err != nil {
		t.Errorf("an empty ledger has a run: %v, %v", found, err)
	}
	paris := time.FixedZone("CET", 3600)
	var ids []string
	for _, r := range []export.RunRecord{
		{Command: "run", Started: noon.In(paris)}, {Command: "run", Started: noon}, {ID: "20261123T140501Z", Command: "drop", Started: noon},
		{Command: "run"}, {ID: "mine", Command: "run", Started: noon},
	} {
		ids = append(ids, must[string](t)(l.BeginRun(r)))
	}
	want := []string{"20261123T140501Z", "20261123T140501Z-2", "20261123T140501Z-3", "20261123T140501Z-4", "mine"}
	if d := cmp.Diff(want, ids); d != "" {
		t.Errorf("ids (-want +got):\n%s", d)
	}
	end := export.RunRecord{ID: ids[2], State: export.RunOpen, Ended: noon.Add(time.Hour), Exit: 5, Verdict: export.RunVerdict{End: export.EndStalled}, Input: 77}
	ok(t, l.EndRun(end))
	end.State, end.Exit, end.Verdict = export.RunEnded, 0, export.RunVerdict{End: export.EndOK}
	ok(t, l.EndRun(end))
	got, found, err := l.Run(ids[2])
	ok(t, err)
	end.Command, end.Started, end.Input = "drop", noon, 0 // input is the plan's
	if d := cmp.Diff(end, got); d != "" || !found {
		t.Errorf("run (-want +got):\n%s", d)
	}
	if latest, _, _ := l.Run(""); latest.ID != "mine" {
		t.Errorf("latest run %q", latest.ID)
	}
	if _, found, err := l.Run("none"); found || err != nil {
		t.Errorf("run none: %v, %v", found, err)
	}
	runs := must[[]export.RunRecord](t)(l.Runs(2))
	if len(runs) != 2 || runs[0].ID != "mine" || runs[1].ID != want[3] {
		t.Errorf("runs %v", runs)
	}
	if runs := must[[]export.RunRecord](t)(l.Runs(-1)); len(runs) != 0 {
		t.Errorf("%d runs for a limit of -1", len(runs))
	}
	wantErr(t, l.EndRun(export.RunRecord{ID: "none"}), `no run "none"`)
}

func TestUnknownRunAndPart(t *testing.T) {
	l := newLedger(t)
	nop := func(export.RowResult) error { return nil }
	for name, err := range map[string]error{
		"Parts":    func() error { _, err := l.Parts("none"); return err }(),
		"Counts":   func() error { _, err := l.Counts("none"); return err }(),
		"Problems": func() error { _, err := l.Problems("none", 1); return err }(),
		"Rows":     l.Rows("none", nop),
		"PartRows": l.PartRows(7, nop),
		"Move":     l.Move(export.Part{ID: 7, State: export.Staged}),
		"Settle":   l.Settle(export.Part{ID: 7}, export.Applied, nil),
	} {
		t.Run(name, func(t *testing.T) { wantErr(t, err, "ledger: ", "no ") })
	}
}

func TestSeen(t *testing.T) {
	l := newLedger(t)
	file := func(name, hash string) []export.FeedFile {
		return []export.FeedFile{{Path: "/x/" + name, Name: name, Size: 3, SHA256: hash}}
	}
	see := func(command string, files []export.FeedFile, outcomes ...export.Outcome) string {
		run := begin(t, l, command)
		tx := plan(t, l, run)
		for i, o := range outcomes {
			ok(t, tx.AddRow(row(0, 0, i+2, o)))
		}
		ok(t, tx.Commit(export.PlanSum{Files: files, Input: len(outcomes)}))
		ok(t, l.EndRun(export.RunRecord{ID: run, State: export.RunEnded}))
		return run
	}
	see("run", file("a.csv", "01"), export.Quarantined)
	second := see("run", file("a.csv", "02"), export.Quarantined, export.Rejected, export.Drifted, export.Held, export.Applied, export.Pending, export.Unchanged)
	dropped := see("drop", file("a.csv", "03"))
	see("run", file("b.csv", "03"))

	want := export.SeenFile{FeedFile: file("a.csv", "02")[0], Run: second, RunState: export.RunEnded, Open: 3}
	got, found, err := l.Seen("a.csv")
	if d := cmp.Diff(want, got); d != "" || !found || err != nil {
		t.Errorf("seen %v, %v (-want +got):\n%s", found, err, d)
	}
	want = export.SeenFile{FeedFile: file("a.csv", "03")[0], Run: dropped, RunState: export.RunEnded}
	got, found, err = l.SeenBytes("03")
	if d := cmp.Diff(want, got); d != "" || !found || err != nil {
		t.Errorf("seen bytes %v, %v (-want +got):\n%s", found, err, d)
	}
	want = export.SeenFile{FeedFile: file("a.csv", "02")[0], Run: second, RunState: export.RunEnded, Open: 3}
	got, found, err = l.SeenAt("/x/a.csv")
	if d := cmp.Diff(want, got); d != "" || !found || err != nil {
		t.Errorf("seen at %v, %v (-want +got):\n%s", found, err, d)
	}
	for _, look := range []func() (export.SeenFile, bool, error){
		func() (export.SeenFile, bool, error) { return l.SeenAt("/y/a.csv") },
		func() (export.SeenFile, bool, error) { return l.Seen("c.csv") },
		func() (export.SeenFile, bool, error) { return l.SeenBytes("02") },
	} {
		if f, found, err := look(); found || err != nil {
			t.Errorf("found %v, %v", f, err)
		}
	}
}

// Every pair of states is held against the table; the same state twice only adds facts.
func TestMoveTable(t *testing.T) {
	l := newLedger(t)
	p := onePart(t, l, "a.csv", 1)
	pairs := 0
	for _, from := range export.PartStates() {
		for _, to := range export.PartStates() {
			pairs++
			ok(t, l.write(func(c *sqlite.Conn) error { return exec(c, "UPDATE parts SET state = ?", string(from)) }))
			p.State = to
			err := l.Move(p)
			_, table := from.To(to)
			switch {
			case (table == nil || from == to) != (err == nil):
				t.Errorf("%s to %s: error %v, table %v", from, to, err, table)
			case err != nil:
				wantErr(t, err, "part a.csv", table.Error())
				to = from
			}
			if got := must[[]export.Part](t)(l.Parts(p.Run))[0].State; got != to {
				t.Errorf("%s to %s: the ledger says %s", from, p.State, got)
			}
		}
	}
	if pairs != 81 {
		t.Errorf("%d pairs, want 81", pairs)
	}
}

func TestMoveRecordsFactsAndHistory(t *testing.T) {
	l := newLedger(t)
	old := onePart(t, l, "a.csv", 1)
	p := old
	p.State, p.Temp, p.Note = export.Staged, "/Incoming/Users/.a.csv", "as large as ours"
	ok(t, l.Move(p))
	ok(t, l.Move(p)) // nothing new
	p.State = export.Renaming
	ok(t, l.Move(p))
	p.State, p.Sent, p.Note = export.Delivered, noon.In(time.FixedZone("", 3600)), ""
	ok(t, l.Move(p))
	p.LoadID = "77"
	ok(t, l.Move(p)) // only a fact
	p.State, p.Via, p.Verdict = export.Loading, "api", export.VerdictOK
	p.Name, p.Rows, p.SHA256, p.Wave = "other", 99, "00", 9 // not Move's to change
	ok(t, l.Move(p))
	p.State = export.Staged
	wantErr(t, l.Move(p), `from "loading" to "staged"`)

	want := old
	want.State, want.Temp, want.Sent, want.LoadID, want.Via, want.Verdict = export.Loading, p.Temp, noon, "77", "api", export.VerdictOK
	if d := cmp.Diff([]export.Part{want}, must[[]export.Part](t)(l.Parts(p.Run))); d != "" {
		t.Errorf("part (-want +got):\n%s", d)
	}
	wantMoves := []ledger.Move{
		{From: export.Planned, To: export.Staged, At: noon, Note: "as large as ours"}, {From: export.Staged, To: export.Renaming, At: noon, Note: "as large as ours"},
		{From: export.Renaming, To: export.Delivered, At: noon, Note: ""}, {From: export.Delivered, To: export.Delivered, At: noon, Note: ""},
		{From: export.Delivered, To: export.Loading, At: noon, Note: ""},
	}
	if d := cmp.Diff(wantMoves, must[[]ledger.Move](t)(l.Moves(p.ID))); d != "" {
		t.Errorf("moves (-want +got):\n%s", d)
	}
	err := l.write(func(c *sqlite.Conn) error { return exec(c, "UPDATE moves SET note = 'otherwise'") })
	wantErr(t, err, "cannot be changed")
}

// settled takes a planned part all the way, its rows applied.
func settled(t testing.TB, l *Ledger, p export.Part) {
	t.Helper()
	for _, s := range []export.PartState{export.Staged, export.Renaming, export.Delivered} {
		p.State = s
		ok(t, l.Move(p))
	}
	p.Verdict = export.VerdictOK
	ok(t, l.Settle(p, export.Applied, nil))
}

func delivered(t testing.TB, l *Ledger, name string, rows int) export.Part {
	t.Helper()
	p := onePart(t, l, name, rows)
	for _, s := range []export.PartState{export.Staged, export.Renaming, export.Delivered} {
		p.State = s
		ok(t, l.Move(p))
	}
	return p
}

// TestDroppedFilesAreNoPeople: a dropped file may name people otherwise than HR does, and percentages are of HR's.
func TestDroppedFilesAreNoPeople(t *testing.T) {
	l := newLedger(t)
	run := begin(t, l, "drop")
	tx := plan(t, l, run)
	id := must[int64](t)(tx.AddPart(export.Part{Name: "d.csv", Rows: 1}, []byte("d")))
	ok(t, tx.AddRow(row(id, 1, 2, export.Pending)))
	ok(t, tx.Commit(export.PlanSum{Input: 1}))
	p := must[[]export.Part](t)(l.Parts(run))[0]
	for _, s := range []export.PartState{export.Staged, export.Renaming, export.Delivered} {
		p.State = s
		ok(t, l.Move(p))
	}
	p.State = export.Settled
	ok(t, l.Settle(p, export.Applied, nil))
	if n := must[int](t)(l.People()); n != 0 {
		t.Errorf("%d people, want none", n)
	}
}

func TestSettle(t *testing.T) {
	l := newLedger(t)
	p := delivered(t, l, "a.csv", 4)
	p.Verdict, p.LoadID, p.Via, p.Note = export.VerdictPartial, "5", "api", "2 of 4 refused"
	refused := []export.RowResult{
		{PartRow: 2, Outcome: export.Rejected, Reason: "Email is taken"}, {PartRow: 4, Outcome: export.Drifted, Reason: "Status differs"},
	}
	ok(t, l.Settle(p, export.Applied, refused))

	var got []string
	ok(t, l.PartRows(p.ID, func(r export.RowResult) error {
		got = append(got, fmt.Sprintf("%d %s %s %s", r.PartRow, r.Key, r.Outcome, r.Reason))
		return nil
	}))
	want := []string{"1 E0002 applied ", "2 E0003 rejected Email is taken", "3 E0004 applied ", "4 E0005 drifted Status differs"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	if n := must[int](t)(l.People()); n != 2 {
		t.Errorf("%d people, want 2", n)
	}
	if d := cmp.Diff(map[string]export.Person{"E0002": {Login: "u2"}, "E0004": {Login: "u4"}}, must[map[string]export.Person](t)(l.Known())); d != "" {
		t.Errorf("known people (-want +got):\n%s", d)
	}
	if parts := must[[]export.Part](t)(l.Unfinished()); len(parts) != 0 {
		t.Errorf("unfinished: %v", parts)
	}
	must[[]byte](t)(l.Bytes(p))
	wantErr(t, l.Settle(p, export.Rejected, nil), "part a.csv", `from "settled" to "settled"`)
	if n := must[int](t)(l.People()); n != 2 {
		t.Errorf("%d people after a refused settling", n)
	}

	// The same people and one more, in another run; the whole load failed for none.
	ok(t, l.Settle(delivered(t, l, "b.csv", 5), export.Applied, nil))
	if n := must[int](t)(l.People()); n != 5 {
		t.Errorf("%d people, want 5", n)
	}
}

// What was last sent is known; a row without a login or a status leaves what was sent before.
func TestKnownIsWhatWasLastSent(t *testing.T) {
	l := newLedger(t)
	for i, step := range []struct{ sent, want export.Person }{
		{export.Person{Login: "u"}, export.Person{Login: "u"}},
		{export.Person{Login: "u", Status: "inactive"}, export.Person{Login: "u", Status: "inactive"}},
		{export.Person{}, export.Person{Login: "u", Status: "inactive"}},
		{export.Person{Login: "w", Status: "active"}, export.Person{Login: "w", Status: "active"}},
	} {
		run := begin(t, l, "run")
		tx := plan(t, l, run)
		id := must[int64](t)(tx.AddPart(export.Part{Name: fmt.Sprint(i), Rows: 1}, nil))
		r := row(id, 1, 2, export.Pending)
		r.Login, r.Status = step.sent.Login, step.sent.Status
		ok(t, tx.AddRow(r))
		ok(t, tx.Commit(export.PlanSum{Input: 1}))
		ok(t, l.PartRows(id, func(got export.RowResult) error {
			if got.Status != step.sent.Status {
				t.Errorf("step %d: the row has the status %q", i, got.Status)
			}
			return nil
		}))
		settled(t, l, must[[]export.Part](t)(l.Parts(run))[0])
		if d := cmp.Diff(map[string]export.Person{"E0002": step.want}, must[map[string]export.Person](t)(l.Known())); d != "" {
			t.Errorf("step %d (-want +got):\n%s", i, d)
		}
	}
}

func TestSettleRestTakesTheNote(t *testing.T) {
	l := newLedger(t)
	p := delivered(t, l, "a.csv", 2)
	p.Verdict, p.Note = export.VerdictFailed, "Coupa refused the file"
	ok(t, l.Settle(p, export.Rejected, nil))
	for _, r := range must[[]export.RowResult](t)(l.Problems(p.Run, 10)) {
		if r.Reason != p.Note || r.Outcome != export.Rejected {
			t.Errorf("row %s: %s, %q", r.Origin, r.Outcome, r.Reason)
		}
	}
	if some := must[[]export.RowResult](t)(l.Problems(p.Run, 1)); len(some) != 1 {
		t.Errorf("%d problems for a limit of 1", len(some))
	}
}

// What is refused leaves the part and its rows as they were.
func TestSettleRefuses(t *testing.T) {
	l := newLedger(t)
	p := delivered(t, l, "a.csv", 2)
	for name, test := range map[string]struct {
		rest    export.Outcome
		results []export.RowResult
		want    string
	}{
		"no such row":     {export.Applied, []export.RowResult{{PartRow: 3, Outcome: export.Rejected}}, "no row 3"},
		"row 0":           {export.Applied, []export.RowResult{{Outcome: export.Rejected}}, "no row 0"},
		"another part":    {export.Applied, []export.RowResult{{PartRow: maxRow + 2, Outcome: export.Rejected}}, "no row"},
		"no rest":         {"", nil, "not an outcome"},
		"unknown outcome": {export.Applied, []export.RowResult{{PartRow: 1, Outcome: "fine"}}, "row 1"},
	} {
		t.Run(name, func(t *testing.T) {
			wantErr(t, l.Settle(p, test.rest, test.results), "part a.csv", test.want)
			counts := must[map[export.Outcome]int](t)(l.Counts(p.Run))
			parts := must[[]export.Part](t)(l.Unfinished())
			if counts[export.Pending] != 2 || len(parts) != 1 || parts[0].State != export.Delivered {
				t.Errorf("counts %v, parts %v", counts, parts)
			}
		})
	}
}

func TestSettleDrops(t *testing.T) {
	l := newLedger(t)
	p := onePart(t, l, "a.csv", 2)
	p.State = export.Dropped
	ok(t, l.Settle(p, export.Held, nil))
	got := must[[]export.Part](t)(l.Parts(p.Run))[0]
	if counts := must[map[export.Outcome]int](t)(l.Counts(p.Run)); counts[export.Held] != 2 || got.State != export.Dropped {
		t.Errorf("counts %v, state %s", counts, got.State)
	}
}

// The callbacks may call the ledger, and their error comes back as it is.
func TestCallbacks(t *testing.T) {
	l := newLedger(t)
	p := delivered(t, l, "a.csv", 3)
	stop := errors.New("stop")
	calls := 0
	f := func(export.RowResult) error {
		calls++
		must[[]export.Part](t)(l.Unfinished())
		p.Note = fmt.Sprint("row ", calls)
		ok(t, l.Move(p))
		if calls%2 == 0 {
			return stop
		}
		return nil
	}
	if err := l.PartRows(p.ID, f); err != stop || calls != 2 {
		t.Errorf("part rows: error %v after %d calls", err, calls)
	}
	if err := l.Rows(p.Run, f); err != stop || calls != 4 {
		t.Errorf("rows: error %v after %d calls", err, calls)
	}
}

// Unfinished goes by start of the run, not by its id.
func TestUnfinishedOrder(t *testing.T) {
	l := newLedger(t)
	var want []string
	for i, run := range []string{"z", "a"} {
		must[string](t)(l.BeginRun(export.RunRecord{ID: run, Started: noon}))
		tx := plan(t, l, run)
		for _, p := range []export.Part{{Name: "2", Wave: 1}, {Name: "1", Wave: 2}, {Name: "3", Wave: 1}} {
			p.Name = fmt.Sprint(run, p.Name)
			must[int64](t)(tx.AddPart(p, nil))
		}
		ok(t, tx.Commit(export.PlanSum{Input: i}))
		want = append(want, run+"2", run+"3", run+"1")
	}
	var got []string
	for _, p := range must[[]export.Part](t)(l.Unfinished()) {
		got = append(got, p.Name)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
}
