package planning_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/planning/planningtest"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// TestTrusting: a person whose row equals what was last confirmed is not noted to be asked about, and is unchanged though Coupa
// said nothing of them. Everyone else is noted.
func TestTrusting(t *testing.T) {
	key, err := baseline.NewHashKey(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	took := func(login string) *baseline.Store {
		cells := map[string]string{"Login": login, "Email": "ann@x.example", "First Name": "Ann", "Last Name": "Archer", "Employee Number": "E1"}
		if login == "" { // it was sent, and then it drifted
			delete(cells, "Login")
		}
		return confirmed(t, key, cells)
	}
	for name, c := range map[string]struct {
		rows        string
		full, exact bool
		several     export.Several
		was         *baseline.Store
		asked       bool
	}{
		"as confirmed":                  {rows: "E1,ann,ann@x.example,Ann,Archer\n"},
		"in another case":               {rows: "E1,ANN,ann@x.example,Ann,Archer\n"},
		"another case counts":           {rows: "E1,ANN,ann@x.example,Ann,Archer\n", exact: true, asked: true},
		"a value that HR leaves out":    {rows: "E1,ann,,Ann,Archer\n"},
		"another last name":             {rows: "E1,ann,ann@x.example,Ann,Bow\n", asked: true},
		"everyone is sent":              {rows: "E1,ann,ann@x.example,Ann,Archer\n", full: true, asked: true},
		"sent last and drifted":         {rows: "E1,ann,ann@x.example,Ann,Archer\n", was: took(""), asked: true},
		"sent last and never confirmed": {rows: "E1,ann,ann@x.example,Ann,Archer\n", was: took("bea"), asked: true},
		"nothing was confirmed":         {rows: "E2,bob,bob@x.example,Bob,Bow\n", asked: true},
		"two records, together as ever": {rows: "E1,ann,ann@x.example,Ann,Archer\nE1,ann,,,Archer\n", several: export.SeveralLater},
	} {
		b := &planningtest.Batch{Mapping: planningtest.People5, Element: coupa.Element, Several: c.several, Creates: true, Found: map[string]export.User{},
			Known: map[string]export.Person{"E1": {Login: "ann"}}, Feed: map[string]string{"users.csv": "id,login,mail,first,last\n" + c.rows}}
		p, err := b.Planner(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		p.Compare, p.Confirmed, p.HashKey, p.Trusting, p.Full, p.ExactCase = coupa.Element, cmp.Or(c.was, took("ann")), key, true, c.full, c.exact
		look := *p
		asked := map[string]bool{}
		look.Workers, look.Answers, look.Notes = 1, nil, func(key string, _ *export.Row) { asked[strings.Clone(key)] = true }
		if _, err := planningtest.Take(t.Context(), &look); err != nil {
			t.Fatal(err)
		}
		if !c.asked {
			b.Unasked = []string{"E1"}
		}
		k, err := planningtest.Take(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if (len(asked) > 0) != c.asked || (k.Plan.SameByLedger == 0) != c.asked || c.asked && k.Plan.Creates != 1 {
			t.Errorf("%s: asked about %v; %d unchanged by the ledger, %d creates", name, asked, k.Plan.SameByLedger, k.Plan.Creates)
		}
	}
}

// TestTrustedDoNotDelay: a person about whom Coupa was not asked is no new user whose reports have to wait.
func TestTrustedDoNotDelay(t *testing.T) {
	b := &planningtest.Batch{Mapping: planningtest.People5 + "Approver Login = boss\n", Element: coupa.Element, Creates: true, Found: map[string]export.User{"E2": inCoupa("12", "bob")},
		Known: map[string]export.Person{"E1": {Login: "ann"}}, Feed: map[string]string{"users.csv": "id,login,mail,first,last,boss\nE1,ann,ann@x.example,Ann,Archer,\nE2,bob,bob@x.example,Bob,Bow,ann\n"}}
	for unasked, waves := range map[string]int{"": 2, "E1": 1} {
		b.Unasked = []string{unasked}
		p, err := b.Planner(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		p.Trusting = true
		k, err := planningtest.Take(t.Context(), p)
		if err != nil || k.Plan.Waves != waves {
			t.Errorf("not asked about %q: %d waves, want %d: %v", unasked, k.Plan.Waves, waves, err)
		}
	}
}
