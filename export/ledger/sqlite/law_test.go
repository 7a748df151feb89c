package sqlite

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// account is a user of the Coupa in the law test. Only rows of the ledger change it.
type account struct {
	id, number string
	values     map[string]string // by column
}

// lawRow is one row on its way.
type lawRow struct {
	result export.RowResult
	number string // by which Coupa finds the account; "": by id
	id     string
	cells  map[string]string
	wrote  bool // Coupa has done as told
}

// lawPart is a part that is not settled, or not confirmed yet.
type lawPart struct {
	part   export.Part
	rows   []*lawRow
	byHand bool
	word   bool // a person has settled it
}

// lawNights are random nights of one ledger.
type lawNights struct {
	*testing.T
	*rand.Rand
	l        *Ledger
	hasher   *baseline.Hasher
	accounts []*account
	numbers  map[string]string // by HR's key: the number of the last row
	open     []*lawPart
	late     []*lawPart // settled, and what they confirm is not recorded yet
	known    int        // hashes that were looked at
	story    []string
}

var lawColumns = []string{"Login", "Email", "Department", "Default Address City", "Default Address Name"}

// TestBaselineLaw: whatever nights come, drops and answers by API, verdicts that are wrong, people who settle, confirmations that are
// late or lost: the ledger never says of a value that Coupa holds it where a row of this ledger has put another one there.
func TestBaselineLaw(t *testing.T) {
	key, err := baseline.NewHashKey(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	for seed := range uint64(lawSeeds) {
		n := &lawNights{
			T: t, Rand: rand.New(rand.NewPCG(seed, 7)), l: open(t, t.TempDir()+"/ledger"), hasher: key.Hasher(), numbers: map[string]string{},
		}
		for range 40 {
			n.act()
			if n.check(); t.Failed() {
				t.Fatalf("seed %d:\n%s", seed, strings.Join(n.story, "\n"))
			}
		}
		known += n.known
	}
	if known < 20*lawSeeds {
		t.Errorf("only %d hashes were looked at: the nights are too dull", known)
	}
}

func (n *lawNights) tell(format string, args ...any) {
	n.story = append(n.story, fmt.Sprintf(format, args...))
}

func (n *lawNights) act() {
	switch n.IntN(9) {
	case 0, 1, 2:
		n.send(false)
	case 3:
		n.send(true)
	case 4, 5, 6:
		if len(n.open) > 0 {
			n.settle()
		}
	case 7:
		n.see()
	}
	if n.IntN(2) == 0 {
		n.confirm()
	}
}

// waits reports whether a row's person has a row on its way.
func (n *lawNights) waits(r *lawRow) bool {
	w := ledgertest.Must[*baseline.Waiting](n)(n.l.Waiting())
	_, waits := w.Behind(r.result.Key, r.result.First, r.result.Login)
	return waits || slices.ContainsFunc(n.open, func(p *lawPart) bool {
		return slices.ContainsFunc(p.rows, func(o *lawRow) bool { return n.find(o) != nil && n.find(o) == n.find(r) })
	})
}

// send plans a part of one to three rows and delivers it.
func (n *lawNights) send(byHand bool) {
	p := &lawPart{byHand: byHand}
	api := !byHand && n.IntN(3) == 0
	columns := []string{export.ColumnNumber}
	byID := byHand && n.IntN(3) == 0 && len(n.accounts) > 0
	if byID {
		columns[0] = export.ColumnID
	}
	for _, c := range lawColumns {
		if c == "Login" || n.IntN(2) == 0 {
			columns = append(columns, c)
		}
	}
	for i := range 1 + n.IntN(3) {
		person := n.IntN(5)
		r := &lawRow{number: fmt.Sprint("N", person), cells: map[string]string{}}
		if n.IntN(6) == 0 {
			r.number = fmt.Sprint("N", n.IntN(5)) // another's
		}
		first := r.number
		if byID {
			a := n.accounts[n.IntN(len(n.accounts))]
			r.number, r.id, first = "", a.id, a.id
		}
		for _, c := range columns[1:] {
			r.cells[c] = string(rune('A' + n.IntN(3)))
		}
		r.cells["Login"] = fmt.Sprint("login", person, n.IntN(2))
		r.result = export.RowResult{
			PartRow: i + 1, Lines: 1, Origin: export.Origin{File: "f", Line: i + 2}, Key: fmt.Sprint("K", person), First: first,
			Login: r.cells["Login"], Outcome: export.Pending,
		}
		if byHand {
			r.result.Key = first
		}
		same := func(o *lawRow) bool {
			return o.result.Key == r.result.Key || o.result.First == first || o.result.Login == r.result.Login || n.find(o) != nil && n.find(o) == n.find(r)
		}
		if !slices.ContainsFunc(p.rows, same) && !n.waits(r) {
			r.result.PartRow = len(p.rows) + 1
			p.rows = append(p.rows, r)
		}
	}
	if len(p.rows) == 0 {
		return
	}
	run := ledgertest.Begin(n, n.l, map[bool]string{true: "drop", false: "run"}[byHand])
	tx := ledgertest.Plan(n, n.l, run)
	plan := export.Part{Name: run, Rows: len(p.rows), Columns: export.CarriedColumns(columns)}
	if api {
		plan.Route = export.ByAPI
	}
	id := ledgertest.Must[int64](n)(tx.AddPart(plan, []byte(run)))
	for _, r := range p.rows {
		r.result.Part = id
		ledgertest.OK(n, tx.AddRow(r.result))
		n.tell("%s by hand %v, API %v: %s number %q id %q says %v", run, byHand, api, r.result.Key, r.number, r.id, r.cells)
	}
	ledgertest.OK(n, tx.Commit(export.PlanSum{Input: len(p.rows)}))
	p.part = ledgertest.Must[[]export.Part](n)(n.l.Parts(run))[0]
	if api {
		p.part.State = export.Loading
		ledgertest.OK(n, n.l.Move(p.part))
	} else {
		p.part = ledgertest.Deliver(n, n.l, p.part)
	}
	n.open = append(n.open, p)
}

// see plans a row that Coupa was asked about and that equals the account.
func (n *lawNights) see() {
	person := n.IntN(5)
	r := &lawRow{number: fmt.Sprint("N", person)}
	if n.IntN(6) == 0 {
		r.number = fmt.Sprint("N", n.IntN(5))
	}
	a := n.find(r)
	if a == nil {
		return
	}
	r.result = export.RowResult{
		Lines: 1, Origin: export.Origin{File: "f", Line: 2}, Key: fmt.Sprint("K", person), First: a.id, Login: a.values["Login"], Outcome: export.Unchanged,
		Seen: &export.Confirmed{CoupaID: a.id, Number: a.number},
	}
	w := ledgertest.Must[*baseline.Waiting](n)(n.l.Waiting())
	if _, waits := w.Behind(r.result.Key, r.result.First, r.result.Login); waits {
		return
	}
	for _, c := range lawColumns {
		if c == "Login" || n.IntN(2) == 0 {
			r.result.Seen.Columns, r.result.Seen.Hashes = append(r.result.Seen.Columns, c), append(r.result.Seen.Hashes, n.hash(c, a.values[c]))
		}
	}
	run := ledgertest.Begin(n, n.l, "run")
	tx := ledgertest.Plan(n, n.l, run)
	ledgertest.OK(n, tx.AddRow(r.result))
	ledgertest.OK(n, tx.Commit(export.PlanSum{Input: 1}))
	n.numbers[r.result.Key] = r.number
	n.tell("%s sees %s by number %q in account %s: %v", run, r.result.Key, r.number, a.id, r.result.Seen.Columns)
}

// find returns the account that Coupa finds for a row.
func (n *lawNights) find(r *lawRow) *account {
	for _, a := range n.accounts {
		if r.id != "" && a.id == r.id || r.id == "" && a.number == r.number {
			return a
		}
	}
	return nil
}

// load is what Coupa does with a row.
func (n *lawNights) load(r *lawRow) {
	a := n.find(r)
	taken := slices.ContainsFunc(n.accounts, func(o *account) bool { return o != a && o.values["Login"] == r.cells["Login"] })
	if taken || n.IntN(4) == 0 {
		return
	}
	if a == nil {
		a = &account{id: fmt.Sprint(100 + len(n.accounts)), number: r.number, values: map[string]string{}}
		n.accounts = append(n.accounts, a)
	}
	maps.Copy(a.values, r.cells)
	r.wrote = true
}

// settle has Coupa load a part, and settles it with a verdict that may be wrong in the ways in which one may be.
func (n *lawNights) settle() {
	i := n.IntN(len(n.open))
	p := n.open[i]
	n.open = slices.Delete(n.open, i, i+1)
	p.word = n.IntN(5) == 0
	rest := []export.Outcome{export.Applied, export.Rejected}[n.IntN(2)] // a person's word
	var results []export.RowResult
	for _, r := range p.rows {
		n.load(r)
		if !p.byHand {
			n.numbers[r.result.Key] = r.number
		}
		r.result.Outcome = export.Applied
		switch { // a row may be accepted without being written, and written while its load failed
		case p.word:
			r.result.Outcome = rest
		case !r.wrote && n.IntN(2) == 0, n.IntN(8) == 0:
			r.result.Outcome = export.Rejected
		case !r.wrote && p.part.Route == export.ByAPI:
			r.result.Outcome = export.Drifted
		}
		n.tell("%s: %s wrote %v, is %s, by a person %v", p.part.Run, r.result.Key, r.wrote, r.result.Outcome, p.word)
		if p.part.Route == export.ByAPI && !p.word {
			w := export.Write{Part: p.part.ID, PartRow: r.result.PartRow, Answered: ledgertest.Noon, Confirmed: n.read(r)}
			if a := n.find(r); a != nil {
				w.CoupaID = a.id
			}
			ledgertest.OK(n, n.l.EndWrite(w, r.result))
		}
		results = append(results, r.result)
	}
	p.part.Verdict = export.VerdictPartial
	if p.word {
		p.part.Verdict, results = export.VerdictByHand, nil
	} else if p.part.Route == export.ByAPI {
		results, rest = nil, export.Pending
	}
	ledgertest.OK(n, n.l.Settle(p.part, rest, results))
	if p.part.Route != export.ByAPI || p.word {
		n.late = append(n.late, p)
	}
}

// read returns what reading a row's user back confirms.
func (n *lawNights) read(r *lawRow) export.Confirmed {
	one := export.Confirmed{Key: r.result.Key}
	a := n.find(r)
	for _, c := range slices.Sorted(maps.Keys(r.cells)) {
		if a != nil && a.values[c] == r.cells[c] {
			one.Columns, one.Hashes = append(one.Columns, c), append(one.Hashes, n.hash(c, r.cells[c]))
		} else {
			one.Unknown = append(one.Unknown, c)
		}
	}
	return one
}

// accepted returns what the acceptance of a row has confirmed when it was written.
func (n *lawNights) accepted(r *lawRow) export.Confirmed {
	one := export.Confirmed{Key: r.result.Key}
	for c, text := range r.cells {
		one.Columns, one.Hashes = append(one.Columns, c), append(one.Hashes, n.hash(c, text))
	}
	return one
}

func (n *lawNights) hash(column, text string) export.CellHash {
	h, _ := n.hasher.Hash(export.ElementCell{Element: export.Element{Column: column}, Cell: export.Cell{Text: text, State: export.Set}})
	return h
}

// confirm records what a settled part has confirmed, soon or late, or loses it.
func (n *lawNights) confirm() {
	if len(n.late) == 0 {
		return
	}
	i := n.IntN(len(n.late))
	p := n.late[i]
	n.late = slices.Delete(n.late, i, i+1)
	if n.IntN(4) == 0 { // the program has died before
		return
	}
	accepting := n.IntN(2) == 0 && !p.word
	var people []export.Confirmed
	for _, r := range p.rows {
		switch {
		case accepting && r.wrote && r.result.Outcome == export.Applied: // a load that says so and has not written is drift, which only reading shows
			people = append(people, n.accepted(r))
		case !accepting:
			people = append(people, n.read(r))
		}
	}
	n.tell("%s confirms, by acceptance %v: %v", p.part.Run, accepting, people)
	ledgertest.OK(n, n.l.Confirm(p.part.ID, people))
}

// check holds what the ledger knows of everyone who could be planned now against Coupa.
func (n *lawNights) check() {
	all := ledgertest.Must[*baseline.Store](n)(n.l.Baselines())
	for key, number := range n.numbers {
		r := &lawRow{number: number, result: export.RowResult{Key: key, First: number}}
		if n.waits(r) {
			continue
		}
		b, _ := all.Of(key)
		a := n.find(r)
		for _, c := range b.Columns() {
			n.known++
			h, _ := b.Of(c)
			if a == nil || n.hash(c, a.values[c]) != h {
				n.Errorf("%s: the ledger says that %s is confirmed, and Coupa holds another value", key, c)
			}
		}
	}
}

var _ ledger.Memory = (*Ledger)(nil)
