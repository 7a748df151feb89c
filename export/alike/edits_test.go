package alike_test

import (
	"testing"

	"github.com/hr2coupa/hr2coupa/export/alike"
)

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"login", "login", 0},
		{"", "login", 5},
		{"login", "logins", 1},
		{"login", "lgoin", 2},
		{"Straße", "Strasse", 2},
		{"ärger", "arger", 1}, // a character, not its bytes
		{"kitten", "sitting", 3},
		{"status", "approver", 8},
	} {
		if got, back := alike.Edits(c.a, c.b), alike.Edits(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("%q and %q: %d and %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
}

// TestNearest: the probable name is proposed, and none where it would be a guess.
func TestNearest(t *testing.T) {
	known := []string{"Login", "Employee Number", "max_rows", "id", "Default Address Location Code"}
	for word, want := range map[string]string{
		"Lgoin":                     "Login",
		"LOGIN":                     "Login",
		"employee_number":           "Employee Number",
		"Employe Numbr":             "Employee Number",
		"maxrows":                   "max_rows",
		"ix":                        "",
		"mail":                      "",
		"":                          "",
		"something else altogether": "",
	} {
		if got := alike.Nearest(word, known); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
