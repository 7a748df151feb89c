package show

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/export"
)

// TestRowsText: what many rows share is said once; other rows keep a line each, in the order of the feed.
func TestRowsText(t *testing.T) {
	t.Parallel()
	row := func(line int, why string) export.RowResult {
		r := export.RowResult{Origin: export.Origin{File: "feed.csv", Line: line}, Key: fmt.Sprintf("%06d", line), Lines: 1, Outcome: export.Rejected}
		if why != "" {
			r.Faults = export.Faults{{Field: "Department", Message: why}}
		}
		return r
	}
	var rows []export.RowResult
	for line := 2; line < 60; line++ {
		why := "no such department"
		switch {
		case line%10 == 4:
			why = "no such country"
		case line%20 == 7:
			why = ""
		}
		rows = append(rows, row(line, why))
	}
	for name, c := range map[string]struct {
		rows []export.RowResult
		want string
	}{
		"many of one reason": {rows, `

Rejected (58 rows)
  49 rows: Department: no such department
    feed.csv:2 000002, feed.csv:3 000003, feed.csv:5 000005 and 46 more
  6 rows: Department: no such country
    feed.csv:4 000004, feed.csv:14 000014, feed.csv:24 000024 and 3 more
  feed.csv:7   000007  -
  feed.csv:27  000027  -
  feed.csv:47  000047  -
  --all shows them all
`},
		"few of each": {[]export.RowResult{row(2, "a"), row(3, "b"), row(4, "a")}, `

Rejected (3 rows)
  feed.csv:2  000002  Department: a
  feed.csv:3  000003  Department: b
  feed.csv:4  000004  Department: a
`},
		"none": {nil, "\n"},
	} {
		var b bytes.Buffer
		w := terminal.New(&b).Text()
		rowsText(w, slices.Values(c.rows), group{"Rejected", withOutcome(export.Rejected), true, "--all"})
		if d := cmp.Diff(c.want, "\n"+b.String()); d != "" && !(c.rows == nil && b.Len() == 0) {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestRowsTextValues: a reason that many rows share has the values at stake, the most frequent ones first; a single row has its
// own. No value steers a terminal.
func TestRowsTextValues(t *testing.T) {
	t.Parallel()
	row := func(line int, f export.Fault) export.RowResult {
		return export.RowResult{Origin: export.Origin{File: "feed.csv", Line: line}, Key: fmt.Sprint("E", line), Lines: 1, Outcome: export.Rejected, Faults: export.Faults{f}}
	}
	var rows []export.RowResult
	for line, value := range []string{"SALES", "FINANCE", "SALES", "", "A", "B", "C", "D", "\x1b]0;owned\a"} {
		rows = append(rows, row(line+2, export.Fault{Field: "Department", Rule: "length", Message: "is too long", Value: value}))
	}
	for line := 20; line < 47; line++ {
		rows = append(rows, row(line, export.Fault{Field: "email", Rule: export.RuleCoupa, Message: fmt.Sprintf("Email is taken %c", 'a'+line), Value: "x@example.com"}))
	}
	rows = append(rows, row(60, export.Fault{Field: "department", Rule: export.RuleCoupa, Message: "is unknown", Value: "Nowhere"}))
	for all, want := range map[string]string{
		"--all": `

Rejected (37 rows)
  9 rows: Department "SALES" (2), " ]0;owned " (1), "A" (1), "B" (1), "C" (1), …: is too long
    feed.csv:2 E2, feed.csv:3 E3, feed.csv:4 E4 and 6 more
  feed.csv:20  E20  Email "x@example.com" is taken u
`,
		"": `

Rejected (37 rows)
  9 rows: Department "SALES" (2), " ]0;owned " (1), "A" (1), "B" (1), "C" (1), …: is too long
  feed.csv:2  E2  Department "SALES": is too long
  feed.csv:3  E3  Department "FINANCE": is too long
`,
	} {
		var b bytes.Buffer
		rowsText(terminal.New(&b).Text(), slices.Values(rows), group{"Rejected", withOutcome(export.Rejected), true, all})
		got := b.String()
		if !strings.HasPrefix("\n"+got, want) || strings.ContainsAny(got, "\x1b\a") {
			t.Errorf("%q: %s", all, cmp.Diff(want, "\n"+got))
		}
		if more, whole := strings.Contains(got, "\n  and 8 more: --all shows them\n"), strings.Contains(got, `feed.csv:60  E60  department "Nowhere": is unknown`); more != (all != "") || whole != (all == "") {
			t.Errorf("%q: 20 rows and the rest: %s", all, got)
		}
	}
}
