package export_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/exporttest"
)

func element(kind export.ElementKind) export.Element {
	return export.Element{Column: "Column", Path: "path", Kind: kind}
}

func names(list ...string) export.Value { return export.Value{List: list} }

// TestCompare: what was sent, what Coupa shows, and whether they are the same. Both forms of an empty value are equal.
func TestCompare(t *testing.T) {
	phone := func(country, area, number, extension string) export.Value {
		return export.Value{Parts: map[string]string{"country-code": country, "area-code": area, "number": number, "extension": extension}}
	}
	limit := func(name, amount, currency string) export.Value {
		return export.Value{Parts: map[string]string{"name": name, "amount": amount, "currency.code": currency}}
	}
	cleared := export.Cell{State: export.Clear}
	const yes, no, unknown = export.CellConfirmed, export.CellDrifted, export.CellUnknown
	for _, tc := range []struct {
		name string
		kind export.ElementKind
		sent export.Cell
		held export.Value
		want export.CellVerdict
	}{
		{"text", export.KindText, exporttest.Set("Jane"), exporttest.Text("Jane"), yes},
		{"text, other", export.KindText, exporttest.Set("Jane"), exporttest.Text("jane"), no},
		{"text, blanks", export.KindText, exporttest.Set("Jane "), exporttest.Text(" Jane"), yes},
		{"text, line breaks", export.KindText, exporttest.Set("a\nb"), exporttest.Text("a\r\nb"), yes},
		{"text, number", export.KindText, exporttest.Set("007"), exporttest.Text("7"), no},
		{"text stays", export.KindText, exporttest.Set("Jane"), exporttest.Text(""), no},
		{"clear", export.KindText, cleared, exporttest.Text(""), yes},
		{"clear, stays", export.KindText, cleared, exporttest.Text("Jane"), no},
		{"empty cell", export.KindText, exporttest.Set(""), exporttest.Text(""), yes},
		{"reference", export.KindText, exporttest.Set("R&D \"Nord\""), exporttest.Text("R&D \"Nord\""), yes},
		{"reference in other case", export.KindText, exporttest.Set("finance"), exporttest.Text("Finance"), no},
		{"login", export.KindFold, exporttest.Set("JDoe"), exporttest.Text("jdoe"), yes},
		{"login, umlaut", export.KindFold, exporttest.Set("MÜLLER"), exporttest.Text("müller"), yes},
		{"login, accent", export.KindFold, exporttest.Set("jose"), exporttest.Text("josé"), no},
		{"flag", export.KindBool, exporttest.Set("Yes"), exporttest.Text("true"), yes},
		{"flag, no and null", export.KindBool, exporttest.Set("No"), exporttest.Text(""), yes},
		{"flag, other", export.KindBool, exporttest.Set("No"), exporttest.Text("true"), no},
		{"flag, cleared", export.KindBool, cleared, exporttest.Text("false"), yes},
		{"status", export.KindStatus, exporttest.Set("inactive"), exporttest.Text("false"), yes},
		{"status, other", export.KindStatus, exporttest.Set("inactive"), exporttest.Text("true"), no},
		{"status, nonsense", export.KindStatus, exporttest.Set("inactive"), exporttest.Text("gone"), no},
		{"integer", export.KindInteger, exporttest.Set("2"), exporttest.Text("2"), yes},
		{"integer, 0 and null", export.KindInteger, exporttest.Set("0"), exporttest.Text(""), yes},
		{"integer, other", export.KindInteger, exporttest.Set("1"), exporttest.Text("2"), no},
		{"list", export.KindNames, exporttest.Set("User,Buyer"), names("Buyer", "User"), yes},
		{"list, twice", export.KindNames, exporttest.Set("User, Buyer,User"), names("Buyer", "User", "Buyer"), yes},
		{"list, one more", export.KindNames, exporttest.Set("User"), names("Buyer", "User"), no},
		{"list, one less", export.KindNames, exporttest.Set("User,Buyer"), names("User"), no},
		{"list, comma in a name", export.KindNames, exporttest.Set("User,Buyer"), names("User,Buyer"), no},
		{"list, cleared", export.KindNames, cleared, names(), yes},
		{"list, cleared by word", export.KindNames, exporttest.Set("--NULL--"), names(), yes},
		{"list, word stays", export.KindNames, exporttest.Set("--NULL--"), names("User"), no},
		{"phone", export.KindPhone, exporttest.Set("415-555-0134"), phone("1", "415", "555-0134", ""), yes},
		{"phone, no country", export.KindPhone, exporttest.Set("415-555-0134"), phone("", "415", "5550134", ""), yes},
		{"phone, abroad", export.KindPhone, exporttest.Set("+49 301-234-5678"), phone("+49", "301", "234-5678", ""), yes},
		{"phone, cut elsewhere", export.KindPhone, exporttest.Set("+49 301-234-5678"), phone("49", "30", "12345678", ""), yes},
		{"phone, extension", export.KindPhone, exporttest.Set("1 222-333-4444 ext. 12345"), phone("1", "222", "333-4444", "12345"), yes},
		{"phone, extension lost", export.KindPhone, exporttest.Set("1 222-333-4444 ext. 12345"), phone("1", "222", "333-4444", ""), no},
		{"phone, other country", export.KindPhone, exporttest.Set("415-555-0134"), phone("44", "415", "555-0134", ""), no},
		{"phone as text", export.KindPhone, exporttest.Set("415-555-0134"), exporttest.Text("(415) 555-0134"), yes},
		{"phone as our text", export.KindPhone, exporttest.Set("415-555-0134"), exporttest.Text("+1 415-555-0134"), yes},
		{"phone, cleared", export.KindPhone, cleared, phone("", "", "", ""), yes},
		{"phone, cleared and nonsense", export.KindPhone, cleared, exporttest.Text("none"), no},
		{"phone, stays", export.KindPhone, cleared, phone("1", "415", "555-0134", ""), no},
		{"limit", export.KindLimit, exporttest.Set("500.00 USD"), limit("500 dollars", "500", "USD"), yes},
		{"limit, other currency", export.KindLimit, exporttest.Set("500.00 USD"), limit("", "500.00", "EUR"), no},
		{"limit, other amount", export.KindLimit, exporttest.Set("500.00 USD"), limit("", "500.01", "USD"), no},
		{"limit, currency not shown", export.KindLimit, exporttest.Set("500.00 USD"), limit("", "500.0", ""), unknown},
		{"limit by name", export.KindLimit, exporttest.Set("Level 2"), limit("Level 2", "9", "USD"), yes},
		{"limit by name, other", export.KindLimit, exporttest.Set("Level 2"), limit("Level 3", "9", "USD"), no},
		{"limit as text", export.KindLimit, exporttest.Set("500.00 USD"), exporttest.Text("500 usd"), yes},
		{"limit as number", export.KindLimit, exporttest.Set("500.00 USD"), exporttest.Text("500.0"), unknown},
		{"limit, none", export.KindLimit, exporttest.Set("500.00 USD"), exporttest.Text(""), no},
		{"limit, cleared", export.KindLimit, cleared, limit("", "", ""), yes},
		{"limit, stays", export.KindLimit, cleared, limit("", "5", "USD"), no},
		{"custom", export.KindCustom, exporttest.Set("Nord"), exporttest.Text("Nord"), yes},
		{"custom number", export.KindCustom, exporttest.Set("500.00"), exporttest.Text("500"), yes},
		{"custom code", export.KindCustom, exporttest.Set("007"), exporttest.Text("7"), no},
		{"custom flag", export.KindCustom, exporttest.Set("Yes"), exporttest.Text("true"), yes},
		{"custom look-up", export.KindCustom, exporttest.Set("Nord"), export.Value{Parts: map[string]string{"id": "4", "name": "Nord"}}, yes},
		{"custom look-up by its code", export.KindCustom, exporttest.Set("N1"), export.Value{Parts: map[string]string{"external-ref-code": "N1", "name": "Nord"}}, yes},
		{"custom look-up, its number", export.KindCustom, exporttest.Set("4"), export.Value{Parts: map[string]string{"id": "4", "name": "Nord"}}, no},
		{"custom look-up, its flag", export.KindCustom, exporttest.Set("Yes"), export.Value{Parts: map[string]string{"active": "true", "name": "No"}}, no},
		{"custom look-up without a name", export.KindCustom, exporttest.Set("Nord"), export.Value{Parts: map[string]string{"id": "4"}}, unknown},
		{"custom look-up, other", export.KindCustom, exporttest.Set("Nord"), export.Value{Parts: map[string]string{"id": "4", "name": "Süd"}}, no},
		{"removed", export.KindRemoval, exporttest.Set("Yes"), exporttest.Text(""), yes},
		{"not removed", export.KindRemoval, exporttest.Set("Yes"), export.Value{Parts: map[string]string{"id": "4"}}, no},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := element(tc.kind)
			e.Empty = "--NULL--"
			sent := []export.ElementCell{{Element: e, Cell: tc.sent}}
			got := export.Compare(sent, export.User{Values: map[string]export.Value{"path": tc.held}})
			if len(got) != 1 || got[0].Verdict != tc.want {
				t.Fatalf("got %v, want %s", got, tc.want)
			}
			if (got[0].Coupa != "") != (tc.want == no && fmt.Sprint(tc.held) != fmt.Sprint(export.Value{}) && fmt.Sprint(tc.held) != fmt.Sprint(names())) {
				t.Errorf("holds %q", got[0].Coupa)
			}
			if n := len(export.Missing(sent, export.User{Values: map[string]export.Value{"path": tc.held}})); (n == 0) != (tc.want == yes) {
				t.Errorf("%d cells to write", n)
			}
		})
	}
}

// TestCompareTellsNothingOfTheAbsent: a cell that was not sent has no outcome, a value that was not shown is unknown,
// and Coupa's value is never printed.
func TestCompareTellsNothingOfTheAbsent(t *testing.T) {
	name := export.Element{Column: "Last Name", Path: "lastname"}
	got := export.Compare([]export.ElementCell{
		{Element: export.Element{Column: "Department", Path: "department.name"}, Cell: export.Cell{State: export.Absent}},
		{Element: export.Element{Column: "Generate Password And Notify User", Path: "x", Kind: export.KindAction}, Cell: exporttest.Set("No")},
		{Element: export.Element{Column: "Remove Default Address", Path: "y", Kind: export.KindRemoval}, Cell: exporttest.Set("No")},
		{Element: export.Element{Column: "Email", Path: "email"}, Cell: exporttest.Set("j@example.com")},
		{Element: name, Cell: exporttest.Set("Roe")},
	}, export.User{Values: map[string]export.Value{"lastname": exporttest.Text("Doe")}})
	want := []export.CellOutcome{{Column: "Email", Verdict: export.CellUnknown}, {Column: "Last Name", Verdict: export.CellDrifted, Coupa: "Doe"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if printed := fmt.Sprintf("%v %+v %s", got, got, got[1]); strings.Contains(printed, "Doe") {
		t.Errorf("%s tells what Coupa holds", printed)
	}
}

func TestUpdateSteps(t *testing.T) {
	roles := export.Element{Column: "User Role Names", Path: "roles[].name", Kind: export.KindNames, Empty: "--NULL--"}
	cell := func(text string) export.ElementCell {
		return export.ElementCell{Element: roles, Cell: exporttest.Set(text)}
	}
	last := export.ElementCell{Element: export.Element{Column: "Last Name", Path: "lastname"}, Cell: exporttest.Set("Roe")}
	for _, tc := range []struct {
		name  string
		cells []export.ElementCell
		held  map[string]export.Value
		want  string
	}{
		{"no list", []export.ElementCell{last}, nil, "Last Name=Roe"},
		{"a role more", []export.ElementCell{cell("User,Buyer"), last}, map[string]export.Value{"roles[].name": names("User")}, "User Role Names=User,Buyer Last Name=Roe"},
		{"a role less", []export.ElementCell{cell("User"), last}, map[string]export.Value{"roles[].name": names("User", "Buyer")}, "User Role Names= Last Name=Roe; User Role Names=User"},
		{"not shown", []export.ElementCell{cell("User")}, nil, "User Role Names=; User Role Names=User"},
		{"no role", []export.ElementCell{{Element: roles, Cell: export.Cell{State: export.Clear}}}, map[string]export.Value{"roles[].name": names("User")}, "User Role Names="},
		{"no role, by word", []export.ElementCell{cell("--NULL--")}, map[string]export.Value{"roles[].name": names("User")}, "User Role Names=--NULL--"},
		{"after a crash", []export.ElementCell{cell("User")}, map[string]export.Value{"roles[].name": names()}, "User Role Names=User"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var steps []string
			for _, step := range export.UpdateSteps(tc.cells, export.User{Values: tc.held}) {
				var cells []string
				for _, c := range step {
					cells = append(cells, c.Element.Column+"="+c.Cell.Text)
				}
				steps = append(steps, strings.Join(cells, " "))
			}
			if got := strings.Join(steps, "; "); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// TestMoved: a change in Coupa between the plan and the call is found.
func TestMoved(t *testing.T) {
	last := export.Element{Column: "Last Name", Path: "lastname"}
	cells := []export.ElementCell{{Element: last, Cell: exporttest.Set("Roe")}}
	at := func(s string) export.User {
		return export.User{Values: map[string]export.Value{"lastname": exporttest.Text(s)}}
	}
	for _, tc := range []struct {
		name      string
		then, now export.User
		moved     bool
	}{
		{"as planned", at("Doe"), at("Doe"), false},
		{"another value", at("Doe"), at("Moe"), true},
		{"our value", at("Doe"), at("Roe"), false},
		{"not shown now", at("Doe"), export.User{}, false},
		{"not shown then", export.User{}, at("Doe"), false},
	} {
		if got := export.Moved(cells, tc.then, tc.now); (len(got) == 1) != tc.moved {
			t.Errorf("%s: got %v", tc.name, got)
		}
	}
}

func TestOne(t *testing.T) {
	login := export.Element{Column: "Login", Path: "login", Kind: export.KindFold}
	user := func(id, login string) export.User {
		return export.User{ID: id, Values: map[string]export.Value{"login": exporttest.Text(login)}}
	}
	found := []export.User{user("1", "jdoe"), user("2", "boss"), user("3", "BOSS"), {ID: "4"}}
	if u, err := export.One(found, login, "JDOE"); err != nil || u.ID != "1" {
		t.Error(u.ID, err)
	}
	for value, ids := range map[string]int{"stranger": 0, "boss": 2, "": 0} {
		_, err := export.One(found, login, value)
		if e, ok := errors.AsType[*export.NotOneError](err); !ok || len(e.IDs) != ids {
			t.Errorf("%s: got %v", value, err)
		} else if value != "" && strings.Contains(err.Error(), value) {
			t.Errorf("%v tells the value", err)
		}
	}
}

// TestShownAsACell: the old value of a change is a cell that would bring it back, whatever form Coupa's API shows it in.
func TestShownAsACell(t *testing.T) {
	parts := func(pairs ...string) export.Value {
		v := export.Value{Parts: map[string]string{}}
		for i := 0; i < len(pairs); i += 2 {
			v.Parts[pairs[i]] = pairs[i+1]
		}
		return v
	}
	for _, tc := range []struct {
		kind export.ElementKind
		held export.Value
		want string
	}{
		{export.KindText, exporttest.Text("Legal"), "Legal"},
		{export.KindStatus, exporttest.Text("true"), "active"},
		{export.KindBool, exporttest.Text("true"), "true"}, // a spelling of Coupa's import
		{export.KindNames, export.Value{List: []string{"User", "Buyer"}}, "User,Buyer"},
		{export.KindLimit, parts("amount", "500.00", "currency.code", "USD", "name", ""), "500.00 USD"},
		{export.KindLimit, parts("amount", "9", "currency.code", "USD", "name", "Level 2"), "Level 2"},
		{export.KindPhone, parts("country-code", "1", "area-code", "415", "number", "555-0134"), "415-555-0134"},
		{export.KindPhone, parts("country-code", "1", "area-code", "222", "number", "333-4444", "extension", "12"), "1 222-333-4444 ext. 12"},
		{export.KindPhone, parts("country-code", "+49", "area-code", "301", "number", "234-5678"), "+49 301-234-5678"},
		{export.KindCustom, parts("id", "4", "name", "Nord"), "Nord"},
	} {
		element := export.Element{Column: "X", Path: "x", Kind: tc.kind}
		d, changes := export.ElementCell{Element: element, Cell: exporttest.Set("no such value")}.Change(tc.held, true)
		if !changes || d.Old != tc.want {
			t.Errorf("%v: shown as %q (a change: %v), want %q", tc.held, d.Old, changes, tc.want)
		}
		back := export.ElementCell{Element: element, Cell: exporttest.Set(d.Old)}
		if d, changes := back.Change(tc.held, true); changes {
			t.Errorf("%v: the cell %q does not bring it back: %+v", tc.held, back.Cell.Text, d)
		}
	}
}
