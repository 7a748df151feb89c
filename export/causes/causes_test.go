package causes_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/causes"
)

func cause(name string) export.Cause {
	return export.Cause{Name: name, Todo: "fix " + name, Owner: "HR"}
}

func someCauses(t testing.TB) *causes.Finder {
	t.Helper()
	c, err := causes.New([]causes.Tail{
		{Text: "is invalid", Cause: cause("invalid")},
		{Text: "Row corrupt or invalid.", Cause: cause("corrupt")},
		{Text: "e-mail is invalid", Cause: cause("mail")},
		{Text: "is too long (maximum is # characters)", Cause: cause("long")},
		{Text: "unable to find matching *", Cause: cause("reference")},
		{Text: "column header * is not valid", Cause: cause("header")},
		{Text: "can't be blank", Cause: cause("blank")},
		{Text: "has a broken quote; double the quotes", Cause: cause("quote")},
		{Text: "expression *", Cause: cause("expression")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// oneText returns the faults of a row in the form of an older ledger.
func oneText(reason string) export.Faults {
	return export.Faults{{Rule: export.RuleOld, Message: reason}}
}

// TestCausesOfText: causes are found in a text with an unknown number of messages.
func TestCausesOfText(t *testing.T) {
	for _, tt := range []struct {
		reason  string
		want    string // names of causes
		strange []string
	}{
		{"", "", nil},
		{"Name is invalid", "invalid", nil},
		{"IS INVALID.", "invalid", nil},
		{"Work e-mail is invalid", "mail", nil}, // the longest tail counts
		{"Row corrupt or invalid.", "corrupt", nil},
		{"First Name is too long (maximum is 40 characters)", "long", nil},
		{"First Name is too long (maximum is forty characters)", "", []string{"First Name is too long (maximum is forty characters)"}},
		{"Segment 1 - Cost Center can't be blank.", "blank", nil},
		{"Cost Center can’t be blank", "blank", nil},
		{"Department unable to find matching department.", "reference", nil},
		{"Coupa's load failed: Column header Shoe Size is not valid.", "header", nil},
		{"Email: has a broken quote; double the quotes", "quote", nil}, // one message with a semicolon in it
		{"has a broken quote", "", []string{"has a broken quote"}},
		{"Name is invalid; Email can't be blank; Login is invalid", "blank invalid", nil}, // in order of the last of each
		{"Boss unable to find matching user; Name is invalid", "reference invalid", nil},  // * does not span messages
		{"Email: expression lower(x): the value is a list; Name is invalid", "expression invalid", nil},
		{"Shoe Size is odd; Name is invalid; see Above.", "invalid", []string{"Shoe Size is odd", "see Above."}},
		{"it isinvalid", "", []string{"it isinvalid"}}, // whole words
		{"this is invalid", "invalid", nil},
		{"the diagnosis invalid", "", []string{"the diagnosis invalid"}},
	} {
		wantCauses(t, oneText(tt.reason), tt.want, tt.strange)
		wantCauses(t, export.CoupaFaults("", tt.reason), tt.want, tt.strange)
	}
}

func wantCauses(t *testing.T, faults export.Faults, want string, unknown []string) {
	t.Helper()
	found, strange := someCauses(t).Find(faults)
	var names []string
	for _, c := range found {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("%q: %q, want %q", faults, got, want)
	}
	if diff := cmp.Diff(unknown, strange); diff != "" {
		t.Errorf("%q: unknown messages\n%s", faults, diff)
	}
}

// TestCausesOfFaults: each fault has its own cause, and a message of ours is one message, whatever it contains.
func TestCausesOfFaults(t *testing.T) {
	ours := func(field, message string) export.Fault {
		return export.Fault{Field: field, Rule: "ours", Message: message}
	}
	coupas := func(message string) export.Fault { return export.CoupaFaults("email", message)[0] }
	earlier := ours("Login", "is odd")
	earlier.Origin = export.Origin{File: "users.csv", Line: 7}
	for _, tt := range []struct {
		faults  export.Faults
		want    string
		strange []string
	}{
		{nil, "", nil},
		{export.Faults{ours("Email", "is invalid")}, "invalid", nil},
		{export.Faults{ours("Email", "has a broken quote; double the quotes"), ours("Login", "can't be blank")}, "quote blank", nil},
		{export.Faults{ours("Email", "expression lower(x): it is a list; say join(...)")}, "expression", nil}, // * spans a semicolon
		{export.Faults{ours("Email", "is invalid; see above")}, "", []string{"Email: is invalid; see above"}},
		{export.Faults{earlier}, "", []string{"users.csv:7: Login: is odd"}},
		{export.Faults{coupas("Name is invalid"), coupas("Email can't be blank"), coupas("Login is invalid")}, "blank invalid", nil},
		{export.Faults{coupas("Name is invalid"), ours("", "has a broken quote; double the quotes"), coupas("no idea; nor here")}, "invalid quote", []string{"no idea", "nor here"}},
	} {
		wantCauses(t, tt.faults, tt.want, tt.strange)
	}
}

func TestNew(t *testing.T) {
	for name, table := range map[string][]causes.Tail{
		"no table":   nil,
		"empty tail": {{Text: " . ", Cause: cause("a")}},
		"only *":     {{Text: "*", Cause: cause("a")}},
		"two *":      {{Text: "a * b * c", Cause: cause("a")}},
		"no name":    {{Text: "a", Cause: export.Cause{}}},
		"unknown":    {{Text: "a", Cause: cause(export.Unknown)}},
		"two ways":   {{Text: "a", Cause: cause("a")}, {Text: "b", Cause: export.Cause{Name: "a", Todo: "other"}}},
	} {
		if _, err := causes.New(table); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAdvise(t *testing.T) {
	todo, owner := someCauses(t).Advise(export.CoupaFaults("", "Name is invalid", "Email can't be blank", "no idea"))
	if todo != "fix invalid; fix blank" || owner != "HR" {
		t.Errorf("%q, %q", todo, owner)
	}
	if todo, owner := someCauses(t).Advise(oneText("no idea")); todo+owner != "" {
		t.Errorf("an unknown message: %q, %q", todo, owner)
	}
}

// TestCount: a row counts once for each of its causes, and rows that need no fix count for none.
func TestCount(t *testing.T) {
	row := func(o export.Outcome, records int, reason string) export.RowResult {
		return export.RowResult{Outcome: o, Lines: records, Faults: oneText(reason)}
	}
	rep := &export.Report{Rows: export.ListRows(
		row(export.Rejected, 1, "a is invalid; b is invalid; Login can't be blank"),
		row(export.Rejected, 3, "c is invalid"),
		row(export.Drifted, 1, "no idea; nor here"),
		row(export.Quarantined, 1, "has a broken quote; double the quotes"),
		row(export.Pending, 1, "d is invalid"),
		row(export.Held, 1, "e is invalid"),
		row(export.Rejected, 1, ""),
	)}
	rep.Causes = someCauses(t).Count(rep.Rows.All())
	type count struct {
		Name          string
		Rows, Records int
	}
	var got []count
	for _, c := range rep.Causes {
		got = append(got, count{c.Name, c.Rows, c.Records})
	}
	want := []count{{"invalid", 2, 4}, {"blank", 1, 1}, {"quote", 1, 1}, {export.Unknown, 1, 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzCauses: whatever Coupa writes, no message is lost, none is invented, and a known one is found in every place.
func FuzzCauses(f *testing.F) {
	for _, s := range []string{"", "; ", "x; y", "Name is invalid", "expression a; b", "unable to find matching ", "a;b; ;", "\xff is invalid", "İ is invalid."} {
		f.Add(s)
	}
	c := someCauses(f)
	f.Fuzz(func(t *testing.T, reason string) {
		found, strange := c.Find(oneText(reason))
		if strings.TrimSpace(reason) != "" && len(found)+len(strange) == 0 {
			t.Fatalf("%q came to nothing", reason)
		}
		pieces := strings.Split(reason, "; ")
		for _, s := range strange { // each is in the reason unchanged, in order
			at := slices.Index(pieces, s)
			if at < 0 {
				t.Fatalf("%q: %q was made up", reason, s)
			}
			pieces = pieces[at+1:]
		}
		shout := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r - 'a' + 'A'
			}
			return r
		}, reason)
		if shouted, _ := c.Find(oneText(shout)); !cmp.Equal(found, shouted) {
			t.Fatalf("%q: case counts\n%s", reason, cmp.Diff(found, shouted))
		}
		if strings.TrimSpace(reason) == "" {
			return
		}
		with, _ := c.Find(oneText(reason + "; Label can't be blank."))
		if !slices.ContainsFunc(with, func(k *export.Cause) bool { return k.Name == "blank" }) {
			t.Fatalf("%q hides the message behind it", reason)
		}
		if len(with) < len(found) {
			t.Fatalf("%q: a message behind it takes away causes", reason)
		}
	})
}
