package planning_test

import (
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/planning/planningtest"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// inCoupa returns one of Coupa's users with a login.
func inCoupa(id, login string) export.User {
	u := export.User{ID: id, Values: map[string]export.Value{}}
	for _, c := range []string{"Login", "Email", "First Name", "Last Name"} {
		e, _ := coupa.Element(c)
		u.Values[e.Path] = export.Value{Text: login}
	}
	return u
}

// TestCompletedRowWaits: a person who is known to wait only by Coupa's values waits too, and the record is kept.
func TestCompletedRowWaits(t *testing.T) {
	b := &planningtest.Batch{Mapping: planningtest.People5, Element: coupa.Element, Feed: map[string]string{"users.csv": "id,login,mail,first,last\nE1,,,,Archer\nE2,,,,Bow\n"},
		Found: map[string]export.User{"E1": inCoupa("11", "ann@x.example"), "E2": inCoupa("12", "bob@x.example")}}
	p, err := b.Planner(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]*baseline.Waiting{
		"by login": {Logins: map[string]string{"ann@x.example": "part"}},
		"by Id":    {Firsts: map[string]string{"11": "part"}},
	} {
		p.Waiting = w
		k, err := planningtest.Take(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if len(k.Kept) != 1 || len(k.Loose) != 1 || k.Loose[0].Key != "E1" || k.Loose[0].Outcome != export.Pending || k.Plan.Rows != 1 {
			t.Errorf("%s: kept %v, loose %v", name, k.Kept, k.Loose)
		}
	}
}

// TestProtectedInCoupa: a login that neither HR nor the ledger knows still protects its account.
func TestProtectedInCoupa(t *testing.T) {
	b := &planningtest.Batch{Mapping: planningtest.People5, Element: coupa.Element, Feed: map[string]string{"users.csv": "id,login,mail,first,last\nE1,ann,ann@x.example,Ann,Archer\n"},
		Found: map[string]export.User{"E1": inCoupa("11", "admin.ann")}}
	p, err := b.Planner(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p.Protects = func(_, login, known string) *export.Protection {
		if strings.HasPrefix(login, "admin") || strings.HasPrefix(known, "admin") {
			return &export.Protection{Why: "an administrator", Owner: "it@acme.example"}
		}
		return nil
	}
	k, err := planningtest.Take(t.Context(), p)
	if err != nil || len(k.Loose) != 1 || k.Loose[0].Faults.Text() != "an administrator" || k.Loose[0].Faults.Owner() != "it@acme.example" {
		t.Errorf("%+v, %v", k, err)
	}
}
