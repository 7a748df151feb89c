package sqlite

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// TestFactsOfOldLedger: a ledger that has texts where facts are now reads the same to the letter, and what its texts say of
// the mapping's columns is known.
func TestFactsOfOldLedger(t *testing.T) {
	whole := func(text string) export.Faults { return export.Faults{{Message: text}} }
	olds := []struct {
		reason string
		want   export.Faults
	}{
		{"", nil},
		{"Email: is missing", export.Faults{{Field: "Email", Message: "is missing"}}},
		{"users.csv:2: Login: is \"odd\"; take it out; Email: is missing", export.Faults{
			{Origin: export.Origin{File: "users.csv", Line: 2}, Field: "Login", Message: "is \"odd\"; take it out"}, {Field: "Email", Message: "is missing"},
		}},
		{"nobody; Approver Login: is odd; a:b: Email: no; Shoe Size: is odd", export.Faults{
			{Message: "nobody"}, {Field: "Approver Login", Message: "is odd; a:b: Email: no; Shoe Size: is odd"},
		}},
		{"has 2 fields; look for a quote", whole("has 2 fields; look for a quote")},
		{"x:02: Email: odd", whole("x:02: Email: odd")},
		{"[]", whole("[]")}, {`[{"message":"no list"}]`, whole(`[{"message":"no list"}]`)}, {"{", whole("{")},
		{"Löhne \\ a\tb\r\nc\x01\u2028", whole("Löhne \\ a\tb\r\nc\x01\u2028")},
	}
	quote := func(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
	sql := fmt.Sprintf(`INSERT INTO runs (num, id, command, state, started, planned, input) VALUES (1, 'old', 'run', 'ended', 1, 1, %[1]d), (2, 'bare', 'run', 'ended', 1, 1, 1);
		INSERT INTO mappings VALUES ('m', '[{"column":"Login","expression":"l"},{"column":"Approver Login","expression":"a"},{"column":"Email","expression":"e"}]');
		INSERT INTO run_mappings VALUES (1, 'm');
		INSERT INTO sources VALUES (1, 'users.csv');
		INSERT INTO rows (id, source, line, lines, key, first, login, outcome, reason) VALUES (-2 << 32 | 1, 1, 1, 1, 'E', '', '', 'quarantined', 'Email: is odd');`, len(olds))
	completed := []string{"", "Login", "Login, Email, Last Name"}
	for i, old := range olds {
		sql += fmt.Sprintf("INSERT INTO rows (id, source, line, lines, key, first, login, outcome, reason, completed) VALUES (-1 << 32 | %[1]d, 1, %[1]d, 1, 'E', '', '', 'quarantined', %s, %s);",
			i+1, quote(old.reason), quote(completed[i%3]))
	}
	dir := before(t, "facts.sql", sql)

	l := open(t, dir)
	n := 0
	ledgertest.OK(t, l.Rows("old", func(r export.RowResult) error {
		old := olds[n]
		if r.Faults.Text() != old.reason {
			t.Errorf("%q reads %q", old.reason, r.Faults.Text())
		}
		if d := cmp.Diff(old.want, r.Faults); d != "" {
			t.Errorf("%q: %s", old.reason, d)
		}
		if want := []export.ColumnNames{nil, {"Login"}, {"Login", "Email", "Last Name"}}[n%3]; !slices.Equal(r.Completed, want) {
			t.Errorf("%q: completed %q, want %q", old.reason, r.Completed, want)
		}
		n++
		return nil
	}))
	ledgertest.OK(t, l.Rows("bare", func(r export.RowResult) error {
		if d := cmp.Diff(whole("Email: is odd"), r.Faults); d != "" {
			t.Errorf("without a mapping: %s", d)
		}
		return nil
	}))
	ledgertest.OK(t, l.Close())
	if got := findings(t, dir); n != len(olds) || got != "" {
		t.Errorf("%d of %d rows; the check finds %s", n, len(olds), got)
	}
}
