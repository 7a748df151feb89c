package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// byAPIConfig lets parts go by calls, with roles, and a cell that is cleared.
func byAPIConfig() [][2]string {
	return [][2]string{
		{"route", "api"}, {"coupa.scopes", "[core.integration.read, core.user.read, core.user.write]"},
		{"mapping.columns.User Role Names", "replace(roles)"},
		{"mapping.columns.Mention Name", `if(mention == "-", clear(), mention)`},
	}
}

// changes is a feed of what calls do: a change, a role that goes, a role that comes, somebody new who is somebody's
// approver, a cell that is cleared, a leaver, and somebody of whom Coupa holds everything.
const changes = `employee_id,login,work_email,first_name,last_name,boss,status,roles,mention
E1,ann,ann@example.com,Ann,Archer,dan,active,User,
E2,bob,bob@example.com,Bob,Butler,,active,"User,Buyer",
E3,cyd,cyd@example.com,Cyd,Cooper,,active,User,-
E4,dan,dan@example.com,Dan,Draper,,active,"User,Buyer",
E5,eve,eve@example.com,Eve,Eden,,inactive,User,
E6,fay,fay@example.com,Fay,Fox,,active,User,
`

// seeded is what Coupa holds before.
const seeded = `{"users": [
 {"id": 2, "login": "ann", "email": "ann@example.com", "firstname": "Ann", "lastname": "Abel", "employee-number": "E1", "active": true, "roles": [{"name": "User"}, {"name": "Buyer"}]},
 {"id": 3, "login": "bob", "email": "bob@example.com", "firstname": "Bob", "lastname": "Baker", "employee-number": "E2", "active": true, "roles": [{"name": "User"}]},
 {"id": 4, "login": "cyd", "email": "cyd@example.com", "firstname": "Cyd", "lastname": "Cooper", "employee-number": "E3", "active": true, "mention-name": "cc", "roles": [{"name": "User"}]},
 {"id": 5, "login": "eve", "email": "eve@example.com", "firstname": "Eve", "lastname": "Eden", "employee-number": "E5", "active": true, "roles": [{"name": "User"}]},
 {"id": 6, "login": "fay", "email": "fay@example.com", "firstname": "Fay", "lastname": "Fox", "employee-number": "E6", "active": true, "roles": [{"name": "User"}]}
]}`

// wanted is what Coupa holds in the end: last name, approver, active, roles, and the mention name, which Coupa makes itself
// for somebody new.
var wanted = map[string]string{
	"ann": "Archer dan true User ", "bob": "Butler  true Buyer,User ", "cyd": "Cooper  true User ",
	"dan": "Draper  true Buyer,User DanDraper", "eve": "Eden  false User ", "fay": "Fox  true User ",
}

func (w way) feed() string {
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

// verifyPeople holds what Coupa holds in the end against what was asked, and the ledger's account against it.
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
			errs = append(errs, fmt.Errorf("%s is %s: %s", p.Name, p.Verdict, p.Note))
		}
		created += max(p.Created, 0)
	}
	if created != 1 {
		errs = append(errs, fmt.Errorf("the ledger counts %d created, want 1", created))
	}
	for login, want := range wanted {
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
