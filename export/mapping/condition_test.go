package mapping

import (
	"strings"
	"testing"
)

// preferring returns a mapping of one column with a condition, and the first problem of it.
func preferring(t *testing.T, expr string) (*Mapping, *Problem) {
	t.Helper()
	m, problems := New(Options{
		Columns: []Column{{Name: "Login", Expr: "login"}}, Tables: testTables(), ReadFile: readTestFile,
		Prefer: &Condition{Key: "feed.several", Expr: expr, Line: 7},
	})
	if len(problems) > 0 {
		return nil, &problems[0]
	}
	return m, nil
}

func TestPrefers(t *testing.T) {
	for _, c := range []struct {
		expr  string
		want  bool
		fault string
	}{
		{`position == "Primary"`, true, ""},
		{`position != "Primary"`, false, ""},
		{`position == "Secondary" or fte == "1.0"`, true, ""},
		{`not (position == "Primary")`, false, ""},
		{`position matches "(?i)^prim"`, true, ""},
		{`upper(position) startsWith "PRIM"`, true, ""},
		{`any(split(flags, ","), # == "main")`, true, ""},
		{`let p = lower(position); p == "primary"`, true, ""},
		{`fte == "1.0" ? position == "Primary" : true`, true, ""},
		{`position in ["Primary", "Main"]`, true, ""},
		{`blank == "x"`, false, ""},
		{`float(position) > 0.5`, false, "feed.several: expression "},
		{`let p = position; p`, false, "the result is text, not true or false"},
		{`let p = blank; p`, false, "the result is nil, not true or false"},
	} {
		rec := record("login=ada", "position=Primary", "fte=1.0", "flags=x,main", "blank=")
		m, problem := preferring(t, c.expr)
		if problem != nil {
			t.Errorf("%s: %v", c.expr, problem)
			continue
		}
		got, fault := bind(t, m, rec).Prefers(rec)
		switch {
		case fault == nil && (got != c.want || c.fault != ""):
			t.Errorf("%s: %v, want %v %s", c.expr, got, c.want, c.fault)
		case fault != nil && (c.fault == "" || !strings.Contains(fault.Error(), c.fault) || fault.Rule != "expression"):
			t.Errorf("%s: %v, want %q", c.expr, fault, c.fault)
		}
	}
}

// TestConditionProblems: what cannot be true or false is refused before any record is read.
func TestConditionProblems(t *testing.T) {
	for expr, want := range map[string]string{
		`position`:                           "an HR field is text, not a condition",
		`lower(position)`:                    "the result is not true or false",
		`"Primary"`:                          "the result is not true or false",
		`1`:                                  "the result is not true or false",
		`nil`:                                "the result is not true or false",
		`fte - 1`:                            "the result is not true or false",
		`fte == "1.0" ? position == "x" : 1`: "the result is not true or false",
		`replace(position)`:                  "replace(...) is for list columns",
		`clear()`:                            "the result is not true or false",
		`position ==`:                        "unexpected",
		`lowr(position) == "x"`:              "unknown function lowr",
	} {
		_, problem := preferring(t, expr)
		if problem == nil {
			t.Errorf("%s: no problem, want %q", expr, want)
		} else if !strings.Contains(problem.Message, want) || problem.Line != 7 || problem.Column != "" || problem.Key != "feed.several" {
			t.Errorf("%s: %+v, want %q", expr, problem, want)
		}
	}
}

func TestWithoutCondition(t *testing.T) {
	rec := record("login=ada")
	if got, fault := bind(t, compile(t, Column{Name: "Login", Expr: "login"}), rec).Prefers(rec); !got || fault != nil {
		t.Errorf("%v, %v", got, fault)
	}
}

// TestConditionFields: the fields of the condition are read from the feed, and one that is missing is told with its key.
func TestConditionFields(t *testing.T) {
	m, _ := preferring(t, `position == "Primary"`)
	if got := strings.Join(m.Fields(), " "); got != "login position" {
		t.Errorf("fields %q", got)
	}
	_, err := m.Bind(record("login=ada").Header)
	if err == nil || !strings.Contains(err.Error(), `field "position", which feed.several reads`) {
		t.Errorf("%v", err)
	}
}
