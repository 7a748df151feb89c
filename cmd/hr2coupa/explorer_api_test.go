package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
)

// byAPIConfig sends parts by calls, with roles, and with a cell that is cleared.
func byAPIConfig() [][2]string {
	return [][2]string{
		{"route", "api"}, {"coupa.scopes", "[core.integration.read, core.user.read, core.user.write]"},
		{"mapping.columns.User Role Names", "replace(roles)"},
		{"mapping.columns.Mention Name", `if(mention == "-", clear(), mention)`},
	}
}

// changes is a feed for calls: a change, a role that goes, a role that comes, a new person who is an approver, a cell that
// is cleared, a leaver, and a person of whom Coupa has everything already.
const changes = `employee_id,login,work_email,first_name,last_name,boss,status,roles,mention
E1,ann,ann@example.com,Ann,Archer,dan,active,User,
E2,bob,bob@example.com,Bob,Butler,,active,"User,Buyer",
E3,cyd,cyd@example.com,Cyd,Cooper,,active,User,-
E4,dan,dan@example.com,Dan,Draper,,active,"User,Buyer",
E5,eve,eve@example.com,Eve,Eden,,inactive,User,
E6,fay,fay@example.com,Fay,Fox,,active,User,
`

// seeded is what Coupa has before.
const seeded = `{"users": [
 {"id": 2, "login": "ann", "email": "ann@example.com", "firstname": "Ann", "lastname": "Abel", "employee-number": "E1", "active": true, "roles": [{"name": "User"}, {"name": "Buyer"}]},
 {"id": 3, "login": "bob", "email": "bob@example.com", "firstname": "Bob", "lastname": "Baker", "employee-number": "E2", "active": true, "roles": [{"name": "User"}]},
 {"id": 4, "login": "cyd", "email": "cyd@example.com", "firstname": "Cyd", "lastname": "Cooper", "employee-number": "E3", "active": true, "mention-name": "cc", "roles": [{"name": "User"}]},
 {"id": 5, "login": "eve", "email": "eve@example.com", "firstname": "Eve", "lastname": "Eden", "employee-number": "E5", "active": true, "roles": [{"name": "User"}]},
 {"id": 6, "login": "fay", "email": "fay@example.com", "firstname": "Fay", "lastname": "Fox", "employee-number": "E6", "active": true, "roles": [{"name": "User"}]}
]}`

// wanted is what Coupa has in the end: last name, approver, active, roles, and the mention name, which Coupa makes itself
// for a new person.
var wanted = map[string]string{
	"ann": "Archer dan true User ", "bob": "Butler  true Buyer,User ", "cyd": "Cooper  true User ",
	"dan": "Draper  true Buyer,User DanDraper", "eve": "Eden  false User ", "fay": "Fox  true User ",
}

// besideConfig makes a change of the mention name hold the night.
func besideConfig() [][2]string {
	return append(byAPIConfig(), [2]string{"limits.columns.Mention Name", "{count: 0}"})
}

// nightOf and urgentOf are the people of changes who are held at night, and those who go beside them.
func nightOf() string  { return linesOf(changes, func(n int) bool { return n == 0 || n == 3 }) }
func urgentOf() string { return linesOf(changes, func(n int) bool { return n != 3 }) }

func linesOf(text string, in func(n int) bool) (some string) {
	n := 0
	for line := range strings.Lines(text) {
		if in(n) {
			some += line
		}
		n++
	}
	return some
}

// hold has the night held, and approved, before the start that is explored.
func (g *theatre) hold() error {
	e, err := g.start(&tap{}, "run", "--json")
	if err != nil || e.code != export.ExitHeld {
		return errors.Join(err, fmt.Errorf("the night ended with %d, want %d", e.code, export.ExitHeld))
	}
	if g.held, err = g.keeps(); err != nil || g.held == nil {
		return errors.Join(err, errors.New("the night keeps nothing"))
	}
	_, err = g.start(&tap{}, "approve", g.held.Run, "--column", "Mention Name=1", "--by", "A. Person", "--json")
	return err
}

// keeps returns what the ledger keeps for the next plan; nil if it keeps nothing.
func (g *theatre) keeps() (k *ledger.Kept, err error) {
	l, err := sqlite.Open(sqlite.Options{Dir: g.ledger, Now: g.clock})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	k, _, err = l.Kept()
	return k, err
}

// release compares what the night keeps with what it kept before the urgent change, and lets it go: it was approved.
func (g *theatre) release() error {
	k, err := g.keeps()
	if err != nil {
		return err
	}
	if k == nil || k.Run != g.held.Run || k.Records != g.held.Records || k.From(0).Files()[0].SHA256 != g.held.From(0).Files()[0].SHA256 {
		return fmt.Errorf("the night kept %+v, and now %+v is kept", g.held, k)
	}
	if u, _ := g.twin.User("cyd"); u.Text("mention-name") != "cc" {
		return errors.New("a record of the held night has gone")
	}
	e, err := g.start(&tap{}, "run", "--json")
	if err != nil || e.code != export.ExitOK || e.rep.Counts["applied"] != 1 {
		return errors.Join(err, fmt.Errorf("the night was approved and ended with %d: %v", e.code, e.rep.Counts))
	}
	return nil
}

func (w way) feed() string {
	if w.beside {
		return nightOf()
	}
	if w.waits || w.keeps {
		return dated()
	}
	if w.api {
		return changes
	}
	return twoWaves
}

func (w way) people() io.Reader {
	if !w.api {
		return nil
	}
	return strings.NewReader(seeded)
}

// verifyPeople compares what Coupa has in the end with what was asked for, and with the ledger's account.
func (g *theatre) verifyPeople() error {
	open, parts, err := g.look()
	if err != nil {
		return err
	}
	var errs []error
	if len(open) > 0 {
		errs = append(errs, fmt.Errorf("%d parts are open in the end", len(open)))
	}
	created := 0
	for _, p := range parts {
		if p.State == export.Settled && p.Verdict != export.VerdictOK {
			errs = append(errs, fmt.Errorf("%s is %s: %s", p.Name, p.Verdict, p.Notes.Text()))
		}
		created += max(p.Created, 0)
	}
	if created != 1 {
		errs = append(errs, fmt.Errorf("the ledger counts %d created, want 1", created))
	}
	for login, want := range g.way.wanted() {
		u, ok := g.twin.User(login)
		roles := u.Names("roles")
		slices.Sort(roles)
		got := fmt.Sprintf("%s %s %s %s %s", u.Text("lastname"), u.Text("manager", "login"), u.Text("active"), strings.Join(roles, ","), u.Text("mention-name"))
		if !ok || got != want {
			errs = append(errs, fmt.Errorf("%s: Coupa holds %q, want %q", login, got, want))
		}
	}
	return errors.Join(errs...)
}
