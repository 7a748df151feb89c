package mapping

import (
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// staff are people of a test, by key and part.
type staff map[string]string

// Of returns a part of a person.
func (s staff) Of(key, part string) (string, bool) {
	text, ok := s[key+" "+part]
	return text, ok
}

// TestPerson: a part of another person is read alike by closures, by the VM and in variables; whoever is not known is a fault with the key as
// its value, which no log has.
func TestPerson(t *testing.T) {
	people := staff{"7 login": "ann", "7 email": "ann@example.com", "8 employee_number": "8", "9 login": ""}
	for _, tt := range []struct{ expr, boss, want string }{
		{"person(boss).login", "7", "ann"},
		{"person(boss).login", " 7 ", "ann"},
		{"person(boss).login", "", ""},
		{"person(boss).login", "9", ""},
		{"upper(person(boss).email)", "7", "ANN@EXAMPLE.COM"},
		{"person(substring(boss, 1)).employee_number", "x8", "8"},
		{"filter([person(boss).login], # != nil)[0]", "7", "ann"},
		{"if(boss == \"7\", person(boss).login, boss)", "7", "ann"},
		{"if(boss == \"7\", person(boss).login, boss)", "6", "6"}, // who is not named is not looked for
		{"chief ?? \"none\"", "7", "ann"},
		{"person(boss).login", "6", "6: is of a person who is not in the feed, and whose login is not known otherwise"},
		{"filter([person(boss).login], # != nil)[0]", "6", "6: is of a person who is not in the feed, and whose login is not known otherwise"},
		{"chief", "6", "6: is of a person who is not in the feed, and whose login is not known otherwise"},
		{"person(boss).employee_number", "7", "7: is of a person who is not in the feed, and whose employee number is not known otherwise"},
	} {
		m, problems := New(Options{Columns: []Column{{Name: "Approver Login", Expr: tt.expr}}, Vars: vars("chief: person(boss).login")})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if !m.AsksPeople() || !m.ReadsPeople("Approver Login") {
			t.Errorf("%s: it is not known that people are read", tt.expr)
		}
		rec := record("boss=" + tt.boss)
		r, err := m.With(people).Bind(rec.Header)
		if err != nil {
			t.Fatal(err)
		}
		cells := make([]export.Cell, 1)
		faults := r.Map(rec, cells)
		got := cells[0].Text
		if len(faults) > 0 {
			got = faults[0].Value + ": " + faults[0].Message
		}
		if got != tt.want {
			t.Errorf("%s of %q: got %q, want %q", tt.expr, tt.boss, got, tt.want)
		}
		alone, err := m.Bind(rec.Header)
		if err != nil {
			t.Fatal(err)
		}
		if f := alone.Map(rec, cells); strings.Contains(tt.want, ": ") && (len(f) != 1 || !strings.HasSuffix(f[0].Message, "is not looked for here")) {
			t.Errorf("%s of %q: without people, found %v", tt.expr, tt.boss, f)
		}
	}
	if m, _ := New(Options{Columns: []Column{{Name: "Login", Expr: "login"}}}); m.AsksPeople() || m.ReadsPeople("Login") {
		t.Error("a mapping that reads no one asks for people")
	}
}
