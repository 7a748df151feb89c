package mapping

import (
	"testing"
	"unicode"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestWordOfHR: the word by which Coupa removes all roles is a fault where it comes from HR, however it is written and
// whatever the mapping does with it.
func TestWordOfHR(t *testing.T) {
	words := []string{"--NULL--", "--null--", " --Null-- ", "\t--NULL--", "--\u00a0NULL--", "\u200b--NULL--\ufeff", "-- NULL --"}
	tests := []struct {
		expr string
		list bool
	}{
		{`replace(roles)`, true}, {`replace(trim(roles))`, true}, {`replace(roles ?? "User")`, true},
		{`replace(split(roles, ","))`, true}, {`replace(map(split(roles, ","), upper(trim(#))))`, true},
		{`replace(filter(split(roles, ","), # != "x"))`, true}, {`replace(join(split(roles, ";"), ","))`, true},
		{`replace(roles ?? "--NULL--")`, true}, {`roles == "x" ? replace("--NULL--") : replace(roles)`, true},
		{`replace(lookup("gone", other) ?? roles)`, true}, {`let r = roles; replace(r)`, true},
		{`roles`, false}, {`trim(roles)`, false}, {`roles ?? "x"`, false}, {`concat(roles, "")`, false},
		{`field("roles")`, false}, {`first(split(roles, "|"))`, false}, {`find(split(roles, "|"), true)`, false},
	}
	for _, tt := range tests {
		for _, word := range words {
			wantWord(t, tt.expr, tt.list, "roles="+word)
		}
	}
	for _, roles := range []string{"User,--NULL--", "--NULL--,User", "User, --null-- ,Buyer"} {
		wantWord(t, `replace(roles)`, true, "roles="+roles)
	}
	wantWord(t, `replace(concat("--", roles, "--"))`, true, "roles=NULL")
	wantWord(t, `replaceText(roles, "_", "-")`, false, "roles=__NULL__")
}

// TestWordBegins: the first byte decides nearly every cell; every byte at which the word can begin is in the list.
func TestWordBegins(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if text := string(r) + export.NullWord; unseen(r) && !isWord(text) {
			t.Errorf("%U before the word", r)
		}
	}
}

func wantWord(t *testing.T, expr string, list bool, roles string) {
	t.Helper()
	cell, fault := mapWords(t, expr, list, roles)
	if fault == nil || fault.Rule != "word" || cell != (export.Cell{}) {
		t.Errorf("%s of %q: got %+v, %v; want a fault of the rule word", expr, roles, cell, fault)
	}
}

func mapWords(t *testing.T, expr string, list bool, pairs ...string) (export.Cell, *export.Fault) {
	t.Helper()
	none := export.NullWord
	m, problems := New(Options{
		Columns: []Column{{Name: "Roles", Expr: expr, List: list}},
		Tables: []Table{
			{Name: "gone", Values: map[string]string{"x": ""}},
			{Name: "role", Values: map[string]string{"none": "--NULL--", "--NULL--": "--NULL--", "u": "User"}},
			{Name: "rest", Values: map[string]string{"u": "User"}, Default: &none},
		},
	})
	if m == nil {
		t.Fatalf("%s: %v", expr, problems)
	}
	rec := record(append(pairs, "other=o")...)
	r := bind(t, m, rec)
	whole := make([]export.Cell, 1)
	faults := r.Map(rec, whole)
	rec.Missing = nil // as in records of a CSV
	if again := r.Map(rec, whole); len(again) != len(faults) {
		t.Errorf("%s: faults %v with fields that may lack, %v without", expr, faults, again)
	}
	cell, fault := r.MapColumn(rec, 0)
	if (fault == nil) != (len(faults) == 0) || cell != whole[0] {
		t.Errorf("%s: the row's cell is %+v, %v; the column's %+v, %v", expr, whole[0], faults, cell, fault)
	}
	return cell, fault
}

// TestWordOfMapping: the word is allowed where the mapping itself holds it, and a text that only contains the word is
// no order.
func TestWordOfMapping(t *testing.T) {
	tests := []struct {
		expr  string
		list  bool
		roles string
		want  string
	}{
		{`replace("--NULL--")`, true, "roles=User", "--NULL--"}, {`replace(roles ?? "--NULL--")`, true, "roles", "--NULL--"},
		{`replace(roles ?? "--NULL--")`, true, "roles=User", "User"}, {`roles == "none" ? replace("--NULL--") : replace(roles)`, true, "roles=none", "--NULL--"},
		{`replace(lookup("role", roles))`, true, "roles=none", "--NULL--"}, {`replace(lookup("role", roles))`, true, "roles=--NULL--", "--NULL--"},
		{`replace(map(split(roles, ","), lookup("role", trim(#))))`, true, "roles=u,none", "User,--NULL--"},
		{`replace(map(split(roles, ","), lookup("role", trim(#))))`, true, "roles=u,--NULL--", "User,--NULL--"},
		{`replace(lookup("rest", roles))`, true, "roles=unheard", "--NULL--"}, {`replace(lookup(other == "o" ? "role" : "rest", roles))`, true, "roles=none", "--NULL--"},
		{`replace(regexReplace(roles, "^none$", "--NULL--"))`, true, "roles=none", "--NULL--"},
		{`"--NULL--"`, false, "roles=User", "--NULL--"}, {`roles == "--NULL--" ? "none" : roles`, false, "roles=--NULL--", "none"},
		{`roles`, false, "roles=NULL", "NULL"}, {`roles`, false, "roles=a --NULL-- b", "a --NULL-- b"}, {`roles`, false, "roles=--", "--"},
		{`roles`, false, "roles=Łódź", "Łódź"}, {`replace(roles)`, true, "roles=User --NULL--", "User --NULL--"}, {`roles`, false, "roles= -1", " -1"},
	}
	for _, tt := range tests {
		cell, fault := mapWords(t, tt.expr, tt.list, tt.roles)
		if fault != nil || cell.Text != tt.want {
			t.Errorf("%s of %q: got %q, %v; want %q", tt.expr, tt.roles, cell.Text, fault, tt.want)
		}
	}
	if cell, fault := mapWords(t, `roles == "--NULL--" ? clear() : replace(roles)`, true, "roles=--NULL--"); fault != nil || cell.State != export.Clear {
		t.Errorf("clear() for the word: got %+v, %v", cell, fault)
	}
}
