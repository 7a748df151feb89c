package export_test

import (
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
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
		if got, back := export.Edits(c.a, c.b), export.Edits(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("%q and %q: %d and %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
}
