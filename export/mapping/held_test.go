package mapping

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

var coupaColumns = func() Coupa {
	kinds := map[string]export.ElementKind{
		"Col": export.KindNames, "User Role Names": export.KindNames, "Content Groups": export.KindNames, "Status": export.KindStatus, "Purchasing User": export.KindBool,
		"Department": export.KindText, "Mention Name": export.KindText, "Approval Limit": export.KindLimit, "Generate Password And Notify User": export.KindAction,
	}
	var columns []string
	for name := range kinds {
		columns = append(columns, name)
	}
	slices.Sort(columns)
	return Coupa{Columns: columns, Element: func(column string) (export.Element, bool) {
		return export.Element{Path: strings.ToLower(column), Kind: kinds[column]}, true
	}}
}()

// inCoupa is a user; Department is empty, and the answer did not show Mention Name.
var inCoupa = &export.User{ID: "281", Values: map[string]export.Value{
	"col": {List: []string{"Buyer", " User "}}, "user role names": {List: []string{"A, B"}}, "content groups": {}, "status": {Text: "false"}, "purchasing user": {Text: "true"},
	"department": {Text: ""}, "approval limit": {Parts: map[string]string{"amount": "500.00", "currency.code": "USD"}},
}}

func TestHeld(t *testing.T) {
	list := vars(`theirs: coupa["Col"]`, `leaves: coupa["Status"] == "inactive"`, `kept: filter(theirs, # != "User")`)
	tests := []struct {
		expr, want, fault string
		list              bool
		fresh             string // for a new person
		unread            bool   // it needs nothing of Coupa's
	}{
		{expr: `merge(coupa["Col"], ["Expense User"])`, list: true, want: "Buyer,User,Expense User", fresh: "Expense User"},
		{expr: `merge(coupa.Col, "User, Expense User", roles)`, list: true, want: "Buyer,User,Expense User,a,b", fresh: "User,Expense User,a,b"},
		{expr: `merge(roles, coupa["Col"])`, list: true, want: "a,b,Buyer,User", fresh: "a,b"},
		{expr: `merge(theirs, nothing)`, list: true, want: "Buyer,User"},
		{expr: `merge(kept, ["x"])`, list: true, want: "Buyer,x", fresh: "x"},
		{expr: `without(coupa["Col"], ["User", "x"])`, list: true, want: "Buyer"},
		{expr: `without(theirs, ["User"], ["Buyer"])`, list: true, want: "CLEAR"},
		{expr: `without(coupa["Content Groups"], ["x"])`, list: true}, {expr: `without(theirs, nothing)`, list: true, want: "Buyer,User"},
		{expr: `without(theirs, ["user"]) ?? replace(["None"])`, list: true, want: "Buyer,User", fresh: "None"},
		{expr: `replace(coupa["Content Groups"] ?? ["Everyone"])`, list: true, want: "Everyone", fresh: "Everyone"},
		{expr: `merge(coupa["Col"], coupa["User Role Names"])`, list: true, fault: "an element holds a comma, which would make two of it in Coupa"},
		{expr: `coupa["Status"]`, want: "inactive"}, {expr: `coupa["Purchasing User"]`, want: "Yes"}, {expr: `coupa["Approval Limit"]`, want: "500.00 USD"},
		{expr: `coupa["Department"] ?? "new"`, want: "new", fresh: "new"}, {expr: `if(leaves, "gone", "here")`, want: "gone", fresh: "here"},
		{expr: `if("User" in coupa["Col"], "yes", "no")`, want: "yes", fresh: "no"}, {expr: `len(theirs)`, want: "2", fresh: "0"}, {expr: `join(map(theirs, upper(#)), "/")`, want: "BUYER/USER"},
		{expr: `coupa["Mention Name"]`, fault: `needs coupa["Mention Name"], and Coupa does not show it (Coupa id 281)`},
		{expr: `if(nothing == nil, "a", coupa["Mention Name"])`, want: "a", fresh: "a", unread: true},
		{expr: `let coupa = roles; coupa`, want: "a,b", fresh: "a,b", unread: true},
		{expr: `coupa`, want: "a field", fresh: "a field", unread: true},
	}
	for _, tt := range tests {
		m, problems := New(Options{Columns: []Column{{Name: column(tt.expr), Expr: tt.expr, List: tt.list}}, Vars: list, Coupa: coupaColumns})
		if problems != nil {
			t.Errorf("%s: %v", tt.expr, problems)
			continue
		}
		rec := record("roles=a,b", "nothing=", "coupa=a field")
		r := bind(t, m, rec)
		onVM := *m
		onVM.columns = slices.Clone(m.columns)
		if m.columns[0].plain < 0 {
			onVM.columns[0].fast = nil
		}
		slow := bind(t, &onVM, rec)
		is := func(name string, has *export.Holding, want, fault string) {
			t.Helper()
			for road, by := range map[string]*rowMapper{"closures": r, "VM": slow} {
				rec.Coupa = has
				cell, f := by.MapColumn(rec, 0)
				got := cell.Text
				if cell.State == export.Clear {
					got = "CLEAR"
				}
				if got != want || (f == nil) != (fault == "") || f != nil && !strings.Contains(f.Message, fault) {
					t.Errorf("%s, %s, %s: %q, %v", tt.expr, name, road, got, f)
				}
				if has != nil && has.Read == tt.unread {
					t.Errorf("%s, %s, %s: read %v", tt.expr, name, road, has.Read)
				}
			}
		}
		is("a user", &export.Holding{User: inCoupa}, tt.want, tt.fault)
		is("a new person", &export.Holding{}, tt.fresh, "")
		if tt.unread {
			is("not asked", nil, tt.want, "")
			is("asked later", &export.Holding{Later: true}, tt.want, "")
			continue
		}
		is("not asked", nil, "", `"], and Coupa was not asked about this person`)
		is("asked later", &export.Holding{Later: true}, "", "")
	}
}

// column returns the column of an expression: lists are changed where they are.
func column(expr string) string {
	if strings.HasPrefix(expr, `without(coupa["Content Groups"]`) {
		return "Content Groups"
	}
	return "Col"
}

// TestHeldColumns: a mapping says what it reads of Coupa's users, by variables too; who an expression needs before that cannot.
func TestHeldColumns(t *testing.T) {
	m, problems := New(Options{Vars: vars(`theirs: coupa["Col"]`, `here: len(theirs) > 0`), Coupa: coupaColumns, Columns: []Column{
		{Name: "Login", Expr: "login"}, {Name: "Col", Expr: `merge(theirs, roles)`, List: true}, {Name: "Title", Expr: `if(here, coupa["Department"])`},
	}})
	if problems != nil {
		t.Fatal(problems)
	}
	if d := cmp.Diff([]string{"Col", "Department"}, m.Held()); d != "" || m.ReadsHeld("Login") || !m.ReadsHeld("Col") || !m.ReadsHeld("Title") {
		t.Error(d, m.ReadsHeld("Login"), m.ReadsHeld("Col"), m.ReadsHeld("Title"))
	}
	for _, expr := range []string{`coupa["Status"] == "active"`, `here`} {
		_, problems = New(Options{Columns: []Column{{Name: "Login", Expr: "login"}}, Vars: vars(`here: len(coupa["Col"]) > 0`), Coupa: coupaColumns, Where: &Condition{Key: "feed.where", Expr: expr, Line: 4}})
		if len(problems) != 1 || problems[0].Key != "feed.where" || !strings.Contains(problems[0].Message, "a condition is needed before Coupa is asked, and cannot read coupa[...]") {
			t.Errorf("%s: %v", expr, problems)
		}
	}
	asked := coupaColumns
	asked.Before = []string{"Login"}
	if _, problems = New(Options{Columns: []Column{{Name: "Login", Expr: `coupa["Mention Name"] ?? login`}}, Coupa: asked}); len(problems) != 1 || problems[0].Message != "Coupa is asked about people by this column, so it cannot read coupa[...]" {
		t.Error(problems)
	}
	if _, problems = New(Options{Columns: []Column{{Name: "Login", Expr: "coupa"}}, Vars: vars("coupa: login")}); len(problems) != 1 || problems[0].Message != "coupa[...] is what Coupa has" {
		t.Error(problems)
	}
}
