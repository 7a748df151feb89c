package directory_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/exporttest"
)

// held is a Directory of people as id, number, login, e-mail; all have the last name Archer.
type held struct {
	export.Directory // nil: the test writes nothing
	people           [][4]string
	calls, named     atomic.Int32
	hides            string // no answer shows this column
	err, noNames     error
}

func (h *held) Find(_ context.Context, by export.Element, values []string, want []export.Element) (out []export.User, err error) {
	h.calls.Add(1)
	if by.Column == "Last Name" {
		h.named.Add(1)
		for _, p := range h.people {
			out = append(out, export.User{ID: p[0], Values: map[string]export.Value{"Login": exporttest.Text(p[2]), "Last Name": exporttest.Text("Archer")}})
		}
		return out, h.noNames
	}
	column := map[string]int{"Id": 0, "Employee Number": 1, "Login": 2, "Email": 3}[by.Column]
	have := map[string][][4]string{}
	for _, v := range values {
		have[strings.ToLower(v)] = nil
	}
	for _, p := range h.people {
		key := strings.ToLower(p[column])
		if same, asked := have[key]; asked {
			have[key] = append(same, p)
		}
	}
	for _, v := range values {
		for _, p := range have[strings.ToLower(v)] {
			u := export.User{ID: p[0], Values: map[string]export.Value{
				"Id": exporttest.Text(p[0]), "Employee Number": exporttest.Text(p[1]), "Login": exporttest.Text(p[2]), "Email": exporttest.Text(p[3]), "First Name": exporttest.Text(""),
			}}
			for _, e := range want {
				if e.Column == "Department" {
					u.Values[e.Path] = exporttest.Text("Legal")
				}
			}
			delete(u.Values, h.hides)
			out = append(out, u)
		}
		delete(have, strings.ToLower(v)) // each value is asked for once
	}
	return out, h.err
}

func preflight(h *held, key string) *directory.Preflight {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return &directory.Preflight{
		Users: h, Key: key, Columns: []string{"Employee Number", "Login", "Email"}, Workers: 3, Rate: 20, Log: log,
		Element: func(c string) (export.Element, bool) {
			return export.Element{Column: c, Path: c, Kind: export.KindFold}, true
		},
	}
}

// faultsOf asks about one row and returns its faults.
func faultsOf(t *testing.T, p *directory.Preflight, number, login, email string) string {
	t.Helper()
	row := &export.Row{Origin: export.Origin{File: "users.csv", Line: 2}, Cells: make([]export.Cell, 3)}
	for i, v := range []string{number, login, email} {
		if v != "" {
			row.Cells[i] = exporttest.Set(v)
		}
	}
	p.Note("him", row)
	if err := p.Ask(t.Context()); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range p.Faults("him", row) {
		if f.Origin != row.Origin {
			t.Errorf("a fault at %v", f.Origin)
		}
		out = append(out, f.Field+" "+f.Rule)
	}
	return strings.Join(out, ", ")
}

// TestPreflight: the user that a row is about, and the faults of the row.
func TestPreflight(t *testing.T) {
	people := [][4]string{
		{"1", "100", "ann", "ann@x"}, {"2", "200", "bob", "bob@x"}, {"3", "", "cyd", "cyd@x"},
		{"4", "400", "dan", "dan@x"}, {"5", "400", "don", "don@x"},
	}
	const number, login = "Employee Number", "Login"
	for _, tc := range []struct {
		name, key string
		row       [3]string
		creates   bool
		want      string
	}{
		{"as she is", number, [3]string{"100", "Ann", "ANN@x"}, false, ""},
		{"a new name", number, [3]string{"100", "ann.archer", "ann.archer@x"}, false, ""},
		{"another's login", number, [3]string{"100", "bob", "ann@x"}, false, "Login taken"},
		{"another's e-mail", number, [3]string{"100", "ann", "bob@x"}, false, "Email taken"},
		{"both", number, [3]string{"100", "bob", "cyd@x"}, false, "Login taken, Email taken"},
		{"login with another number", number, [3]string{"999", "bob", "new@x"}, false, "Login number"},
		{"login without a number", number, [3]string{"300", "cyd", "cyd@x"}, false, "Login number, Email taken"},
		{"nobody", number, [3]string{"999", "new", "new@x"}, false, "Employee Number create"},
		{"nobody, and creates go", number, [3]string{"999", "new", "new@x"}, true, ""},
		{"creates go, with an e-mail of somebody", number, [3]string{"999", "new", "ann@x"}, true, "Email taken"},
		{"creates go, with a login of somebody", number, [3]string{"999", "ann", "new@x"}, true, "Login number"},
		{"two of one number", number, [3]string{"400", "dan", "dan@x"}, true, "Employee Number several"},
		{"by login", login, [3]string{"100", "ann", "ann@x"}, false, ""},
		{"by login, Coupa has no number", login, [3]string{"300", "cyd", "cyd@x"}, false, ""},
		{"by login, another number", login, [3]string{"300", "bob", "bob@x"}, false, "Employee Number number"},
		{"by login, a number of somebody", login, [3]string{"100", "cyd", "cyd@x"}, false, "Employee Number taken"},
		{"by login, nobody", login, [3]string{"", "new", "new@x"}, false, "Login create"},
		{"by login, nobody, a number of somebody", login, [3]string{"100", "new", "new@x"}, true, "Employee Number taken"},
		{"no number, and a login", number, [3]string{"", "bob", ""}, false, ""},
		{"no number, and nobody's login", number, [3]string{"", "new", ""}, false, "Login create"},
		{"no login, and a number", login, [3]string{"100", "", ""}, false, ""},
		{"by number alone", number, [3]string{"100", "", ""}, false, ""},
		{"neither", number, [3]string{"", "", "ann@x"}, false, "Email taken"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := preflight(&held{people: people}, tc.key)
			p.MayCreate = tc.creates
			if got := faultsOf(t, p, tc.row[0], tc.row[1], tc.row[2]); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestPreflightCalls: forty-nine people who are in Coupa as in the feed take one call. A failed look-up does not mean
// "no user".
func TestPreflightCalls(t *testing.T) {
	h := &held{}
	p := preflight(h, "Employee Number")
	for i := range 120 {
		v := fmt.Sprint(i)
		h.people = append(h.people, [4]string{v, v, "l" + v, v + "@x"})
		p.Note("k"+v, &export.Row{Cells: []export.Cell{exporttest.Set(v), exporttest.Set("l" + v), exporttest.Set(v + "@x")}})
	}
	if err := p.Ask(t.Context()); err != nil || h.calls.Load() != 3 || p.People() != 120 {
		t.Errorf("%d calls, %v", h.calls.Load(), err)
	}
	h.err = errors.New("gone away")
	if err := p.Ask(t.Context()); err == nil {
		t.Error("a failed look-up was taken for an answer")
	}
}

// TestPreflightFound: a user who was found is returned with the values that were asked for. A value that an answer does
// not show is unknown.
func TestPreflightFound(t *testing.T) {
	people := [][4]string{{"1", "100", "ann", "ann@x"}, {"4", "400", "dan", "dan@x"}, {"5", "400", "don", "don@x"}}
	for _, tc := range []struct {
		number string
		whole  bool
		want   string
	}{
		{"100", false, "1: Email=ann@x Employee Number=100 First Name= Login=ann"},
		{"100", true, "1: Department=Legal Email=ann@x Employee Number=100 First Name= Login=ann"},
		{"400", true, "nobody"},
		{"999", true, "nobody"},
	} {
		p := preflight(&held{people: people}, "Employee Number")
		p.Columns, p.Whole = append(p.Columns, "Department"), tc.whole
		p.Note("him", &export.Row{Cells: []export.Cell{exporttest.Set(tc.number), exporttest.Set("x"), exporttest.Set("x"), exporttest.Set("HR")}})
		if _, ok := p.Found("him"); ok {
			t.Error("found before anybody was asked")
		}
		if err := p.Ask(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := "nobody"
		if u, ok := p.Found("him"); ok {
			var values []string
			delete(u.Values, "Id")
			for path, v := range u.Values {
				values = append(values, path+"="+v.Text)
			}
			slices.Sort(values)
			got = u.ID + ": " + strings.Join(values, " ")
		}
		if got != tc.want {
			t.Errorf("%s, whole %v: got %s, want %s", tc.number, tc.whole, got, tc.want)
		}
		if _, ok := p.Found("somebody else"); ok {
			t.Error("found somebody who was not looked up")
		}
	}
}

// row returns a row of id, number, login, e-mail and last name; "" is absent.
func row(line int, texts ...string) *export.Row {
	r := &export.Row{Origin: export.Origin{File: "users.csv", Line: line}, Cells: make([]export.Cell, len(texts))}
	for i, v := range texts {
		if v != "" {
			r.Cells[i] = exporttest.Set(v)
		}
	}
	return r
}

var wide = []string{"Id", "Employee Number", "Login", "Email", "Last Name"}

// said asks about rows and returns all faults of each.
func said(t *testing.T, p *directory.Preflight, rows ...*export.Row) (out []string) {
	t.Helper()
	for _, r := range rows {
		p.Note(r.Origin.String(), r)
	}
	if err := p.Ask(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		var texts []string
		for _, f := range p.Faults(r.Origin.String(), r) {
			texts = append(texts, strings.TrimPrefix(f.Field+": "+f.Message, ": "))
		}
		out = append(out, strings.Join(texts, "; "))
	}
	return out
}

// TestPreflightByID: an Id is the strongest key. Then a changed number is no fault, but a number of another user is.
func TestPreflightByID(t *testing.T) {
	p := preflight(&held{people: [][4]string{{"1", "100", "ann", "ann@x"}, {"2", "200", "bob", "bob@x"}, {"3", "300", "cyd", "cyd@x"}}}, "Employee Number")
	p.Columns, p.MayCreate = wide, true
	got := said(t, p, row(2, "1", "101", "ann", "ann@x", "Archer"), row(3, "2", "300", "bob", "bob@x", "Archer"), row(4, "9", "900", "new", "new@x", "Archer"))
	want := []string{"", "Employee Number: belongs to another user in Coupa (Coupa id 3)", "Id: no Coupa user has this Id, and a file cannot give one to a new user"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// TestPreflightTwice: all rows that match one user are held back, and each names another.
func TestPreflightTwice(t *testing.T) {
	p := preflight(&held{people: [][4]string{{"1", "100", "ann", "ann@x"}, {"2", "200", "bob", "bob@x"}}}, "Employee Number")
	p.Columns = wide
	got := said(t, p, row(12, "1", "", "", "", ""), row(3, "", "100", "anna", "", ""), row(2, "", "", "ann", "", ""), row(4, "", "200", "bob", "", ""))
	for i, line := range []string{"2", "12", "3"} {
		want := "users.csv:" + line + " leads to the same user in Coupa (Coupa id 1): one of the two rows is not about this person"
		if got[i] != want {
			t.Errorf("got %q, want %q", got[i], want)
		}
	}
	if got[3] != "" {
		t.Errorf("somebody else: %q", got[3])
	}
}

// TestPreflightNear: a hint names the user by number, and by login only where logins are the keys. It costs a handful
// of calls, however many rows match no user. Where the look-up fails there is no hint.
func TestPreflightNear(t *testing.T) {
	const nobody = "no Coupa user matches this person, and limits.creates allows no new users"
	people := [][4]string{{"30", "1", "ann.archer", ""}, {"4", "2", "zoe.archer", ""}, {"5", "3", "ann.archar", ""}}
	for _, tc := range []struct{ key, login, last, want string }{
		{"Employee Number", "ann.arhcer", "Archer", nobody + " (nearest in Coupa: id 30)"},
		{"Employee Number", "ann.archir", "ARCHER ", nobody + " (nearest in Coupa: id 5)"},
		{"Employee Number", "ann.arhcer", "Bow", nobody},
		{"Employee Number", "q", "Archer", nobody},
		{"Employee Number", "", "Archer", nobody},
		{"Login", "ann.arhcer", "Archer", nobody + " (nearest in Coupa: id 30, login ann.archer)"},
	} {
		p := preflight(&held{people: people}, tc.key)
		p.Columns = wide
		if got := said(t, p, row(2, "", "9", tc.login, "new@x", tc.last)); got[0] != tc.key+": "+tc.want {
			t.Errorf("%+v: %s", tc, got[0])
		}
	}
	var many []*export.Row
	for i := range 200 {
		many = append(many, row(i+2, "", fmt.Sprint(1000+i), fmt.Sprint("ann.arche", i), "", "Archer"))
	}
	h := &held{people: people}
	p := preflight(h, "Employee Number")
	p.Columns = wide
	got := said(t, p, many...)
	if h.named.Load() != 5 || !strings.Contains(got[49], "nearest") || strings.Contains(got[50], "nearest") {
		t.Errorf("%d calls; %q, %q", h.named.Load(), got[49], got[50])
	}
	h = &held{people: people, noNames: errors.New("gone away")}
	p = preflight(h, "Employee Number")
	p.Columns = wide
	if got := said(t, p, many...); h.named.Load() != 1 || got[0] != "Employee Number: "+nobody {
		t.Errorf("%d calls; %q", h.named.Load(), got[0])
	}
}

// TestPreflightSuspects: where users may be created, a row that would create one is held against those with nearly its login or
// with its name, each row. A look-up that failed is no answer.
func TestPreflightSuspects(t *testing.T) {
	people := [][4]string{{"30", "1", "ann.archer", ""}, {"4", "2", "zoe.archer", ""}}
	suspecting := func(h *held) *directory.Preflight {
		p := preflight(h, "Login")
		p.Columns, p.MayCreate, p.Suspect, p.Discreet = wide, true, true, true
		return p
	}
	const near = "Login: no Coupa user matches this person, but one with the same last name has nearly this login (Coupa id 30)"
	got := said(t, suspecting(&held{people: people}), row(2, "", "", "ann.arhcer", "new@x", "Archer"), row(3, "", "", "ann.arhcher", "newer@x", "Bow"))
	if got[0] != near || got[1] != "" {
		t.Errorf("%q", got)
	}
	var many []*export.Row
	for i := range 200 {
		many = append(many, row(i+2, "", "", fmt.Sprint("ann.arche", i), "", "Archer"))
	}
	if got := said(t, suspecting(&held{people: people}), many...); got[199] != near {
		t.Errorf("the last of many: %q", got[199])
	}
	p := suspecting(&held{people: people, noNames: errors.New("gone away")})
	for _, r := range many {
		p.Note(fmt.Sprint(r.Origin.Line), r)
	}
	if err := p.Ask(t.Context()); err == nil {
		t.Error("a look-up that failed is taken for an answer")
	}
}

// TestPreflightHidden: a number that Coupa does not show may be another person's, so no user found by login gets one.
func TestPreflightHidden(t *testing.T) {
	h := &held{people: [][4]string{{"1", "100", "ann", "ann@x"}}, hides: "Employee Number"}
	p := preflight(h, "Login")
	if got := faultsOf(t, p, "100", "ann", "ann@x"); got != "Employee Number number" {
		t.Errorf("got %q", got)
	}
	if got := faultsOf(t, p, "", "ann", "ann@x"); got != "" {
		t.Errorf("without a number: got %q", got)
	}
}
