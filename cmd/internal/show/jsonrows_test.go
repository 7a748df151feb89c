package show

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/differences"
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

// TestJSONLists: printed one by one, people and rows are what they are as a whole.
func TestJSONLists(t *testing.T) {
	type result struct {
		Verdict export.RunEnd        `json:"verdict"`
		People  []differences.Person `json:"people"`
		Rows    []export.RowResult   `json:"rows"`
	}
	for _, n := range []int{0, 1, 3} {
		rows, people := fewRowsOf(n), []differences.Person{}
		for _, r := range rows {
			people = append(people, differences.Person{Key: r.Key, Kinds: export.ChangeKinds(0).With(export.ChangeOther), Columns: map[string]string{"Email": "<a>"}})
		}
		var whole, streamed bytes.Buffer
		err := JSON((&wiring.Env{Stdout: terminal.New(&whole)}), &result{"<ok>", people, rows})
		err = errors.Join(err, jsonLists(&streamed, &result{"<ok>", []differences.Person{}, []export.RowResult{}}, slices.Values(people), slices.Values(rows)))
		if err != nil || whole.String() != streamed.String() || !json.Valid(streamed.Bytes()) {
			t.Errorf("%d rows, %v: got\n%s\nwant\n%s", n, err, &streamed, &whole)
		}
	}
}
