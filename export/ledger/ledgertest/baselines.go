package ledgertest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

var memoryStories = []Story{
	{"what was confirmed is known until it is sent again", confirmedUntilSent},
	{"a part of an unknown kind makes all columns unknown", unknownColumns},
	{"what was sent since is not confirmed", onlyTheLastConfirms},
	{"a row of another person with the same name", sharedNames},
	{"a dropped file makes its people unknown", droppedPeople},
	{"a dropped row that fits no one may be about anyone", strayRows},
	{"an answer by API confirms", confirmedByAPI},
	{"a person's word confirms nothing", wordConfirmsNothing},
	{"columns of one address change together", families},
	{"a new key forgets", newKey},
	{"the baseline of a person is forgotten with them", forgetBaseline},
	{"what a plan has seen is known", seenIsKnown},
	{"what was seen becomes unknown as what was confirmed", seenBecomesUnknown},
	{"what was seen of another account", seenElsewhere},
	{"what was seen goes with its plan", seenWithItsPlan},
	{"confirming is refused", confirmRefuses},
}

// sends plans, delivers and settles a part of a run with these columns for people named by their lines in the feed.
func sends(t *world, l ledger.Ledger, command string, columns []string, rows ...export.RowResult) export.Part {
	t.Helper()
	p := plansRows(t, l, command, columns, rows...)
	Settled(t, l, p)
	return p
}

func plansRows(t *world, l ledger.Ledger, command string, columns []string, rows ...export.RowResult) export.Part {
	t.Helper()
	run := Begin(t, l, command)
	tx := Plan(t, l, run)
	id := Must[int64](t)(tx.AddPart(export.Part{Name: run + ".csv", Rows: len(rows), Columns: export.CarriedColumns(columns)}, []byte("bytes of "+run)))
	for i, r := range rows {
		r.Part, r.PartRow = id, i+1
		OK(t, tx.AddRow(r))
	}
	OK(t, tx.Commit(export.PlanSum{Input: len(rows)}))
	return Must[[]export.Part](t)(l.Parts(run))[0]
}

func person(line int) export.RowResult { return Row(0, 0, line, export.Pending) }

// confirm confirms columns of a person, with the hashes 1, 2 and so on.
func confirm(t *world, l ledger.Ledger, p export.Part, key string, columns ...string) {
	t.Helper()
	one := export.Confirmed{Key: key, Columns: columns}
	for i := range columns {
		one.Hashes = append(one.Hashes, export.CellHash(i+1))
	}
	OK(t, l.Confirm(p.ID, []export.Confirmed{one}))
}

// knownOf returns what is known of a person: Email=1 Login=2.
func knownOf(t *world, l ledger.Ledger, key string) string {
	t.Helper()
	b, ok := Must[*baseline.Store](t)(l.Baselines()).Of(key)
	var texts []string
	for _, column := range b.Columns() {
		h, _ := b.Of(column)
		texts = append(texts, fmt.Sprintf("%s=%d", column, h))
	}
	only := Must[*baseline.Store](t)(l.BaselinesOf([]string{key, "nobody"}))
	if alone, _ := only.Of(key); !reflect.DeepEqual(alone.Columns(), b.Columns()) || ok != (only.Len() == 1) {
		t.Errorf("%s: alone, %d people are known, and of this one %q", key, only.Len(), alone.Columns())
	}
	slices.Sort(texts)
	if ok != (len(texts) > 0) {
		t.Errorf("%s: found %v, with %v", key, ok, texts)
	}
	return strings.Join(texts, " ")
}

func wantKnown(t *world, l ledger.Ledger, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for key := range want {
		got[key] = knownOf(t, l, key)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("known (-want +got):\n%s", d)
	}
}

var numberLoginEmail = []string{"Employee Number", "Login", "Email"}

func confirmedUntilSent(t *world) {
	l := t.open()
	p := sends(t, l, "run", append(numberLoginEmail, "Department"), person(2), person(3))
	wantKnown(t, l, map[string]string{"E0002": ""})
	confirm(t, l, p, "E0002", "Email", "Department")
	confirm(t, l, p, "E0003", "Email")
	wantKnown(t, l, map[string]string{"E0002": "Department=2 Email=1", "E0003": "Email=1", "E0004": ""})

	OK(t, l.Confirm(p.ID, []export.Confirmed{
		{Key: "E0002", Columns: []string{"Email"}, Hashes: []export.CellHash{7}, Unknown: []string{"Department", "Login"}},
		{Key: "E0009", Columns: []string{"Email"}, Hashes: []export.CellHash{9}}, // never sent
	}))
	wantKnown(t, l, map[string]string{"E0002": "Email=7", "E0003": "Email=1", "E0009": ""})

	next := plansRows(t, l, "run", numberLoginEmail, person(2))
	wantKnown(t, l, map[string]string{"E0002": "Email=7"}) // the person waits
	confirm(t, l, p, "E0002", "Email", "Department")
	wantKnown(t, l, map[string]string{"E0002": "Department=2 Email=1"})
	next = Deliver(t, l, next)
	next.Verdict = export.VerdictPartial
	OK(t, l.Settle(next, export.Applied, []export.RowResult{{PartRow: 1, Outcome: export.Rejected, Faults: export.Faults{{Message: "no"}}}}))
	wantKnown(t, l, map[string]string{"E0002": "Department=2", "E0003": "Email=1"})
	if b := Must[*baseline.Store](t)(l.Baselines()); b.Len() != 2 {
		t.Errorf("of %d people something is known", b.Len())
	}
}

func unknownColumns(t *world) {
	l := t.open()
	confirm(t, l, sends(t, l, "run", numberLoginEmail, person(2)), "E0002", "Email", "Department")
	sends(t, l, "run", nil, person(2))
	wantKnown(t, l, map[string]string{"E0002": ""})
}

// onlyTheLastConfirms: A, then B, then A again; what is confirmed late of an earlier part is not known.
func onlyTheLastConfirms(t *world) {
	l := t.open()
	first := sends(t, l, "run", numberLoginEmail, person(2), person(3))
	second := sends(t, l, "run", []string{"Employee Number", "Department"}, person(2))
	confirm(t, l, first, "E0002", "Email")
	confirm(t, l, first, "E0003", "Email")
	wantKnown(t, l, map[string]string{"E0002": "", "E0003": "Email=1"})
	confirm(t, l, second, "E0002", "Department")
	wantKnown(t, l, map[string]string{"E0002": "Department=1"})
	OK(t, l.Confirm(second.ID, []export.Confirmed{ // the order of two rows in one file is not certain
		{Key: "E0002", Columns: []string{"Department"}, Hashes: []export.CellHash{3}},
		{Key: "E0002", Columns: []string{"Department"}, Hashes: []export.CellHash{4}},
	}))
	wantKnown(t, l, map[string]string{"E0002": ""})
}

// sharedNames: the row of another person under the same number or login may have changed the same account.
func sharedNames(t *world) {
	for _, name := range []func(*export.RowResult){
		func(r *export.RowResult) { r.First = "E0002" },
		func(r *export.RowResult) { r.Login = " U2" },
	} {
		t.each("", func(t *world) {
			l := t.open()
			p := sends(t, l, "run", numberLoginEmail, person(2), person(3))
			confirm(t, l, p, "E0002", "Email", "Department")
			confirm(t, l, p, "E0003", "Email")
			other := person(9)
			name(&other)
			sends(t, l, "run", numberLoginEmail, other)
			wantKnown(t, l, map[string]string{"E0002": "Department=2", "E0003": "Email=1"})
			confirm(t, l, p, "E0002", "Email")
			wantKnown(t, l, map[string]string{"E0002": "Department=2"})
		})
	}
	t.each("a number is no number of Coupa's", func(t *world) {
		l := t.open()
		confirm(t, l, sends(t, l, "run", numberLoginEmail, person(2)), "E0002", "Email")
		other := person(9)
		other.First = "E0002"
		sends(t, l, "run", []string{"Id", "Email"}, other)
		wantKnown(t, l, map[string]string{"E0002": "Email=1"})
	})
}

func droppedPeople(t *world) {
	for about, row := range map[string]export.RowResult{
		"by number":           {Key: "E0002", First: "E0002", Login: "renamed"},
		"by login":            {Key: "E9999", First: "E9999", Login: "U2"},
		"by first":            {Key: "E9999", First: "E0002", Login: "renamed"},
		"under HR's own name": {Key: "77", First: "77", Login: "u2"},
	} {
		t.each(about, func(t *world) {
			l := t.open()
			p := sends(t, l, "run", numberLoginEmail, person(2), person(3))
			confirm(t, l, p, "E0002", "Email", "Department")
			confirm(t, l, p, "E0003", "Email")
			row.Origin, row.Lines, row.Outcome = export.Origin{File: "d.csv", Line: 2}, 1, export.Pending
			d := sends(t, l, "drop", numberLoginEmail, row)
			wantKnown(t, l, map[string]string{"E0002": "Department=2", "E0003": "Email=1", "E9999": ""})
			confirm(t, l, d, "E0002", "Email")
			confirm(t, l, p, "E0002", "Email")
			wantKnown(t, l, map[string]string{"E0002": "Department=2"})
		})
	}
}

func strayRows(t *world) {
	stray := export.RowResult{Key: "281", First: "281", Login: "nobody", Origin: export.Origin{File: "d.csv", Line: 2}, Lines: 1, Outcome: export.Pending}
	prepare := func(t *world) ledger.Ledger {
		l := t.open()
		confirm(t, l, sends(t, l, "run", numberLoginEmail, person(2)), "E0002", "Email", "Department")
		byID := person(3)
		byID.First = "17"
		confirm(t, l, sends(t, l, "run", []string{"Id", "Login", "Email"}, byID), "E0003", "Email", "Department")
		return l
	}
	t.each("by Coupa's number", func(t *world) {
		l := prepare(t)
		sends(t, l, "drop", []string{"Id", "Login", "Email"}, stray)
		wantKnown(t, l, map[string]string{"E0002": "Department=2", "E0003": "Department=2 Email=1"})
	})
	t.each("by HR's number", func(t *world) {
		l := prepare(t)
		sends(t, l, "drop", numberLoginEmail, stray)
		wantKnown(t, l, map[string]string{"E0002": "Department=2 Email=1", "E0003": "Department=2"})
	})
}

func confirmedByAPI(t *world) {
	l := t.open()
	csv := sends(t, l, "run", numberLoginEmail, person(2), person(3), person(4), person(5))
	for line := 2; line < 6; line++ {
		confirm(t, l, csv, fmt.Sprintf("E%04d", line), "Email", "Department")
	}
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	id := Must[int64](t)(tx.AddPart(export.Part{Name: "a.jsonl", Route: export.ByAPI, Rows: 4, Columns: export.CarriedColumns([]string{"Id", "Login", "Email"})}, []byte("bytes")))
	for i := 1; i <= 4; i++ {
		r := Row(id, i, i+1, export.Pending)
		r.First = fmt.Sprint(100 + i)
		OK(t, tx.AddRow(r))
	}
	OK(t, tx.Commit(export.PlanSum{Input: 4}))
	p := Must[[]export.Part](t)(l.Parts(run))[0]
	p.State = export.Loading
	OK(t, l.Move(p))
	email := func(key string, h export.CellHash) export.Confirmed {
		return export.Confirmed{Key: key, Columns: []string{"Email"}, Hashes: []export.CellHash{h}}
	}
	end := func(row int, outcome export.Outcome, c export.Confirmed) {
		t.Helper()
		OK(t, l.EndWrite(export.Write{Part: p.ID, PartRow: row, CoupaID: fmt.Sprint(200 + row), Answered: Noon, Confirmed: c}, export.RowResult{Outcome: outcome}))
	}
	end(1, export.Applied, email("E0002", 5))
	end(2, export.Rejected, export.Confirmed{})
	end(3, export.Unchanged, email("E0004", 6))
	OK(t, l.BeginWrite(export.Write{Part: p.ID, PartRow: 4, CoupaID: "204"}))
	wantKnown(t, l, map[string]string{
		"E0002": "Department=2 Email=5", "E0003": "Department=2", "E0004": "Department=2 Email=6", "E0005": "Department=2 Email=1",
	})
	OK(t, l.Settle(p, export.Applied, nil)) // a person's word about the row without an answer
	want := map[string]string{"E0002": "Department=2 Email=5", "E0003": "Department=2", "E0004": "Department=2 Email=6", "E0005": "Department=2"}
	wantKnown(t, l, want)
	confirm(t, l, csv, "E0004", "Email")
	wantKnown(t, l, want)

	other := person(9)
	other.First = "201" // the number of the user of E0002, by which a later row names someone else
	sends(t, l, "run", []string{"Id", "Email"}, other)
	want["E0002"] = "Department=2"
	wantKnown(t, l, want)
}

func wordConfirmsNothing(t *world) {
	l := t.open()
	confirm(t, l, sends(t, l, "run", numberLoginEmail, person(2)), "E0002", "Email")
	p := Deliver(t, l, plansRows(t, l, "run", numberLoginEmail, person(2)))
	p.State = export.Stalled
	OK(t, l.Move(p))
	p.Verdict = export.VerdictByHand
	OK(t, l.Settle(p, export.Applied, nil))
	wantKnown(t, l, map[string]string{"E0002": ""})
}

func families(t *world) {
	l := t.open()
	confirm(t, l, sends(t, l, "run", numberLoginEmail, person(2)), "E0002", "Default Address City", "Default Account Code Segment-1", "Email", "Default Currency")
	sends(t, l, "run", []string{"Employee Number", "Remove Default Address"}, person(2))
	wantKnown(t, l, map[string]string{"E0002": "Default Account Code Segment-1=2 Default Currency=4 Email=3"})
	sends(t, l, "run", []string{"Employee Number", "Default Chart of Accounts Name"}, person(2))
	wantKnown(t, l, map[string]string{"E0002": "Default Currency=4 Email=3"})
}

func newKey(t *world) {
	l := t.open()
	if mark := Must[string](t)(l.KeyMark()); mark != "" {
		t.Errorf("a new ledger has the key %s", mark)
	}
	OK(t, l.NewKey("aa", ""))
	p := sends(t, l, "run", numberLoginEmail, person(2))
	confirm(t, l, p, "E0002", "Email")
	OK(t, l.NewKey("bb", "A. Admin"))
	if mark := Must[string](t)(l.KeyMark()); mark != "bb" {
		t.Errorf("the mark is %s", mark)
	}
	wantKnown(t, l, map[string]string{"E0002": ""})
	confirm(t, l, p, "E0002", "Email")
	wantKnown(t, l, map[string]string{"E0002": "Email=1"})
	OK(t, l.ForgetBaselines())
	wantKnown(t, l, map[string]string{"E0002": ""})
}

func forgetBaseline(t *world) {
	l := t.locked()
	p := sends(t, l, "run", numberLoginEmail, person(2), person(3))
	confirm(t, l, p, "E0002", "Email")
	confirm(t, l, p, "E0003", "Email")
	Must[ledger.Forgotten](t)(l.Forget("E0002"))
	confirm(t, l, p, "E0002", "Email")
	wantKnown(t, l, map[string]string{"E0002": "", "E0003": "Email=1"})
	t.wantSound()
}

// sees plans people whose rows are equal, each with the same columns seen, which have the hashes 1, 2 and so on.
func sees(t *world, l ledger.Ledger, command string, columns []string, rows ...export.RowResult) string {
	t.Helper()
	run := Begin(t, l, command)
	tx := Plan(t, l, run)
	for _, r := range rows {
		OK(t, tx.AddRow(equalRow(r, columns)))
	}
	OK(t, tx.Commit(export.PlanSum{Input: len(rows)}))
	return run
}

// equalRow makes a row that was found equal, of Coupa's user 100 and some, unless it names another.
func equalRow(r export.RowResult, columns []string) export.RowResult {
	seen := export.Confirmed{Columns: columns, CoupaID: fmt.Sprint(100 + r.Origin.Line), Number: r.First}
	if r.Seen != nil {
		seen.CoupaID = r.Seen.CoupaID
	}
	for i := range columns {
		seen.Hashes = append(seen.Hashes, export.CellHash(i+1))
	}
	r.Part, r.PartRow, r.Outcome, r.Seen = 0, 0, export.Unchanged, &seen
	return r
}

func seenIsKnown(t *world) {
	l := t.open()
	confirm(t, l, sends(t, l, "run", numberLoginEmail, person(3)), "E0003", "Login", "Email")
	t.now = Noon.Add(Day)
	run := sees(t, l, "run", []string{"Email", "Department"}, person(2), person(3))
	wantKnown(t, l, map[string]string{"E0002": "Department=2 Email=1", "E0003": "Department=2 Email=1 Login=1", "E0004": ""})
	seen := ledger.Sighting{Run: run, At: t.now, Columns: []string{"Email", "Department"}}
	wantSightings(t, l, map[string]ledger.Sighting{"E0002": seen, "E0003": seen})

	t.now = Noon.Add(2 * Day)
	next := sees(t, l, "run", []string{"Email"}, person(2))
	wantKnown(t, l, map[string]string{"E0002": "Department=2 Email=1"})
	wantSightings(t, l, map[string]ledger.Sighting{"E0002": {Run: next, At: t.now, Columns: []string{"Email"}}, "E0003": seen})

	sees(t, l, "drop", []string{"Email"}, person(7)) // its keys need not be HR's
	wantKnown(t, l, map[string]string{"E0007": ""})
	t.wantSound()
}

func wantSightings(t *world, l ledger.Ledger, want map[string]ledger.Sighting) {
	t.Helper()
	if d := cmp.Diff(want, Must[map[string]ledger.Sighting](t)(l.Sightings([]string{"E0002", "E0003", "E0099"}))); d != "" {
		t.Errorf("seen (-want +got):\n%s", d)
	}
}

func seenBecomesUnknown(t *world) {
	columns := []string{"Email", "Department"}
	t.each("when a row is sent, whatever becomes of it", func(t *world) {
		l := t.open()
		sees(t, l, "run", columns, person(2), person(3))
		p := Deliver(t, l, plansRows(t, l, "run", numberLoginEmail, person(2)))
		p.Verdict = export.VerdictPartial
		OK(t, l.Settle(p, export.Applied, []export.RowResult{{PartRow: 1, Outcome: export.Rejected}}))
		wantKnown(t, l, map[string]string{"E0002": "Department=2", "E0003": "Department=2 Email=1"})
	})
	t.each("when an older part is read back and has drifted", func(t *world) {
		l := t.open()
		p := sends(t, l, "run", numberLoginEmail, person(2), person(3))
		sees(t, l, "run", columns, person(2), person(3))
		OK(t, l.Confirm(p.ID, []export.Confirmed{
			{Key: "E0002", Columns: []string{"Login", "Department"}, Hashes: []export.CellHash{9, 9}, Unknown: []string{"Email"}},
			{Key: "E0003", Columns: []string{"Email"}, Hashes: []export.CellHash{1}},
		}))
		wantKnown(t, l, map[string]string{"E0002": "", "E0003": "Department=2 Email=1"})
	})
	t.each("when the row of another person has a name of theirs", func(t *world) {
		l := t.open()
		sees(t, l, "run", columns, person(2), person(3))
		other := person(9)
		other.First = "102"
		sends(t, l, "run", []string{"Id", "Email"}, other)
		wantKnown(t, l, map[string]string{"E0002": "Department=2", "E0003": "Department=2 Email=1"})
		sees(t, l, "run", columns, person(2)) // the names of everyone are in memory by now
		sees(t, l, "run", columns, person(4))
		dropped := export.RowResult{Key: "x", First: "x", Login: "u4", Origin: export.Origin{File: "d.csv", Line: 2}, Lines: 1, Outcome: export.Pending}
		sends(t, l, "drop", []string{"Login", "Department"}, dropped)
		wantKnown(t, l, map[string]string{"E0002": "Department=2 Email=1", "E0004": "Email=1"})
	})
	t.each("with the key, and with the person", func(t *world) {
		l := t.locked()
		OK(t, l.NewKey("aa", ""))
		sees(t, l, "run", columns, person(2), person(3))
		Must[ledger.Forgotten](t)(l.Forget("E0002"))
		wantKnown(t, l, map[string]string{"E0002": "", "E0003": "Department=2 Email=1"})
		if left := Must[map[string]ledger.Sighting](t)(l.Sightings([]string{"E0002"})); len(left) > 0 {
			t.Errorf("of a person who is forgotten, %v is left", left)
		}
		OK(t, l.NewKey("bb", "A"))
		wantKnown(t, l, map[string]string{"E0003": ""})
		sees(t, l, "run", columns, person(3))
		OK(t, l.ForgetBaselines())
		wantKnown(t, l, map[string]string{"E0003": ""})
		t.wantSound()
	})
}

// seenElsewhere: what was known of a person's account says nothing of another one.
func seenElsewhere(t *world) {
	l := t.open()
	sees(t, l, "run", []string{"Email", "Department"}, person(2), person(3))
	other := person(2)
	other.Seen = &export.Confirmed{CoupaID: "555"}
	sees(t, l, "run", []string{"Email"}, other)
	wantKnown(t, l, map[string]string{"E0002": "Email=1", "E0003": "Department=2 Email=1"})
}

func seenWithItsPlan(t *world) {
	l := t.open()
	fill := func(tx export.PlanTx, lines ...int) {
		for _, line := range lines {
			OK(t, tx.AddRow(equalRow(person(line), []string{"Email"})))
		}
	}
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	fill(tx, 2, 3)
	tx.Rollback()
	wantKnown(t, l, map[string]string{"E0002": ""})
	tx = Plan(t, l, run)
	fill(tx, 2, 3)
	OK(t, tx.Restart())
	fill(tx, 3)
	OK(t, tx.Commit(export.PlanSum{Input: 1}))
	wantKnown(t, l, map[string]string{"E0002": "", "E0003": "Email=1"})

	tx = Plan(t, l, Begin(t, l, "run"))
	broken := equalRow(person(2), []string{"Email"})
	broken.Seen.Hashes = nil
	WantErr(t, tx.AddRow(broken), "1 columns have 0 hashes")
	tx.Rollback()
	t.wantSound()
}

func confirmRefuses(t *world) {
	l := t.open()
	p := plansRows(t, l, "run", numberLoginEmail, person(2))
	WantErr(t, l.Confirm(p.ID, nil), "is planned", "only a settled part")
	WantErr(t, l.Confirm(77, nil), "no part with id 77")
	Settled(t, l, p)
	confirm(t, l, p, "E0002", "Email")
	WantErr(t, l.Confirm(p.ID, []export.Confirmed{
		{Key: "E0002", Columns: []string{"Email"}, Hashes: []export.CellHash{9}}, {Key: "E0002", Columns: []string{"Login"}},
	}), "1 columns have 0 hashes")
	wantKnown(t, l, map[string]string{"E0002": "Email=1"})
}
