package mapping

import (
	"regexp/syntax"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestRegexBounds: HR's data cannot make a regular expression run without end. Each of these took seconds to hours, or
// gigabytes, and is now a fault of the record.
func TestRegexBounds(t *testing.T) {
	large := strings.Repeat("a", 1<<20-100)
	long := strings.Repeat("a", 60<<10)
	tests := []struct{ name, expr, x, cause string }{
		{"a text of 1 MB", `regexReplace(x, "b", "")`, large, "longer than 64 KiB"},
		{"a text of 1 MB, matched", `x matches "b" ? 1 : 2`, large, "longer than 64 KiB"},
		{"a look at all that follows, for each character", `regexReplace(x, "(a.*b)|a", "")`, long, "too long for so costly a pattern"},
		{"the same of a few", `regexReplace(x, "(a.*b)|a", "")`, long[:4000], "too long for so costly a pattern"},
		{"many empty loops", `regexReplace(x, "(a?){900}b", "")`, long, "too long for so costly a pattern"},
		{"many empty loops, matched", `x matches "(a?){900}b" ? 1 : 2`, long, "too long for so costly a pattern"},
		{"a list of costly ones", `join(map(split(x, ","), regexReplace(#, "(a.*b)|a", "")), "")`, strings.Repeat(strings.Repeat("a", 500)+",", 900), "too long for so costly a pattern"},
		{"a replacement that is multiplied", `regexReplace(x, "a*", "` + strings.Repeat("$0", 1000) + `")`, long, "grows beyond 64 KiB"},
		{"a replacement for each character", `regexReplace(x, "a", "0123456789")`, long, "grows beyond 64 KiB"},
		{"the rest grows too", `regexReplace(x, "^a", "` + strings.Repeat("b", 3900) + strings.Repeat("c", 10) + `")`, long + long[:4<<10-20], "grows beyond 64 KiB"},
		{"a pattern of HR's", `regexReplace(x, x, "")`, large[:5000], "not a regular expression"},
		{"a pattern of HR's that repeats itself", `regexReplace("aaa", x, "")`, strings.Repeat("a{1000}", 12), "not a regular expression"},
		{"a pattern of HR's, matched", `"aaa" matches x ? 1 : 2`, strings.Repeat("a{1000}", 12), "not a regular expression"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, fault := mapOne(t, Column{Expr: tt.expr}, record("x="+tt.x))
			if fault == nil || !strings.Contains(fault.Message, tt.cause) {
				t.Errorf("%v, want %q", fault, tt.cause)
			}
		})
	}
}

// TestRegexWork: the bound is for a record, not for a column, and each record has its own.
func TestRegexWork(t *testing.T) {
	m := compile(t, Column{Name: "A", Expr: `regexReplace(x, "(a.*b)|a", "")`}, Column{Name: "B", Expr: `regexReplace(x, "(a.*b)|a", "-")`})
	rec := record("x=" + strings.Repeat("a", 1000))
	r := bind(t, m, rec)
	for range 3 {
		cells := make([]export.Cell, 2)
		faults := r.Map(rec, cells)
		if len(faults) != 1 || faults[0].Field != "B" || !strings.Contains(faults[0].Message, "too long for so costly a pattern") {
			t.Errorf("faults %v, want one of B", faults)
		}
	}
}

// TestRegexWithin: usual patterns and texts pass.
func TestRegexWithin(t *testing.T) {
	words := strings.Repeat("Łukasz ", 300)
	tests := []struct{ expr, x, want string }{
		{`regexReplace(x, "[^0-9]", "")`, strings.Repeat("a1", 20000), strings.Repeat("1", 20000)},
		{`regexReplace(x, "\\s+", " ")`, strings.Repeat("some  words ", 150), strings.Repeat("some words ", 150)},
		{`regexReplace(x, "\\p{L}", "x")`, words, strings.Repeat("xxxxxx ", 300)},
		{`regexReplace(x, "(\\w+), (\\w+)", "$2 $1")`, "Doe, Jane", "Jane Doe"},
		{`join(map(split(x, ","), regexReplace(trim(#), "^R_\\d+_", "")), ",")`, strings.Repeat("R_12_Buyer of things, ", 200), strings.TrimSuffix(strings.Repeat("Buyer of things,", 200), ",")},
		{`x matches "^[a-z.]+@acme\\.example$" ? "in" : "out"`, "jane.doe@acme.example", "in"},
		{`x not matches "^[a-z.]+@acme\\.example$" ? "out" : "in"`, "jane.doe@acme.example", "in"},
		{`gone matches "x" ? "in" : "out"`, "", "out"}, {`"x" matches gone ? "in" : "out"`, "", "out"},
		{`(x matches "a" ?: false) ? "in" : "out"`, "ab", "in"}, {`(regexReplace(x, "b", "") == "a" ?: false) ? "in" : "out"`, "ab", "in"},
	}
	for _, tt := range tests {
		cell, fault := mapOne(t, Column{Expr: tt.expr}, record("x="+tt.x, "gone"))
		if fault != nil || cell.Text != tt.want {
			t.Errorf("%s: got %.60q, %v; want %.60q", tt.expr, cell.Text, fault, tt.want)
		}
	}
}

// TestRegexTooLarge: a pattern that is too large is a problem of the mapping.
func TestRegexTooLarge(t *testing.T) {
	for _, expr := range []string{
		`regexReplace(x, "` + strings.Repeat("a{1000}", 12) + `", "")`, `x matches "(abcdefghijkl){1000}" ? 1 : 2`,
	} {
		_, problems := New(Options{Columns: []Column{{Name: "A", Expr: expr}}})
		if len(problems) != 1 || !strings.Contains(problems[0].Message, "the pattern is too large") {
			t.Errorf("%.40s: %v", expr, problems)
		}
	}
}

// TestRegexMeasure: the measure of a pattern is never below the size of its compiled form, and its reach never below
// the length of its matches.
func TestRegexMeasure(t *testing.T) {
	for _, s := range []string{"", "a", "abc", "a|b|cd", "(a|bc)*d", "[a-z]{3,7}x?", `\p{L}+`, "(?i)straße", "(a{2,}b){3}", `^\d+$`, "((a|b){5}|c{9}){4}", ".*?x", "(?s).{10,20}", `\bfoo\b`} {
		tree, err := syntax.Parse(s, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		cost, _ := measure(tree)
		prog, err := syntax.Compile(tree.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		if cost+2 < len(prog.Inst) { // every program has fail and match
			t.Errorf("%s: measured %d, compiled to %d", s, cost, len(prog.Inst))
		}
	}
	for s, want := range map[string]int{"abc": 3, "a|b|cd": 2, "(a|bc){3}d?": 7, "a*": maxText, "a{2,}": maxText, "(ab{3}){2}": 8} {
		tree, err := syntax.Parse(s, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		if _, reach := measure(tree); reach != want {
			t.Errorf("%s: reaches %d, want %d", s, reach, want)
		}
	}
}
