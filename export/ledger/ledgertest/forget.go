package ledgertest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// forgetKept: a person cannot be forgotten while a record of theirs is kept for the next plan or another person's kept
// record names them. Records that were given up do not count.
func forgetKept(t *world) {
	a := t.locked()
	run := keepRecords(t, a, 2)
	for _, key := range []string{"007", "zoë"} { // the first as a key, the second as a word in a cell
		_, err := a.Forget(key)
		WantErr(t, err, "run "+run+" keeps records", "settle "+run+" rejected")
	}
	Must[ledger.Forgotten](t)(a.Forget("nobody"))
	Must[bool](t)(a.GiveUp(run, "A"))
	Must[ledger.Forgotten](t)(a.Forget("007"))
	if got := t.spoolFiles(); len(got) > 0 {
		t.Errorf("the spool has %q", got)
	}
}

// Planted are the values of one person, as they appear in feed, rows, messages and parts; the first is the key.
var Planted = []string{"P-4711", "Planted.Login", "planted.login@acme.example", "Plantedlast"}

var plantedCSV = fmt.Sprintf("\"Employee Number\",\"Login\",\"Email\",\"Last Name\"\n%q,%q,%q,%q\n", Planted[0], Planted[1], Planted[2], Planted[3])

func plantedRow(login string) export.RowResult {
	r := Row(0, 0, 5, export.Pending)
	r.Key, r.First, r.Login, r.Status = Planted[0], Planted[0], login, "active"
	r.Change = changedIn(export.CellChange{Column: "Email", Kind: export.ChangeEmail, Old: Planted[2], New: "new@acme.example", Known: true})
	return r
}

// plantedNight plans a run that leaves traces of the planted person: in the bytes and rows of its part, and in messages
// about others. The rows get their line numbers.
func plantedNight(t testing.TB, l ledger.Ledger, messages int, command, data string, rows ...export.RowResult) export.Part {
	t.Helper()
	run := Begin(t, l, command)
	tx := Plan(t, l, run)
	id := Must[int64](t)(tx.AddPart(export.Part{Name: run + ".csv", Rows: len(rows)}, []byte(data)))
	for i, r := range rows {
		r.Part, r.PartRow = id, i+1
		OK(t, tx.AddRow(r))
	}
	for i := range messages {
		r := Row(0, 0, i+100, export.Quarantined)
		r.Faults = export.Faults{{Message: fmt.Sprintf("Approver Login %q is unknown", Planted[1])}}
		OK(t, tx.AddRow(r))
	}
	OK(t, tx.Commit(export.PlanSum{Input: len(rows) + messages, Roll: &export.RollCall{Counts: true, New: []string{Planted[0]}}}))
	return Must[[]export.Part](t)(l.Parts(run))[0]
}

// PlantPerson makes a ledger in which the planted person has left traces everywhere: among many others, under two
// logins, as approver, in that many messages about others a night, in a file dropped by hand, and in an orphan of the
// spool.
func PlantPerson(t testing.TB, l ledger.Ledger, spool ledger.Spool, messages int) {
	t.Helper()
	byHand := Row(0, 0, 2, export.Pending)
	byHand.Key, byHand.First, byHand.Login = "planted.login", "planted.login", "planted.login"
	report := Row(0, 0, 77, export.Pending)
	report.Change = changedIn(export.CellChange{Column: "Approver Login", Kind: export.ChangeOther, Old: "boss", New: "PLANTED.LOGIN", Known: true})
	for _, p := range []export.Part{
		plantedNight(t, l, messages, "run", plantedCSV, plantedRow("planted.login"), Row(0, 0, 9, export.Pending)),
		plantedNight(t, l, messages, "run", plantedCSV, plantedRow(Planted[1])),
		plantedNight(t, l, messages, "run", "\"Login\",\"Approver Login\"\n\"u77\",\"PLANTED.LOGIN\"\n", report),
		plantedNight(t, l, messages, "drop", plantedCSV, byHand),
		plantedNight(t, l, messages, "run", "\"Login\"\n\"planted.login2\"\n", Row(0, 0, 78, export.Pending)), // another person
	} {
		Settled(t, l, p)
		OK(t, l.EndRun(export.RunRecord{ID: p.Run, State: export.RunEnded, Ended: Noon}))
	}
	OK(t, os.WriteFile(spool.Path(99), []byte(plantedCSV), 0o600))
}

// TracesOf returns where in a folder one of the words stands, whatever its case.
func TracesOf(t testing.TB, dir string, words []string) (traces []string) {
	t.Helper()
	files := 0
	OK(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data := fold(string(Must[[]byte](t)(os.ReadFile(path))))
		for _, w := range words {
			for _, form := range [][]byte{fold(w), utf16(w)} {
				if bytes.Contains(data, form) {
					traces = append(traces, filepath.Base(path)+": "+w)
				}
			}
		}
		return nil
	}))
	if files == 0 {
		t.Fatal("no file was looked at")
	}
	return traces
}

func fold(text string) []byte { return bytes.ToLower(bytes.ToUpper([]byte(text))) }

func utf16(text string) []byte {
	var out []byte
	for _, b := range fold(text) {
		out = append(out, b, 0)
	}
	return out
}

func forgetting(t *world) {
	l := t.locked()
	PlantPerson(t, l, t.spool(), 500)
	if len(TracesOf(t, t.dir, Planted)) < 4 {
		t.Fatal("the person was not planted well")
	}
	before := Must[*ledger.Checked](t)(t.opener.Check(t.dir))

	got := Must[ledger.Forgotten](t)(l.Forget(Planted[0]))
	if want := (ledger.Forgotten{Known: true, Rows: 3, Spool: 4}); got != want {
		t.Errorf("forgotten %+v, want %+v", got, want)
	}
	for _, trace := range TracesOf(t, t.dir, Planted) {
		if trace != "5.csv: Planted.Login" { // another person: only the beginning of the login is the same
			t.Errorf("left: %s", trace)
		}
	}
	want := *before
	want.People, want.Spooled = before.People-1, 1
	if d := cmp.Diff(&want, Must[*ledger.Checked](t)(t.opener.Check(t.dir))); d != "" {
		t.Errorf("the ledger before and after (-want +got):\n%s", d)
	}
	if counts := Must[map[export.Outcome]int](t)(l.Counts("20261123T140501Z")); counts[export.Applied] != 2 {
		t.Errorf("counts %v: the sums must stay", counts)
	}
	if _, known := KnownTo(t, l)["E0009"]; !known {
		t.Error("another person was forgotten")
	}
	if got := Must[ledger.Forgotten](t)(l.Forget(Planted[0])); got != (ledger.Forgotten{}) {
		t.Errorf("a second time: %+v", got)
	}
	_, err := l.Forget("")
	WantErr(t, err, "no key")
}

// forgettingWaits: while a part has no verdict, forgetting changes nothing.
func forgettingWaits(t *world) {
	l := t.locked()
	PlantPerson(t, l, t.spool(), 500)
	p := plantedNight(t, l, 1, "run", plantedCSV, plantedRow(Planted[1]))
	before := picture(t, l)
	_, err := l.Forget(Planted[0])
	open, is := errors.AsType[*ledger.NotFinalError](err)
	if !is || open.Part.ID != p.ID {
		t.Fatalf("error %v, want a NotFinalError about part %d", err, p.ID)
	}
	WantErr(t, err, p.Name, "is planned", "hr2coupa run")
	if d := cmp.Diff(before, picture(t, l)); d != "" {
		t.Errorf("what was refused has changed something (-before +after):\n%s", d)
	}
	endNight(t, l, p)
	Must[ledger.Forgotten](t)(l.Forget(Planted[0]))
	if traces := TracesOf(t, t.dir, Planted[2:]); len(traces) > 0 {
		t.Errorf("left: %v", traces)
	}
}

// forgettingIsDoneAgain: wherever the program ends in Forget, what was forgotten does not come back, and Forget can be
// repeated.
func forgettingIsDoneAgain(t *world) {
	for at, whole := 1, false; !whole; at++ {
		t.each(fmt.Sprintf("step %d", at), func(t *world) {
			l := t.open()
			PlantPerson(t, l, t.spool(), 1)
			OK(t, l.Close())
			err, fell := t.struck(&Blow{At: at}, func(l ledger.Ledger) error { _, err := l.Forget(Planted[0]); return err })
			if whole = !fell; !whole {
				Must[ledger.Forgotten](t)(t.locked().Forget(Planted[0]))
			} else {
				OK(t, err)
			}
			if traces := TracesOf(t, t.dir, Planted[2:]); len(traces) > 0 {
				t.Errorf("left: %v", traces)
			}
		})
	}
}

// forgetChecked: where rows begin with Coupa's number of a person, that number alone does not name the person in other
// people's files.
func forgetChecked(t *world) {
	l := t.open()
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	for i, text := range []string{`"2","ann"`, `"3","apartment 2"`} {
		id := Must[int64](t)(tx.AddPart(export.Part{Name: []string{"a.csv", "b.csv"}[i], Rows: 1}, []byte(text)))
		r := Row(id, 1, i+2, export.Pending)
		r.First = text[1:2]
		OK(t, tx.AddRow(r))
	}
	OK(t, tx.Commit(export.PlanSum{Input: 2}))
	for _, p := range Must[[]export.Part](t)(l.Parts(run)) {
		p.State = export.Dropped
		OK(t, l.Settle(p, export.Rejected, nil))
	}
	unlock := Must[func() error](t)(l.Lock("test"))
	defer unlock()
	if f := Must[ledger.Forgotten](t)(l.Forget("E0002")); f.Rows != 1 || f.Spool != 1 {
		t.Errorf("forgot %+v, want one row and one file of the spool", f)
	}
}
