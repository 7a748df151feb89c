package directory_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/exporttest"
)

// register is Coupa's users as a Directory and a Lister: the values of each by column. Ids are places, from 1.
type register struct {
	export.Directory // nil: the test writes nothing
	users            []map[string]string
	hides            string   // no answer shows this column
	columns          []string // of its answers; nil: those of schooled
	calls, pages     atomic.Int32
}

func (r *register) shown(i int) export.User {
	u := export.User{ID: strconv.Itoa(i + 1), Values: map[string]export.Value{"Id": exporttest.Text(strconv.Itoa(i + 1))}}
	columns := r.columns
	if columns == nil {
		columns = []string{"Employee Number", "Login", "Email", "School", "Last Name", "First Name"}
	}
	for _, column := range columns {
		if column != r.hides {
			u.Values[column] = exporttest.Text(r.users[i][column])
		}
	}
	return u
}

func (r *register) Find(_ context.Context, by export.Element, values []string, _ []export.Element) (out []export.User, err error) {
	r.calls.Add(1)
	asked := map[string]bool{}
	for _, v := range values {
		asked[export.FoldText(v)] = true
	}
	for i, u := range r.users {
		if v := export.FoldText(u[by.Column]); v != "" && asked[v] || by.Column == "Id" && asked[strconv.Itoa(i+1)] {
			out = append(out, r.shown(i))
		}
	}
	return out, nil
}

func (r *register) Highest(context.Context) (uint64, error) { return uint64(len(r.users)), nil }

func (r *register) After(_ context.Context, after, through uint64, _ []export.Element) (users []export.User, more bool, err error) {
	r.pages.Add(1)
	for i := after; i < uint64(len(r.users)) && (through == 0 || i < through); i++ {
		if users = append(users, r.shown(int(i))); len(users) == 50 {
			return users, true, nil
		}
	}
	return users, false, nil
}

// columns of the rows of these tests.
var schooled = []string{"Employee Number", "Login", "Email", "School", "Last Name", "Id"}

func matching(r *register, match ...string) *directory.Preflight {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return &directory.Preflight{
		Users: r, Key: "Employee Number", Match: match, Columns: schooled, Workers: 3, Rate: 20, Log: log,
		Element: func(c string) (export.Element, bool) {
			return export.Element{Column: c, Path: c, Kind: export.KindFold}, true
		},
	}
}

// leads asks about one row, and returns the user it leads to and its faults.
func leads(t *testing.T, p *directory.Preflight, texts []string) (id, faults string) {
	t.Helper()
	r := row(2, texts...)
	faults = said(t, p, r)[0]
	u, _ := p.Found(r.Origin.String())
	return u.ID, faults
}

// TestMatch: the columns of layout.match decide in their order who a row is about.
func TestMatch(t *testing.T) {
	const nobody = "no Coupa user matches this person, and limits.creates allows no new users"
	people := []map[string]string{
		{"Employee Number": "100", "Login": "ann", "Email": "ann@x", "School": "n1"},
		{"Employee Number": "200", "Login": "bob", "Email": "bob@x", "School": "n2"},
		{"Employee Number": "", "Login": "cyd", "Email": "cyd@x", "School": "n3"},
		{"Employee Number": "400", "Login": "dan", "Email": "dan@x", "School": "same"},
		{"Employee Number": "500", "Login": "eve", "Email": "eve@x", "School": "Same"},
	}
	number, login, email, school := "Employee Number", "Login", "Email", "School"
	for _, tc := range []struct {
		name  string
		match []string
		row   []string // number, login, email, school
		id    string
		want  string
	}{
		{"e-mail alone", []string{email}, []string{"", "", " ANN@X ", ""}, "1", ""},
		{"an unknown e-mail", []string{email}, []string{"", "", "new@x", ""}, "", "Email: " + nobody},
		{"no value", []string{email, school}, []string{"100", "ann", "", ""}, "", "no user is looked for: the row has no value in any column of layout.match (Email, School)"},
		{"the first that leads to a user", []string{number, login, email}, []string{"", "bob", "new@x", ""}, "2", ""},
		{"an absent one is passed over", []string{number, email}, []string{"", "new", "bob@x", ""}, "2", ""},
		{"an unknown one is passed over", []string{school, email}, []string{"", "", "cyd@x", "n3"}, "3", ""},
		{"a blank number is filled in", []string{number, login}, []string{"300", "cyd", "", ""}, "3", ""},
		{"all agree", []string{school, number, login, email}, []string{"100", "ann", "ann@x", "N1"}, "1", ""},
		{"a new login and e-mail", []string{number, login, email}, []string{"100", "anna", "anna@x", ""}, "1", ""},
		{"a login gone and a new e-mail", []string{email, login}, []string{"", "ann", "anna@x", ""}, "1", ""},
		{"two users", []string{number, login}, []string{"100", "bob", "", ""}, "1", "Login: leads to another user in Coupa (Coupa id 2) than Employee Number does (Coupa id 1)"},
		{"three users", []string{login, number, email}, []string{"100", "bob", "cyd@x", ""}, "2",
			"Employee Number: leads to another user in Coupa (Coupa id 1) than Login does (Coupa id 2); Email: leads to another user in Coupa (Coupa id 3) than Login does (Coupa id 2)"},
		{"two users behind a later one", []string{number, school}, []string{"100", "", "", "same"}, "1", "School: leads to another user in Coupa (Coupa id 4, 5) than Employee Number does (Coupa id 1)"},
		{"one of two users behind a later one", []string{number, school}, []string{"400", "", "", "same"}, "4", ""},
		{"several users", []string{school, number}, []string{"400", "", "", "same"}, "", "School: 2 users in Coupa have this value (Coupa ids 4, 5); none is taken"},
		{"several users behind a later one", []string{number, school}, []string{"900", "", "", "same"}, "", "School: 2 users in Coupa have this value (Coupa ids 4, 5); none is taken"},
		{"another number before it", []string{number, login}, []string{"900", "bob", "", ""}, "2", "Employee Number: Coupa has another one for the user to whom Login leads (Coupa id 2)"},
		{"another number behind it", []string{login, number}, []string{"900", "bob", "", ""}, "2", ""},
		{"another number beside it", []string{login}, []string{"900", "bob", "", ""}, "2", ""},
		{"a number of another user beside it", []string{login}, []string{"100", "bob", "", ""}, "2", "Employee Number: belongs to another user in Coupa (Coupa id 1)"},
		{"nobody, with a login of somebody", []string{email}, []string{"", "ann", "new@x", ""}, "", "Login: belongs to another user in Coupa (Coupa id 1)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			id, faults := leads(t, matching(&register{users: people}, tc.match...), append(tc.row, "", ""))
			if id != tc.id || faults != tc.want {
				t.Errorf("got id %q, %q, want id %q, %q", id, faults, tc.id, tc.want)
			}
		})
	}
	p := matching(&register{users: people}, "Id", email)
	for id, want := range map[string]string{"2": "Email: leads to another user in Coupa (Coupa id 1) than Id does (Coupa id 2)", "9": "Id: no Coupa user has this Id, and a file cannot give one to a new user"} {
		if _, faults := leads(t, p, []string{"", "", "ann@x", "", "", id}); faults != want {
			t.Errorf("Id %s: got %q", id, faults)
		}
	}
	p = matching(&register{users: people, hides: number}, school, login)
	if id, faults := leads(t, p, []string{"", "ann", "", "n9", "", ""}); faults != "School: Coupa has another one for the user to whom Login leads (Coupa id 1)" {
		t.Errorf("id %s, %q", id, faults)
	}
	p = matching(&register{users: people, hides: school}, school, login)
	if id, faults := leads(t, p, []string{"", "ann", "", "n9", "", ""}); !strings.HasPrefix(faults, "School: Coupa does not show it for the user to whom Login leads (Coupa id 1)") {
		t.Errorf("id %s, %q", id, faults)
	}
}

// TestMatchCalls: a person whom the first column leads to takes part in one look-up. Whoever it does not lead to is looked
// up by the next, and nobody by a value that an answer has shown.
func TestMatchCalls(t *testing.T) {
	r := &register{}
	p := matching(r, "Employee Number", "School", "Email")
	for i := range 98 {
		v := fmt.Sprint(i)
		r.users = append(r.users, map[string]string{"Employee Number": v, "Login": "l" + v, "Email": v + "@x", "School": "s" + v})
		p.Note("k"+v, row(i, v, "l"+v, v+"@x", "s"+v, "", ""))
	}
	for i := 98; i < 147; i++ { // whose number Coupa does not have yet
		v := fmt.Sprint(i)
		r.users = append(r.users, map[string]string{"Login": "l" + v, "Email": v + "@x", "School": "s" + v})
		p.Note("k"+v, row(i, v, "l"+v, v+"@x", "s"+v, "", ""))
	}
	if err := p.Ask(t.Context()); err != nil || r.calls.Load() != 3+1 {
		t.Errorf("%d calls, %v", r.calls.Load(), err)
	}
}

// TestMatchLaw: for random users, rows and orders of columns, a row leads to the user that the rule names, and has faults
// where the rule says so. It holds whether people are asked for by key or all users are read.
func TestMatchLaw(t *testing.T) {
	pool := []string{"Employee Number", "School", "Login", "Email"}
	readAll := 0
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		size := 10 + int(seed%3)*5
		if seed%10 == 0 {
			size = 900
		}
		value := func(column string, of int) string {
			if rnd.IntN(5) == 0 {
				return ""
			}
			return fmt.Sprintf("%s%d", strings.ToLower(column[:1]), rnd.IntN(of))
		}
		r := &register{}
		taken := map[string]bool{}
		for range size {
			u := map[string]string{}
			for _, column := range pool {
				v := value(column, size*2)
				if column != "School" && taken[v] { // only a custom field may be shared
					v = ""
				}
				taken[v] = v != ""
				u[column] = v
			}
			r.users = append(r.users, u)
		}
		rnd.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
		match := slices.Clone(pool[:1+rnd.IntN(len(pool))])
		p := matching(r, match...)
		p.MayCreate, p.All = true, r
		var rows [][]string
		for i := range size {
			texts := make([]string, len(schooled))
			like := r.users[rnd.IntN(size)]
			for at, column := range schooled[:4] {
				if texts[at] = like[column]; rnd.IntN(3) == 0 {
					texts[at] = strings.ToUpper(value(column, size*3))
				}
			}
			rows = append(rows, texts)
			p.Note(fmt.Sprint(i), row(i+2, texts...))
		}
		if err := p.Ask(t.Context()); err != nil {
			t.Fatal(err)
		}
		readAll += int(min(r.pages.Load(), 1))
		for i, texts := range rows {
			u, _ := p.Found(fmt.Sprint(i))
			var got []string
			for _, f := range p.Faults(fmt.Sprint(i), row(i+2, texts...)) {
				if f.Rule == "match" || f.Rule == "several" {
					got = append(got, f.Field+" "+f.Rule)
				}
			}
			id, want := lawOf(r, match, texts)
			slices.Sort(got) // their order is no law
			slices.Sort(want)
			if u.ID != id || strings.Join(got, ", ") != strings.Join(want, ", ") {
				t.Fatalf("seed %d, match %v, row %q: got id %q, %q, want id %q, %q", seed, match, texts, u.ID, got, id, want)
			}
		}
	}
	if readAll == 0 {
		t.Error("no seed has made it read all users")
	}
}

// lawOf is the rule, said plainly and slowly: the user of a row, and the columns with faults about who it is.
func lawOf(r *register, match, texts []string) (id string, faults []string) {
	with := func(column string) (ids []string) {
		for i, u := range r.users {
			if v := texts[slices.Index(schooled, column)]; v != "" && strings.EqualFold(u[column], v) {
				ids = append(ids, strconv.Itoa(i+1))
			}
		}
		return ids
	}
	at := slices.IndexFunc(match, func(column string) bool { return len(with(column)) > 0 })
	if at < 0 {
		if strings.Join(texts[:4], "") == "" || !slices.ContainsFunc(match, func(column string) bool { return texts[slices.Index(schooled, column)] != "" }) {
			return "", []string{" match"}
		}
		return "", nil
	}
	if ids := with(match[at]); len(ids) > 1 {
		return "", []string{match[at] + " several"}
	}
	id = with(match[at])[0]
	place, _ := strconv.Atoi(id)
	user := r.users[place-1]
	for _, column := range match[:at] {
		said := texts[slices.Index(schooled, column)]
		if said != "" && user[column] != "" && column != "Login" && column != "Email" {
			faults = append(faults, column+" match")
		}
	}
	for _, column := range []string{"Login", "Employee Number", "Email", "School"} { // the order of look-ups
		if slices.Contains(match[at+1:], column) && len(with(column)) > 0 && !slices.Contains(with(column), id) {
			faults = append(faults, column+" match")
		}
	}
	return id, faults
}
