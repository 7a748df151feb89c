package show

import (
	"bytes"
	"fmt"
	"slices"
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
		most int
		want string
	}{
		"many of one reason": {rows, 200, `

Rejected (58 rows)
  49 rows: Department: no such department
    feed.csv:2 000002, feed.csv:3 000003, feed.csv:5 000005 and 46 more
  6 rows: Department: no such country
    feed.csv:4 000004, feed.csv:14 000014, feed.csv:24 000024 and 3 more
  feed.csv:7   000007  -
  feed.csv:27  000027  -
  feed.csv:47  000047  -
  --all
`},
		"few of each": {[]export.RowResult{row(2, "a"), row(3, "b"), row(4, "a")}, 2, `

Rejected (3 rows)
  feed.csv:2  000002  Department: a
  feed.csv:3  000003  Department: b
  and 1 more: --all
`},
		"none": {nil, 2, "\n"},
	} {
		var b bytes.Buffer
		w := terminal.New(&b).Text()
		rowsText(w, slices.Values(c.rows), group{"Rejected", withOutcome(export.Rejected), c.most, "--all"})
		if d := cmp.Diff(c.want, "\n"+b.String()); d != "" && !(c.rows == nil && b.Len() == 0) {
			t.Errorf("%s: %s", name, d)
		}
	}
}
