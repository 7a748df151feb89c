package export_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

func element(kind export.ElementKind) export.Element {
	return export.Element{Column: "Column", Path: "path", Kind: kind}
}

func set(text string) export.Cell { return export.Cell{Text: text, State: export.Set} }

func text(s string) export.Value { return export.Value{Text: s} }

func names(list ...string) export.Value { return export.Value{List: list} }

// TestCompare: what was sent, what Coupa shows, and whether they are the same. Both ways of having nothing are one.
func TestCompare(t *testing.T) {
	phone := func(country, area, number, extension string) export.Value {
		return export.Value{Parts: map[string]string{"country-code": country, "area-code": area, "number": number, "extension": extension}}
	}
	limit := func(name, amount, currency string) export.Value {
		return export.Value{Parts: map[string]string{"name": name, "amount": amount, "currency.code": currency}}
	}
	clear := export.Cell{State: export.Clear}
	const yes, no, unknown = export.CellConfirmed, export.CellDrifted, export.CellUnknown
	for _, tc := range []struct {
		name string
		kind export.ElementKind
		sent export.Cell
		held export.Value
		want export.CellVerdict
	}{
		{"text", export.KindText, set("Jane"), text("Jane"), yes},
		{"text, other", export.KindText, set("Jane"), text("jane"), no},
		{"text, blanks", export.KindText, set("Jane "), text(" Jane"), yes},
		{"text, line breaks", export.KindText, set("a\nb"), text("a\r\nb"), yes},
		{"text, number", export.KindText, set("007"), text("7"), no},
		{"text stays", export.KindText, set("Jane"), text(""), no},
		{"clear", export.KindText, clear, text(""), yes},
		{"clear, stays", export.KindText, clear, text("Jane"), no},
		{"empty cell", export.KindText, set(""), text(""), yes},
		{"reference", export.KindText, set("R&D \"Nord\""), text("R&D \"Nord\""), yes},
		{"reference in other case", export.KindText, set("finance"), text("Finance"), no},
		{"login", export.KindFold, set("JDoe"), text("jdoe"), yes},
		{"login, umlaut", export.KindFold, set("MÜLLER"), text("müller"), yes},
		{"login, accent", export.KindFold, set("jose"), text("josé"), no},
		{"flag", export.KindBool, set("Yes"), text("true"), yes},
		{"flag, no and null", export.KindBool, set("No"), text(""), yes},
		{"flag, other", export.KindBool, set("No"), text("true"), no},
		{"flag, cleared", export.KindBool, clear, text("false"), yes},
		{"status", export.KindStatus, set("inactive"), text("false"), yes},
		{"status, other", export.KindStatus, set("inactive"), text("true"), no},
		{"status, nonsense", export.KindStatus, set("inactive"), text("gone"), no},
		{"integer", export.KindInteger, set("2"), text("2"), yes},
		{"integer, 0 and null", export.KindInteger, set("0"), text(""), yes},
		{"integer, other", export.KindInteger, set("1"), text("2"), no},
		{"list", export.KindNames, set("User,Buyer"), names("Buyer", "User"), yes},
		{"list, twice", export.KindNames, set("User, Buyer,User"), names("Buyer", "User", "Buyer"), yes},
		{"list, one more", export.KindNames, set("User"), names("Buyer", "User"), no},
		{"list, one less", export.KindNames, set("User,Buyer"), names("User"), no},
		{"list, comma in a name", export.KindNames, set("User,Buyer"), names("User,Buyer"), no},
		{"list, cleared", export.KindNames, clear, names(), yes},
		{"list, cleared by word", export.KindNames, set("--NULL--"), names(), yes},
		{"list, word stays", export.KindNames, set("--NULL--"), names("User"), no},
		{"phone", export.KindPhone, set("415-555-0134"), phone("1", "415", "555-0134", ""), yes},
		{"phone, no country", export.KindPhone, set("415-555-0134"), phone("", "415", "5550134", ""), yes},
		{"phone, abroad", export.KindPhone, set("+49 301-234-5678"), phone("+49", "301", "234-5678", ""), yes},
		{"phone, cut elsewhere", export.KindPhone, set("+49 301-234-5678"), phone("49", "30", "12345678", ""), yes},
		{"phone, extension", export.KindPhone, set("1 222-333-4444 ext. 12345"), phone("1", "222", "333-4444", "12345"), yes},
		{"phone, extension lost", export.KindPhone, set("1 222-333-4444 ext. 12345"), phone("1", "222", "333-4444", ""), no},
		{"phone, other country", export.KindPhone, set("415-555-0134"), phone("44", "415", "555-0134", ""), no},
		{"phone as text", export.KindPhone, set("415-555-0134"), text("(415) 555-0134"), yes},
		{"phone as our text", export.KindPhone, set("415-555-0134"), text("+1 415-555-0134"), yes},
		{"phone, cleared", export.KindPhone, clear, phone("", "", "", ""), yes},
		{"phone, cleared and nonsense", export.KindPhone, clear, text("none"), no},
		{"phone, stays", export.KindPhone, clear, phone("1", "415", "555-0134", ""), no},
		{"limit", export.KindLimit, set("500.00 USD"), limit("500 dollars", "500", "USD"), yes},
		{"limit, other currency", export.KindLimit, set("500.00 USD"), limit("", "500.00", "EUR"), no},
		{"limit, other amount", export.KindLimit, set("500.00 USD"), limit("", "500.01", "USD"), no},
		{"limit, currency not shown", export.KindLimit, set("500.00 USD"), limit("", "500.0", ""), unknown},
		{"limit by name", export.KindLimit, set("Level 2"), limit("Level 2", "9", "USD"), yes},
		{"limit by name, other", export.KindLimit, set("Level 2"), limit("Level 3", "9", "USD"), no},
		{"limit as text", export.KindLimit, set("500.00 USD"), text("500 usd"), yes},
		{"limit as number", export.KindLimit, set("500.00 USD"), text("500.0"), unknown},
		{"limit, none", export.KindLimit, set("500.00 USD"), text(""), no},
		{"limit, cleared", export.KindLimit, clear, limit("", "", ""), yes},
		{"limit, stays", export.KindLimit, clear, limit("", "5", "USD"), no},
		{"custom", export.KindCustom, set("Nord"), text("Nord"), yes},
		{"custom number", export.KindCustom, set("500.00"), text("500"), yes},
		{"custom code", export.KindCustom, set("007"), text("7"), no},
		{"custom flag", export.KindCustom, set("Yes"), text("true"), yes},
		{"custom look-up", export.KindCustom, set("Nord"), export.Value{Parts: map[string]string{"id": "4", "name": "Nord"}}, yes},
		{"custom look-up by its code", export.KindCustom, set("N1"), export.Value{Parts: map[string]string{"external-ref-code": "N1", "name": "Nord"}}, yes},
		{"custom look-up, its number", export.KindCustom, set("4"), export.Value{Parts: map[string]string{"id": "4", "name": "Nord"}}, no},
		{"custom look-up, its flag", export.KindCustom, set("Yes"), export.Value{Parts: map[string]string{"active": "true", "name": "No"}}, no},
		{"custom look-up without a name", export.KindCustom, set("Nord"), export.Value{Parts: map[string]string{"id": "4"}}, unknown},
		{"custom look-up, other", export.KindCustom, set("Nord"), export.Value{Parts: map[string]string{"id": "4", "name": "Süd"}}, no},
		{"removed", export.KindRemoval, set("Yes"), text(""), yes},
		{"not removed", export.KindRemoval, set("Yes"), export.Value{Parts: map[string]string{"id": "4"}}, no},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := element(tc.kind)
			e.Empty = "--NULL--"
			sent := []export.ElementCell{{Element: e, Cell: tc.sent}}
			got := export.Compare(sent, export.User{Values: map[string]export.Value{"path": tc.held}})
			if len(got) != 1 || got[0].Verdict != tc.want {
				t.Fatalf("got %v, want %s", got, tc.want)
			}
			if (got[0].Held != "") != (tc.want == no && fmt.Sprint(tc.held) != fmt.Sprint(export.Value{}) && fmt.Sprint(tc.held) != fmt.Sprint(names())) {
				t.Errorf("holds %q", got[0].Held)
			}
			if n := len(export.Missing(sent, export.User{Values: map[string]export.Value{"path": tc.held}})); (n == 0) != (tc.want == yes) {
				t.Errorf("%d cells to write", n)
			}
		})
	}
}

// TestCompareTellsNothingOfTheAbsent: what was not sent has no outcome, what was not shown is unknown, and what is held
// is printed by nothing.
func TestCompareTellsNothingOfTheAbsent(t *testing.T) {
	name := export.Element{Column: "Last Name", Path: "lastname"}
	got := export.Compare([]export.ElementCell{
		{Element: export.Element{Column: "Department", Path: "department.name"}, Cell: export.Cell{State: export.Absent}},
		{Element: export.Element{Column: "Generate Password And Notify User", Path: "x", Kind: export.KindAction}, Cell: set("No")},
		{Element: export.Element{Column: "Remove Default Address", Path: "y", Kind: export.KindRemoval}, Cell: set("No")},
		{Element: export.Element{Column: "Email", Path: "email"}, Cell: set("j@example.com")},
		{Element: name, Cell: set("Roe")},
	}, export.User{Values: map[string]export.Value{"lastname": text("Doe")}})
	want := []export.CellOutcome{{Column: "Email", Verdict: export.CellUnknown}, {Column: "Last Name", Verdict: export.CellDrifted, Held: "Doe"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if printed := fmt.Sprintf("%v %+v %s", got, got, got[1]); strings.Contains(printed, "Doe") {
		t.Errorf("%s tells what Coupa holds", printed)
	}
}

func TestUpdateSteps(t *testing.T) {
	roles := export.Element{Column: "User Role Names", Path: "roles[].name", Kind: export.KindNames, Empty: "--NULL--"}
	cell := func(text string) export.ElementCell { return export.ElementCell{Element: roles, Cell: set(text)} }
	last := export.ElementCell{Element: export.Element{Column: "Last Name", Path: "lastname"}, Cell: set("Roe")}
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

// TestMoved: between the plan and the call somebody else has been there.
func TestMoved(t *testing.T) {
	last := export.Element{Column: "Last Name", Path: "lastname"}
	cells := []export.ElementCell{{Element: last, Cell: set("Roe")}}
	at := func(s string) export.User { return export.User{Values: map[string]export.Value{"lastname": text(s)}} }
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
		return export.User{ID: id, Values: map[string]export.Value{"login": text(login)}}
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

// TestMask: Coupa's messages quote what was sent; a log must not.
func TestMask(t *testing.T) {
	cell := func(column, text string, kind export.ElementKind) export.ElementCell {
		return export.ElementCell{Element: export.Element{Column: column, Kind: kind}, Cell: set(text)}
	}
	cells := []export.ElementCell{
		cell("Login", "jdoe", export.KindFold), cell("Email", "jdoe@example.com", export.KindFold),
		cell("First Name", "Al", export.KindText), cell("Last Name", "Öz (Doe)", export.KindText),
		cell("Status", "active", export.KindStatus), cell("User Role Names", "Buyer,Head of A+B", export.KindNames),
		{Element: export.Element{Column: "Middle Name"}, Cell: export.Cell{State: export.Clear}},
		{Element: export.Element{Column: "Mention Name", Path: "mention-name"}, Cell: set("Jürgen-Öz van der Berg")},
	}
	known := map[string]bool{"wanda.wolff": true, `acme\xaver`: true, "yusuf yilmaz": true, "_svc": true, "zoë": true}
	for in, want := range map[string]string{
		"Login jdoe has already been taken":             "Login [Login] has already been taken",
		"Email JDOE@Example.com has already been taken": "Email [Email] has already been taken",
		"Email is that of j.roe@example.com, sorry":     "Email is that of [e-mail], sorry",
		"Al öz (doe): also not active":                  "[First Name] [Last Name]: also not active",
		"Role 'Head of A+B' not found, nor Buyer":       "Role '[User Role Names]' not found, nor [User Role Names]",
		"Segment 1 - Cost Center can't be blank.":       "Segment 1 - Cost Center can't be blank.",
		"jdoe2 is not jdoe":                             "jdoe2 is not [Login]",
		"WANDA.WOLFF's number, and (wanda.wolff).":      "[Login]'s number, and ([Login]).",
		"wanda.wolffsson, awanda.wolff, wanda":          "wanda.wolffsson, awanda.wolff, wanda",
		`ACME\xaver, Yusuf  Yilmaz and <_svc>`:          "[Login], [Login] and <[Login]>",
		"Zoe\u0308 and Zo\u00eb":                        "[Login] and [Login]", // composed or not
		"Öz\n(Doe)\tor A\u200bl, Berg, Ju\u0308rgen-Öz": "[Last Name] or A l, [Mention Name], [Mention Name]",
		"": "",
		"jdoe@example.com jdoe <j@b.example>; mail: x@y.z": "[Email] [Login] <[e-mail]>; mail: [e-mail]",
	} {
		m := export.Masker{About: cells, Login: func(word string) bool { return known[strings.ToLower(word)] }}
		if got := m.Mask(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	m := export.Masker{Login: func(string) bool { return false }}
	if got := m.Mask(strings.Repeat("ä ", 20_000)); len([]rune(got)) != 303 {
		t.Errorf("a long text has %d letters left", len([]rune(got)))
	}
}
