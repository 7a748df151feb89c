package mapping

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

func TestProblems(t *testing.T) {
	tests := []struct {
		expr string
		list bool
		pos  int
		want string // message | hint
	}{
		{`lowr(email)`, false, 1, `unknown function lowr | did you mean "lower"?`},
		{`concat(a, zzzzzzzz(b))`, false, 11, "unknown function zzzzzzzz"},
		{`first name`, false, 7, `| write a field whose name has blanks or signs as field("Employee ID")`},
		{`first +`, false, 7, "unexpected"},
		{`"open`, false, 6, "not terminated"},
		{``, false, 0, "there is no expression"},
		{strings.Repeat("x", maxExpr+1), false, 0, "longer than 4096 bytes"},
		{"[" + strings.Repeat("1,", 1500) + "1]", false, 2003, "exceeds maximum allowed nodes"},
		{`lower()`, false, 1, "lower takes 1 argument(s), here are 0"},
		{`concat()`, false, 1, "concat takes at least 1 argument(s), here are 0"},
		{`substring(a)`, false, 1, "substring takes 2 to 3 arguments, here are 1"},
		{`lookup("stauts", s)`, false, 8, `the mapping has no table "stauts" | did you mean "status"?`},
		{`lookup("dept", s)`, false, 8, `table "dept" has 2 key(s), and lookup was given 1`},
		{`lookup("", s)`, false, 8, `the mapping has no table ""`},
		{`regexReplace(a, "(", "")`, false, 17, "regexReplace: missing closing )"},
		{`date(a, "yyyy-mm-dd")`, false, 9, "date: the layout must be made of YYYY"},
		{`formatDate(a, "")`, false, 15, "formatDate: the layout is empty"},
		{`phone(a, "XX")`, false, 10, "phone: the country is unknown"},
		{`field(a)`, false, 1, "field needs the field's name as text"},
		{`field("a", "b")`, false, 1, "field needs the field's name as text"},
		{`if(a)`, false, 1, "if takes a condition and two values"},
		{`if(a, 1, 2)`, false, 4, "an HR field is text, not a condition"},
		{`a ? 1 : 2`, false, 1, "an HR field is text, not a condition"},
		{`a ?: 2`, false, 1, "an HR field is text, not a condition"},
		{`!a`, false, 2, "an HR field is text, not a condition"},
		{`a == "" and b`, false, 13, "an HR field is text, not a condition"},
		{`zip == 75001`, false, 1, `an HR field is text, not a number | compare it with "75001", or write int(...)`},
		{`1.5 > zip`, false, 7, `an HR field is text, not a number | compare it with "1.5", or write int(...)`},
		{`active == true`, false, 1, `an HR field is text, not true or false | compare it with "true", or write yesno(...)`},
		{`name.first`, false, 6, `fields have no parts | write a field whose name has a dot as field("name.first")`},
		{`name[0]`, false, 5, "an HR field is text, not a list"},
		{`name?.first`, false, 7, "this form is not available in mappings"},
		{`a[1:2]`, false, 2, "this form is not available in mappings"},
		{`{"a": "b"}`, false, 1, "this form is not available in mappings"},
		{`a; b`, false, 1, "this form is not available in mappings"},
		{`b"x"`, false, 1, "this form is not available in mappings"},
		{`now()`, false, 1, "now is not available in mappings"},
		{`toJSON(a)`, false, 1, "toJSON is not available in mappings"},
		{`::now()`, false, 3, "now is not available in mappings"},
		{`sortBy([a], #)`, false, 1, "sortBy is not available in mappings"},
		{`reduce([1], #acc + #)`, false, 1, "reduce is not available in mappings"},
		{`map(1..9, #)`, false, 6, "the operator .. is not available in mappings"},
		{`2 ** 3`, false, 3, "the operator ** is not available in mappings"},
		{`$env`, false, 1, "$env is not available in mappings"},
		{`map([a], #acc)`, false, 10, "#acc is not available in mappings"},
		{`any([a], any([b], true))`, false, 10, "any is inside another predicate"},
		{`a.b(c)`, false, 3, "only functions can be called"},
		{`"a" + 1 == "b" ? true : ("x" - 1)`, false, 30, "invalid operation"},
		{`lower(clear())`, false, 7, "clear(...) is a whole result"},
		{`clear() == nil ? a : b`, false, 1, "clear(...) is a whole result"},
		{`replace(roles)`, false, 1, "replace(...) is for list columns"},
		{`concat(replace(roles), "x")`, false, 8, "replace(...) is a whole result"},
		{`roles`, true, 1, "a list column replaces what Coupa holds | write replace(...)"},
		{`field("My Roles")`, true, 1, "a list column replaces what Coupa holds"},
		{`"a,b"`, true, 1, "a list column replaces what Coupa holds"},
		{`concat(roles, ",x")`, true, 1, "a list column replaces what Coupa holds"},
		{`a == "x" ? replace(roles) : roles`, true, 29, "a list column replaces what Coupa holds"},
		{`replace(a) ?? b`, true, 15, "a list column replaces what Coupa holds"},
		{`let r = replace(a); r`, true, 0, "a list column replaces what Coupa holds"},
		{`merge(coupa["User Role Name"], roles)`, true, 12, `coupa[...]: there is no Coupa column "User Role Name" | did you mean "User Role Names"?`},
		{`coupa["quantum"]`, false, 6, `coupa[...]: there is no Coupa column "quantum" | hr2coupa layout lists the columns`},
		{`coupa[roles]`, false, 6, `coupa[...] needs the name of a Coupa column as text | write coupa["User Role Names"]`},
		{`coupa["Generate Password And Notify User"]`, false, 6, `Coupa does not show the column "Generate Password And Notify User"`},
		{`merge(a)`, false, 1, "merge takes at least 2 argument(s), here are 1"},
		{`merge(coupa["Col"], ["x"])`, false, 1, "merge(...) is for list columns, this column holds one value"},
		{`without(coupa["Col"], ["x"])`, false, 1, "without(...) is for list columns, this column holds one value"},
		{`without(coupa["Col"], ["x"]) ?? "a"`, false, 1, "without(...) is for list columns, this column holds one value"},
		{`merge(a, ["x"])`, true, 1, `merge(...) changes the list that Coupa holds, and this one does not read it | write merge(coupa["Col"], ...), or replace(...)`},
		{`merge(coupa["Content Groups"], ["x"])`, true, 1, `merge(...) changes the list that Coupa holds, and this one does not read it`},
		{`without(["x"], coupa["Col"])`, true, 1, `without(...) changes the list that Coupa holds, and this one does not read it`},
		{`coupa["Col"]`, true, 6, "a list column replaces what Coupa holds"},
		{`lower(merge(coupa["Col"], ["x"]))`, true, 7, "merge(...) is a whole result"},
	}
	for _, tt := range tests {
		m, problems := New(Options{Tables: testTables(), ReadFile: readTestFile, Coupa: coupaColumns, Columns: []Column{{Name: "Col", Expr: tt.expr, List: tt.list, Line: 3}}})
		if m != nil || len(problems) == 0 {
			t.Errorf("%s: no problem", shorten(tt.expr))
			continue
		}
		found := false
		for _, p := range problems {
			if p.Column != "Col" || p.Line != 3 || p.Expr != tt.expr || p.Pos < 0 {
				t.Errorf("%s: incomplete problem %+v", shorten(tt.expr), p)
			}
			found = found || strings.Contains(p.Message+" | "+p.Hint, tt.want) && (tt.pos == p.Pos || tt.expr[:min(3, len(tt.expr))] == "let")
		}
		if !found {
			t.Errorf("%s: %+v, want %q at %d", shorten(tt.expr), problems, tt.want, tt.pos)
		}
	}
}

func TestProblemText(t *testing.T) {
	_, problems := New(Options{Columns: []Column{{Name: "Email", Expr: `ïd ?? lowr(email)`, Line: 12}}})
	if len(problems) != 1 {
		t.Fatal(problems)
	}
	want := `line 12: column "Email": unknown function lowr, at character 7 of ïd ?? lowr(email)
    ïd ?? lowr(email)
          ^`
	var err error = problems[0]
	if err.Error() != want {
		t.Errorf("got\n%s\nwant\n%s", err, want)
	}
	if hints := export.HintsOf(err); !slices.Equal(hints, []string{`did you mean "lower"?`}) {
		t.Errorf("hints %q", hints)
	}
	if got := (Problem{Message: "m", Expr: strings.Repeat("é ", 60)}).Error(); strings.Contains(got, "\n") || !strings.HasSuffix(got, "...") {
		t.Errorf("a long expression: %q", got)
	}
}

// TestProblemPointsAtItsPlace: the caret is under its place in 80 columns, whatever comes before it.
func TestProblemPointsAtItsPlace(t *testing.T) {
	long := strings.Repeat("field_one ?? ", 20)
	for name, c := range map[string]struct{ expr, line, under string }{
		"whole":            {expr: "a ?? !b", line: "a ?? !b", under: "!"},
		"at the end":       {expr: "lower(a", line: "lower(a", under: ""},
		"on a later line":  {expr: "a ??\n\tb ??\n  !c\n  ?? d", line: "  !c", under: "!"},
		"a tab before":     {expr: "a\t?? !b", line: "a ?? !b", under: "!"},
		"wide characters":  {expr: `"漢字" + !b`, line: `"漢字" + !b`, under: "!"},
		"combining marks":  {expr: "\"e\u0301\" + !b", line: "\"e\u0301\" + !b", under: "!"},
		"no control":       {expr: "\"\x1b\u202e\" + !b", line: `"  " + !b`, under: "!"},
		"long, early":      {expr: "!" + long, line: "!field_one ?? field_one ?? field_one ?? field_one ?? field...", under: "!"},
		"long, in between": {expr: long + "!" + long, under: "!"},
		"long, late":       {expr: long + "!", under: "!"},
		"long, its end":    {expr: long, under: ""},
		"long and wide":    {expr: strings.Repeat("漢", 90) + "!" + strings.Repeat("字", 90), under: "!"},
	} {
		at := len([]rune(c.expr))
		if before, _, ok := strings.Cut(c.expr, "!"); ok {
			at = len([]rune(before))
		}
		_, drawn, _ := strings.Cut(Problem{Message: "m", Expr: c.expr, Pos: at + 1}.Error(), "\n")
		line, caret, ok := strings.Cut(drawn, "\n")
		if !ok || c.line != "" && line != "    "+c.line {
			t.Errorf("%s: line %q", name, line)
		}
		before, mark, _ := strings.Cut(line, "!")
		if c.under != "" && mark == "" && !strings.HasSuffix(line, "!") {
			t.Errorf("%s: the place is not shown: %q", name, line)
		}
		if want := columns([]rune(before)); caret != strings.Repeat(" ", want)+"^" {
			t.Errorf("%s: caret %q, want it in column %d of %q", name, caret, want, line)
		}
		if n := columns([]rune(line)); n+len("error: ") > 80 {
			t.Errorf("%s: %d columns", name, n)
		}
	}
}

// TestAllProblems: New returns every problem of a mapping at once, in the order of the config.
func TestAllProblems(t *testing.T) {
	_, problems := New(Options{
		Columns: []Column{
			{Name: "Login", Expr: `lowr(a) ?? uppr(b)`, Line: 2},
			{Name: "Email", Expr: `lookup("bad", a)`, Line: 3},
			{Name: "Login", Expr: `c`, Line: 4},
			{Name: " ", Expr: `c`, Line: 5},
		},
		Tables: []Table{
			{Name: "bad", Line: 10},
			{Name: "both", Values: map[string]string{}, File: "x.csv", Keys: []string{"a"}, Value: "b", Line: 11},
			{Name: "keyless", File: "x.csv", Line: 12},
			{Name: "fileless", Keys: []string{"a"}, Line: 13},
			{Name: "missing", File: "x.csv", Keys: []string{"a"}, Value: "b", Line: 14},
			{Name: "missing", Values: map[string]string{"a": "b"}, Line: 15},
			{Line: 16},
		},
		ReadFile: func(string) ([]byte, error) { return nil, errors.New("no such file") },
	})
	want := []string{
		"line 2: column \"Login\": unknown function lowr", "line 2: column \"Login\": unknown function uppr",
		`line 4: column "Login": the column is mapped twice, first on line 2`, "line 5: a column needs the name of a Coupa column",
		`line 10: table "bad": a table needs values, or a file`, `line 11: table "both": a table has values or a file, not both`,
		`line 12: table "keyless": a table from a file needs keys and value`, `line 13: table "fileless": keys and value name columns of a file`,
		`line 14: table "missing": read its file: no such file`, `line 15: table "missing": there are two tables of this name`, `line 16: table "": a table needs a name`,
	}
	if len(problems) != len(want) {
		t.Fatalf("%d problems: %v", len(problems), problems)
	}
	for i, p := range problems {
		if !strings.HasPrefix(p.Error(), want[i]) {
			t.Errorf("problem %d: %v, want %s", i, p, want[i])
		}
	}
	if _, problems = New(Options{}); len(problems) != 1 {
		t.Errorf("no columns: %v", problems)
	}
	many := make([]Column, export.MaxColumns+1)
	for i := range many {
		many[i] = Column{Name: strings.Repeat("c", i+1), Expr: "a"}
	}
	if _, problems = New(Options{Columns: many}); len(problems) != 1 || !strings.Contains(problems[0].Message, "128 is the limit") {
		t.Errorf("too many columns: %v", problems)
	}
}

func TestTableFile(t *testing.T) {
	tests := []struct{ data, want string }{
		{"", "x.csv: no header"},
		{"a,c\n", `x.csv: its header has no column "b"`},
		{"a,b\n1,2\n3,4\n1,5\n", "x.csv: lines 2 and 4 have the same key"},
		{"a,b\n1\n", "x.csv: record on line 2: wrong number of fields"},
		{"a,b\n\xff,1\n", "x.csv: not UTF-8"},
		{strings.Repeat(" ", maxTableSize+1), "x.csv: larger than 16 MB"},
		{"b;a\nyes, really;1\n", ""},
		{"a\tb\n1\tyes, really\n", ""},
	}
	for _, tt := range tests {
		o := Options{
			Columns:  []Column{{Name: "C", Expr: `lookup("t", "1")`}},
			Tables:   []Table{{Name: "t", File: "x.csv", Keys: []string{"a"}, Value: "b"}},
			ReadFile: func(string) ([]byte, error) { return []byte(tt.data), nil },
		}
		m, problems := New(o)
		if tt.want != "" {
			if len(problems) != 1 || !strings.Contains(problems[0].Message, tt.want) {
				t.Errorf("%.20q: %v, want %s", tt.data, problems, tt.want)
			}
			continue
		}
		rec := record("x=1")
		if cell, fault := bind(t, m, rec).MapColumn(rec, 0); cell.Text != "yes, really" || fault != nil {
			t.Errorf("%q: %+v %v", tt.data, cell, fault)
		}
	}
}
