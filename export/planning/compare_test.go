package planning_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/planning/planningtest"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// confirmed makes baselines of one person, E1, from columns and their last confirmed texts.
func confirmed(t *testing.T, key baseline.HashKey, texts map[string]string) *baseline.Store {
	t.Helper()
	var columns []string
	var hashes strings.Builder
	for column, text := range texts {
		e, _ := coupa.Element(column)
		e.Column = column
		cell := export.Cell{Text: text, State: export.Set}
		if text == "" {
			cell.State = export.Clear
		}
		h, ok := key.Hash(e, cell)
		if !ok {
			t.Fatalf("%s has no hash", column)
		}
		columns = append(columns, column)
		for shift := 56; shift >= 0; shift -= 8 {
			hashes.WriteByte(byte(h >> shift))
		}
	}
	all := baseline.NewStore(1)
	if err := all.Add("E1", "shape", func() ([]string, error) { return columns, nil }, hashes.String()); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestComparedWithTheLedger: without Coupa a row is compared with what was last confirmed.
func TestComparedWithTheLedger(t *testing.T) {
	key, err := baseline.NewHashKey(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string]string{"Login": "ann", "Email": "ann@x.example", "First Name": "Ann", "Last Name": "Archer", "Employee Number": "E1"}
	with := func(column, text string) map[string]string {
		out := map[string]string{column: text}
		for c, v := range whole {
			if c != column {
				out[c] = v
			}
		}
		return out
	}
	without := func(column string) map[string]string {
		out := with(column, "")
		delete(out, column)
		return out
	}
	for name, c := range map[string]struct {
		was   map[string]string
		full  bool
		kinds []string // nil: the row is unchanged
	}{
		"as confirmed":                  {was: whole},
		"as confirmed, and all is sent": {was: whole, full: true, kinds: []string{}},
		"a login in capitals":           {was: with("Login", "ANN")},
		"another last name":             {was: with("Last Name", "Bow"), kinds: []string{"other"}},
		"another login":                 {was: with("Login", "bob"), kinds: []string{"login"}},
		"a first e-mail address":        {was: with("Email", ""), kinds: []string{"filled"}},
		"an e-mail address unknown":     {was: without("Email"), kinds: []string{"email", "unchecked"}},
		"another number, the key":       {was: with("Employee Number", "E9"), kinds: []string{"number"}},
		"the key unknown":               {was: without("Employee Number"), kinds: []string{"unchecked"}},
		"nothing known":                 {kinds: []string{"login", "email", "other", "unchecked"}},
	} {
		b := &planningtest.Batch{Mapping: planningtest.People5, Element: coupa.Element, Feed: map[string]string{"users.csv": "id,login,mail,first,last\nE1,ann,ann@x.example,Ann,Archer\n"}}
		p, err := b.Planner(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		p.Compare, p.HashKey, p.Full = coupa.Element, key, c.full
		if c.was != nil {
			p.Confirmed = confirmed(t, key, c.was)
		}
		k, err := planningtest.Take(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if c.kinds == nil {
			if k.Plan.Rows != 0 || k.Plan.Unchanged != 1 || len(k.Loose) != 1 || k.Loose[0].Outcome != export.Unchanged {
				t.Errorf("%s: %d rows, %d unchanged", name, k.Plan.Rows, k.Plan.Unchanged)
			}
			continue
		}
		got := []string{}
		for _, kind := range k.Parts[0].Lines[0].Kinds.List() {
			got = append(got, kind.String())
		}
		slices.Sort(got)
		slices.Sort(c.kinds)
		if d := cmp.Diff(c.kinds, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}

	// a key that the hashes were not made with is not used: the ledger refuses it before
	b := &planningtest.Batch{Mapping: planningtest.People5, Element: coupa.Element, Feed: map[string]string{"users.csv": "id,login,mail,first,last\nE1,ann,ann@x.example,Ann,Archer\n"}}
	p, err := b.Planner(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p.Compare, p.Confirmed = coupa.Element, confirmed(t, key, whole)
	if k, err := planningtest.Take(t.Context(), p); err != nil || k.Plan.Unchanged != 0 || k.Plan.Changes.ByKind[export.ChangeUnchecked] != 1 {
		t.Errorf("without a key: %+v, %v", k.Plan, err)
	}
}

// TestStatusAndRolesComparedWithTheLedger: the ledger knows of a value only whether it is another one, or none. Of a status that is
// enough; of a list it is not known what is lost, unless there was none.
func TestStatusAndRolesComparedWithTheLedger(t *testing.T) {
	key, err := baseline.NewHashKey(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	always := func(string) bool { return true }
	is := func(want string) func(string) bool { return func(role string) bool { return role == want } }
	waiting := &baseline.Waiting{Keys: map[string]string{"E1": "Users_1.csv"}}
	for name, c := range map[string]struct {
		status, roles string // what was confirmed
		says          string // the row: status,roles
		rules         export.RoleRules
		waiting       *baseline.Waiting
		kinds         string // of the row; "" for none
		outcome       export.Outcome
	}{
		"as confirmed":                           {status: "active", roles: "User", says: "active,User", outcome: export.Unchanged},
		"as confirmed, behind an earlier row":    {status: "active", roles: "User", says: "active,User", waiting: waiting, outcome: export.Pending},
		"it comes back":                          {status: "inactive", roles: "User", says: "active,User", kinds: "reactivation"},
		"it leaves":                              {status: "active", roles: "User", says: "inactive,User", kinds: "deactivation"},
		"a first role":                           {status: "active", says: "active,User", kinds: "role_given"},
		"other roles":                            {status: "active", roles: "User", says: "active,Buyer", kinds: "role_taken"},
		"a role that was asked for before":       {status: "inactive", roles: "Buyer", says: "active,Buyer", rules: export.RoleRules{Ask: always}, kinds: "reactivation"},
		"a role to be asked for":                 {status: "active", roles: "User", says: "active,Buyer", rules: export.RoleRules{Ask: is("Buyer")}, kinds: "role_taken role_asked"},
		"a role of never, confirmed":             {status: "inactive", roles: "Admin", says: "active,Admin", rules: export.RoleRules{Never: is("Admin")}, kinds: "reactivation"},
		"a role of never, beside another":        {status: "active", roles: "User", says: "active,\"Admin,User\"", rules: export.RoleRules{Never: is("Admin")}, outcome: export.Quarantined},
		"a role of never, of someone who leaves": {status: "active", roles: "User", says: "inactive,Admin", rules: export.RoleRules{Never: is("Admin")}, kinds: "deactivation"},
	} {
		b := &planningtest.Batch{
			Mapping: planningtest.People5 + "Status = status\nUser Role Names = replace(roles)\n", Element: coupa.Element,
			Feed: map[string]string{"users.csv": "id,login,mail,first,last,status,roles\nE1,ann,ann@x.example,Ann,Archer," + c.says + "\n"},
		}
		p, err := b.Planner(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range []*func(string) bool{&c.rules.Never, &c.rules.Ask} {
			if *match == nil {
				*match = func(string) bool { return false }
			}
		}
		p.Compare, p.HashKey, p.Roles, p.Waiting = coupa.Element, key, &c.rules, c.waiting
		p.Confirmed = confirmed(t, key, map[string]string{
			"Login": "ann", "Email": "ann@x.example", "First Name": "Ann", "Last Name": "Archer", "Employee Number": "E1", "Status": c.status, "User Role Names": c.roles,
		})
		k, err := planningtest.Take(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if c.kinds == "" {
			if k.Plan.Rows != 0 || len(k.Loose) != 1 || k.Loose[0].Outcome != c.outcome {
				t.Errorf("%s: %d rows, %+v", name, k.Plan.Rows, k.Loose)
			}
			continue
		}
		if len(k.Parts) != 1 {
			t.Errorf("%s: nothing goes: %+v", name, k.Loose)
			continue
		}
		var got []string
		for _, kind := range k.Parts[0].Lines[0].Kinds.List() {
			got = append(got, kind.String())
		}
		if d := cmp.Diff(c.kinds, strings.Join(got, " ")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		for _, cell := range k.Parts[0].Lines[0].Change.Cells {
			if gave := c.roles == "" && cell.Column == export.ColumnRoles; !gave && len(cell.Gained)+len(cell.Lost) > 0 {
				t.Errorf("%s: %s says what is gained or lost: %+v", name, cell.Column, cell)
			}
		}
	}
}
