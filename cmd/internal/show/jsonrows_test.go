package show

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

func fewRowsOf(n int) []export.RowResult {
	rows := []export.RowResult{}
	for i := range n {
		rows = append(rows, export.RowResult{
			Origin: export.Origin{File: "users.csv", Line: 2 + i}, Lines: 1, Key: fmt.Sprint("E", i),
			Outcome: export.Quarantined, Faults: export.Faults{{Message: fmt.Sprintf("Email: <%d> & \"quoted\"\nLöhne", i)}},
		})
	}
	return rows
}

// TestPrintJSONRows: printed row by row, a result is what it is printed as a whole.
func TestPrintJSONRows(t *testing.T) {
	for _, n := range []int{0, 1, 3} {
		rows := fewRowsOf(n)
		var whole, streamed bytes.Buffer
		err := JSON((&wiring.Env{Stdout: terminal.New(&whole)}), &job.Planned{Verdict: "<ok>", Rows: rows})
		err = errors.Join(err, JSONRows((&wiring.Env{Stdout: terminal.New(&streamed)}), &job.Planned{Verdict: "<ok>", Rows: []export.RowResult{}}, slices.Values(rows)))
		if err != nil || whole.String() != streamed.String() || !json.Valid(streamed.Bytes()) {
			t.Errorf("%d rows, %v: got\n%s\nwant\n%s", n, err, &streamed, &whole)
		}
	}
}
