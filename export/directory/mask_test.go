package directory_test

import (
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/exporttest"
)

// TestMask: Coupa's messages quote what was sent; a log must not.
func TestMask(t *testing.T) {
	cell := func(column, text string, kind export.ElementKind) export.ElementCell {
		return export.ElementCell{Element: export.Element{Column: column, Kind: kind}, Cell: exporttest.Set(text)}
	}
	cells := []export.ElementCell{
		cell("Login", "jdoe", export.KindFold), cell("Email", "jdoe@example.com", export.KindFold),
		cell("First Name", "Al", export.KindText), cell("Last Name", "Öz (Doe)", export.KindText),
		cell("Status", "active", export.KindStatus), cell("User Role Names", "Buyer,Head of A+B", export.KindNames),
		{Element: export.Element{Column: "Middle Name"}, Cell: export.Cell{State: export.Clear}},
		{Element: export.Element{Column: "Mention Name", Path: "mention-name"}, Cell: exporttest.Set("Jürgen-Öz van der Berg")},
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
		"Zoe\u0308 and Zo\u00eb":                        "[Login] and [Login]", // composed or decomposed
		"Öz\n(Doe)\tor A\u200bl, Berg, Ju\u0308rgen-Öz": "[Last Name] or A l, [Mention Name], [Mention Name]",
		"": "",
		"jdoe@example.com jdoe <j@b.example>; mail: x@y.z": "[Email] [Login] <[e-mail]>; mail: [e-mail]",
	} {
		m := directory.Masker{About: cells, Login: func(word string) bool { return known[strings.ToLower(word)] }}
		if got := m.Mask(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	m := directory.Masker{Login: func(string) bool { return false }}
	if got := m.Mask(strings.Repeat("ä ", 20_000)); len([]rune(got)) != 303 {
		t.Errorf("a long text has %d letters left", len([]rune(got)))
	}
}
