package layout

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

func people(n int, more []export.Cell) (rows []*export.Row) {
	for i := range n {
		rows = append(rows, person(i, more...))
	}
	return rows
}

func TestCompare(t *testing.T) {
	var names []string
	for _, c := range Columns() {
		names = append(names, c.Name)
	}
	edit := func(f func([]string) []string) string { return strings.Join(f(slices.Clone(names)), ",") + "\r\n" }
	at := func(name string) int { return slices.Index(names, name) }
	for _, c := range []struct {
		name, template string
		custom         []string
		want           Diff
	}{
		{"same", edit(func(n []string) []string { return n }), nil, Diff{}},
		{"bom and data", bom + edit(func(n []string) []string { return n }) + "1,2,3\n", nil, Diff{}},
		{"starred", edit(func(n []string) []string { n[at("Email")] = "Email*"; n[at("Login")] = "Login *"; return n }), nil, Diff{Starred: []string{"Login", "Email"}}},
		{"missing", edit(func(n []string) []string { return slices.Delete(n, at("Travel User"), at("Treasury User")+1) }), nil,
			Diff{Missing: []string{"Travel User", "Treasury User"}}},
		{"unknown", edit(func(n []string) []string { return append(n, "Edit Invoice On Quick Entry") }), nil, Diff{Unknown: []string{"Edit Invoice On Quick Entry"}}},
		{"custom", edit(func(n []string) []string { return append(n, "School") }), []string{"School", "House"}, Diff{Missing: []string{"House"}}},
		{"twice", edit(func(n []string) []string { return append(n, "Id") }), nil, Diff{Duplicate: []string{"Id"}}},
		{"moved", edit(func(n []string) []string { return append(n[1:], n[0]) }), nil, Diff{Moved: []string{"Id"}}},
	} {
		got, err := Compare(strings.NewReader(c.template), c.custom)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", c.name, d)
		}
		if same := got.Same(); same != (len(c.want.Missing)+len(c.want.Unknown)+len(c.want.Duplicate) == 0) {
			t.Errorf("%s: same %v", c.name, same)
		}
	}
}

func TestCompareRefuses(t *testing.T) {
	for template, want := range map[string]string{
		"":                              "empty",
		"Id;Login;Email":                "semicolons",
		"Id\tLogin":                     "tabs",
		"Id,\xff":                       "UTF-8",
		"\"Id,Login":                    "header",
		strings.Repeat("x", 1<<20+1):    "larger",
		strings.Repeat("x,", maxHeader): "columns",
	} {
		if _, err := Compare(strings.NewReader(template), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", template, err, want)
		}
	}
}
