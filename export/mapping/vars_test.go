package mapping

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

// vars returns variables from "name: expression" lines, on the lines 11 and following of the config.
func vars(lines ...string) []Column {
	var list []Column
	for i, l := range lines {
		name, expr, _ := strings.Cut(l, ": ")
		list = append(list, Column{Name: name, Expr: expr, Line: 11 + i})
	}
	return list
}

func TestVars(t *testing.T) {
	list := vars(
		`has_left: ended != nil && daysBetween(ended, today()) > 0`,
		`label: if(has_left, "x ", "") + shown`,
		`shown: preferred ?? first`, // defined behind its use
		`mail: email`,               // another name for a field
		`roles_kept: filter(split(semi, ";"), # != "b")`,
		`since: daysBetween(ended, today())`,
		`dated: date(first)`,
		`word: "--NULL--"`,
		`title: lower(last)`, // the name of a function
	)
	tests := []struct {
		expr, want, fault string
		list              bool
	}{
		{expr: `if(has_left, "inactive", "active")`, want: "inactive"}, {expr: `has_left ? "No" : "Yes"`, want: "No"}, {expr: `!has_left`, want: "false"},
		{expr: `label`, want: "x Zoë"}, {expr: `label + "/" + label`, want: "x Zoë/x Zoë"}, {expr: `upper(label)`, want: "X ZOË"}, {expr: `lower(mail)`, want: "zoe@example.com"}, {expr: `mail`, want: "Zoe@Example.COM"},
		{expr: `since > 50 && since < 70 ? since : "no"`, want: "60"}, {expr: `join(map(roles_kept, # + label), ",")`, want: "ax Zoë,cx Zoë"}, {expr: `has_left ?: "none"`, want: "true"},
		{expr: `50 < since < 70 ? "between" : "not"`, want: "between"}, {expr: `replace(roles_kept)`, want: "a,c", list: true}, {expr: `replace(label)`, want: "x Zoë", list: true},
		{expr: `title(title)`, want: "Müller-O'Neil"}, {expr: `let l = label; l + l`, want: "x Zoëx Zoë"}, {expr: `word`, want: "--NULL--"},
		{expr: `if(has_left, nil, dated)`}, // what is not needed is not worked out
		{expr: `formatDate(dated, "YYYY")`, fault: `expression formatDate(dated, "YYYY"): variable dated, expression date(first): date: the text is not a date of this layout at character 1`},
		{expr: `if(first matches "Z", formatDate(dated, "YYYY"), "")`, fault: `expression if(first matches "Z", formatDate(dated, "YYYY"), ""): variable dated, expression date(first): date: the text is not a date of this layout at character 1`},
	}
	for _, tt := range tests {
		m, problems := New(Options{Columns: []Column{{Name: "Column", Expr: tt.expr, List: tt.list}}, Vars: list})
		if problems != nil {
			t.Errorf("%s: %v", tt.expr, problems)
			continue
		}
		rec := record(append(person, "ended=2023-12-31")...)
		// title is a field of the test's person, too
		rec.Header.Fields[indexOf(rec.Header.Fields, "title")] = "position"
		r := bind(t, m.On(leapDay), rec)
		onVM := *r.mapping
		onVM.columns = []compiledColumn{r.mapping.columns[0]}
		onVM.columns[0].fast = nil
		onVM.vars = nil
		for _, v := range r.mapping.vars {
			slow := *v
			slow.fast = nil
			onVM.vars = append(onVM.vars, &slow)
		}
		for path, m := range map[string]*Mapping{"closures": r.mapping, "the VM": &onVM} {
			r := bind(t, m, rec)
			for range 2 { // the second record starts anew
				cells := make([]export.Cell, 1)
				faults := r.Map(rec, cells)
				if tt.fault != "" {
					if len(faults) != 1 || faults[0].Message != tt.fault {
						t.Errorf("%s on %s: %v\nwant %s", tt.expr, path, faults, tt.fault)
					}
					continue
				}
				if len(faults) > 0 || cells[0].Text != tt.want {
					t.Errorf("%s on %s: %+v, %v; want %q", tt.expr, path, cells[0], faults, tt.want)
				}
			}
		}
	}
}

func indexOf(list []string, one string) int {
	for i, s := range list {
		if s == one {
			return i
		}
	}
	return -1
}

// TestVarsAreOnce: a variable is worked out once for a record, and its value is not that of the record before.
func TestVarsAreOnce(t *testing.T) {
	m, problems := New(Options{Columns: []Column{{Name: "A", Expr: "v"}, {Name: "B", Expr: "v"}, {Name: "C", Expr: "if(v == \"x\", \"same\", \"other\")"}}, Vars: vars(`v: lower(f)`)})
	if problems != nil {
		t.Fatal(problems)
	}
	calls := 0
	inner := m.vars[0].fast
	m.vars[0].fast = func(f *frame) (value, error) { calls++; return inner(f) }
	rec := record("f=X")
	r := bind(t, m, rec)
	for _, text := range []string{"X", "Y", ""} {
		rec.Values[0] = text
		cells := make([]export.Cell, 3)
		if faults := r.Map(rec, cells); faults != nil {
			t.Fatal(faults)
		}
		if want := strings.ToLower(text); cells[0].Text != want || cells[1].Text != want || (cells[2].Text == "same") != (text == "X") {
			t.Errorf("%q: %v", text, cells)
		}
	}
	if calls != 3 {
		t.Errorf("%d evaluations for 3 records", calls)
	}
	if d := cmp.Diff([]string{"f"}, m.Reads("B")); d != "" {
		t.Error(d)
	}
	rec.Missing[0] = true
	if r.Says(rec, 0) {
		t.Error("a column says something without the field of its variable")
	}
}

func TestVarProblems(t *testing.T) {
	tests := []struct {
		vars []string
		expr string
		want []string
	}{
		{[]string{`a: b + "x"`, `b: c`, `c: upper(a)`}, "login", []string{`line 13: the variables need each other: a, b, c, a, at character 7 of upper(a)`}},
		{[]string{`status: lower(status)`}, "status", []string{`line 11: the variable needs itself, at character 7 of lower(status)`}},
		{[]string{`status: lower(field("status"))`}, "status", []string{`line 11: the mapping reads a field of this name too, as field("status")`}},
		{[]string{`has left: x`, `2nd: x`, `true: x`, `$env: x`, `in: x`, `a.b: x`, `a b(`}, "login", []string{
			`line 11: an expression cannot use this name`, `line 12: an expression cannot use this name`, `line 13: an expression cannot use this name`, `line 14: an expression cannot use this name`,
			`line 15: an expression cannot use this name`, `line 16: an expression cannot use this name`, `line 17: an expression cannot use this name`}},
		{[]string{`a: x`, `a: y`}, "a", []string{`line 12: there are two variables of this name`}},
		{[]string{`a: `}, "a", []string{`line 11: there is no expression`}},
		{[]string{`a: clear()`}, "a", []string{`line 11: clear(...) is the whole result of a column, and no part of a variable, at character 1 of clear()`}},
		{[]string{`a: replace(x)`}, "a", []string{`line 11: replace(...) is the whole result of a column, and no part of a variable`}},
		{[]string{`a: lowr(x)`}, "if(a == b, c, d)", []string{`line 11: unknown function lowr, at character 1 of lowr(x)`}}, // told once
		{[]string{`a: lower(x)`}, `if(a, "y", "n")`, []string{`column "Column": the variable a is not true or false, at character 4`}},
		{[]string{`a: x`}, `if(a, "y", "n")`, []string{`column "Column": an HR field is text, not a condition`}},
		{[]string{`a: x`}, `let a = 1; a`, []string{`column "Column": let a has the name of mapping.vars.a`}},
		{[]string{`a: "` + strings.Repeat("x", 4096) + `"`}, "a", []string{`line 11: the expression is longer than 4096 bytes`}},
	}
	for _, tt := range tests {
		_, problems := New(Options{Columns: []Column{{Name: "Column", Expr: tt.expr}}, Vars: vars(tt.vars...)})
		if len(problems) != len(tt.want) {
			t.Errorf("%q: %v\nwant %q", tt.vars, problems, tt.want)
			continue
		}
		for i, p := range problems {
			if first, _, _ := strings.Cut(p.Error(), "\n"); !strings.HasPrefix(first, tt.want[i]) {
				t.Errorf("%q: %s\nwant %s", tt.vars, first, tt.want[i])
			}
			if p.Hint == "" {
				t.Errorf("%q: %s: no hint", tt.vars, p.Error())
			}
		}
	}
}

// TestVarsMeetHeader: a header that lacks a field of a variable, or has a field with the name of one.
func TestVarsMeetHeader(t *testing.T) {
	m, problems := New(Options{Columns: []Column{{Name: "Status", Expr: `if(has_left, "inactive", "active")`}}, Vars: vars(`has_left: ended != nil`, `unused: other`), File: "hr2coupa.yaml"})
	if problems != nil {
		t.Fatal(problems)
	}
	tests := []struct {
		fields     []string
		want, hint string
	}{
		{[]string{"ended", "other"}, "", ""},
		{[]string{"ended", "other", "has_left"}, "mapping.vars.has_left on line 11 of the config has the name of a field", "give the variable another name"},
		{[]string{"other"}, `the header lacks field "ended", which column Status reads`, "fix mapping.columns.Status, or let HR deliver the field"},
		{[]string{"ended"}, `the header lacks field "other", which mapping.vars.unused reads`, "fix mapping.vars.unused (hr2coupa.yaml:12), or let HR deliver the field"},
	}
	for _, tt := range tests {
		_, err := m.Bind(&export.Header{Fields: tt.fields})
		if (err == nil) != (tt.want == "") || err != nil && (err.Error() != tt.want || export.HintText(err) != tt.hint) {
			t.Errorf("%v: %v, hint %q", tt.fields, err, export.HintText(err))
		}
	}
	m, _ = New(Options{Columns: []Column{{Name: "Status", Expr: `if(has_lef == "x", "inactive", "active")`}}, Vars: vars(`has_left: ended != nil`)})
	if _, err := m.Bind(&export.Header{Fields: []string{"ended"}}); err == nil || export.HintText(err) != `did you mean "has_left" and not "has_lef"?; fix mapping.columns.Status, or let HR deliver the field` {
		t.Errorf("%v, hint %q", err, export.HintText(err))
	}
}
