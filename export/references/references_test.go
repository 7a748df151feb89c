package references

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestNear: another spelling is told before a typing error, a typing error before nothing, and nothing where it would be a guess.
func TestNear(t *testing.T) {
	l := New("departments.txt", []string{"Finance", "finance 2", "Légal", "Strasse", "HR", "IT", "Sales EMEA", "Sales EMEB", "Räumlichkeiten", "Finance"})
	if l.Len() != 9 || !l.Has("Finance") || l.Has("FINANCE") {
		t.Errorf("%d names, Finance %v, FINANCE %v", l.Len(), l.Has("Finance"), l.Has("FINANCE"))
	}
	for name, want := range map[string]string{
		"FINANCE":         "Finance",
		" fi-nance":       "Finance",
		"Finance2":        "finance 2",
		"Finanse":         "Finance",
		"Legal":           "Légal",
		"LE\u0301GAL":     "Légal", // the accent as a letter of its own
		"Straße":          "Strasse",
		"HT":              "", // two other letters of two
		"hr":              "HR",
		"Sales EMEC":      "Sales EMEA", // of two that are equally near the first
		"Raumlichkeitenn": "Räumlichkeiten",
		"Marketing":       "",
		"":                "",
		"--":              "",
	} {
		for range 3 { // it does not depend on the order of a map, nor on what was asked before
			if got := New("x", l.sorted()).Near(name); got != want {
				t.Errorf("%q: got %q, want %q", name, got, want)
			}
		}
		if got, again := l.Near(name), l.Near(name); got != want || again != want {
			t.Errorf("%q: got %q and %q, want %q", name, got, again, want)
		}
	}
}

// TestLongLists: of a long list other spellings are found, and no typing errors.
func TestLongLists(t *testing.T) {
	names := make([]string, mostCompared+1)
	for i := range names {
		names[i] = fmt.Sprintf("Location %d", i)
	}
	l := New("x", names)
	if got := l.Near("LOCATION-17"); got != "Location 17" {
		t.Errorf("got %q", got)
	}
	if got := l.Near("Locetion 17"); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, text, column string
		want               string // names, or LINE: MESSAGE of each problem
	}{
		{"one name in a line", "Finance\n\n Sales, EMEA \nLegal\nFinance", "", "Finance|Legal|Sales, EMEA"},
		{"in quotes", "\"Sales, EMEA\"\n\"a \"\"b\"\"\"\n\"\n", "", `"|Sales, EMEA|a "b"`},
		{"a table of one column", "Name\nFinance\n", "Name", "Finance"},
		{"a table", "Id,Name\n1,\"Sales, EMEA\"\n2,\n3,Legal\n", "Name", "Legal|Sales, EMEA"},
		{"semicolons", "Id;Name\n1;Sales, EMEA\n", "Name", "Sales, EMEA"},
		{"tabs", "Id\tName\n1\tSales\n", "Name", "Sales"},
		{"empty", "", "", "0: has no names"},
		{"only a header", "Name\n", "Name", "0: has no names"},
		{"no file of the table", "", "Name", "0: has no names"},
		{"blank lines", "\n \n", "", "0: has no names"},
		{"no such column", "Id,Name\n1,a\n", "Nam", `1: the header has no column "Nam"`},
		{"a column that is not named", "Id,Name\n1,a\n2,b\n", "", "1: every line has 2 fields, and references names no column of it"},
		{"ragged", "Id,Name\n1,Sales, EMEA\n2,b\n3\n", "Name", "2: has 3 fields, the header has 2|4: has 1 fields, the header has 2"},
		{"a quote", "Id,Name\n1,a\n2,\"b\n", "Name", "3: extraneous or missing \" in quoted-field"},
		{"control", "Finance\nLe\x00gal\n", "", "2: has a control character"},
		{"a long line", "Finance\n" + strings.Repeat("a", 256) + "\n", "", "2: is longer than 255 characters"},
		{"many", strings.Repeat("a\n", MaxNames) + "b\nc\nd\n", "", fmt.Sprintf("%d: there are more than %[2]d names", MaxNames+1, MaxNames)},
	} {
		l, problems := Read("x", []byte(tt.text), tt.column)
		var got []string
		for _, p := range problems {
			got = append(got, fmt.Sprintf("%d: %s", p.Line, p.Message))
		}
		if l != nil {
			got = l.sorted()
		}
		if strings.Join(got, "|") != tt.want || (l == nil) != (len(problems) > 0) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if _, problems := Read("x", []byte(strings.Repeat("\x00\n", 1000)), ""); len(problems) != 20 {
		t.Errorf("%d problems of a file that is no list", len(problems))
	}
}

// FuzzRead: a list has names that a line of the file has, and no blanks around them.
func FuzzRead(f *testing.F) {
	f.Add([]byte("Finance\n\"Sales, EMEA\"\n"), "")
	f.Add([]byte("Id;Name\n1;Legal\n"), "Name")
	f.Fuzz(func(t *testing.T, text []byte, column string) {
		l, problems := Read("x", text, column)
		if (l == nil) != (len(problems) > 0) {
			t.Fatalf("list %v, problems %v", l, problems)
		}
		if l == nil {
			return
		}
		names := l.sorted()
		if len(names) == 0 || slices.Contains(names, "") {
			t.Errorf("names %q", names)
		}
		for _, n := range names {
			if !l.Has(n) || n != strings.TrimSpace(n) || l.Near(n) == "" && plainly(n) != "" {
				t.Errorf("name %q: near %q", n, l.Near(n))
			}
		}
	})
}
