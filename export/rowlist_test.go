package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// TestRowList: few rows and many are returned as they were added, any number of times. Only the few are in memory, and
// the JSON is the same as for a list in memory.
func TestRowList(t *testing.T) {
	for _, n := range []int{0, 1, fewRows, fewRows + 1, 2*fewRows + 7} {
		var l RowList
		rows := []RowResult{}
		for i := range n {
			rows = append(rows, RowResult{
				Part: int64(i % 3), PartRow: i, Origin: Origin{File: "u.csv", Line: 2 + i}, Lines: 1, Key: fmt.Sprint("E", i), First: "f", Login: "l",
				Status: "active", Outcome: Quarantined, Completed: ColumnNames{"Email", "Last Name"}, Faults: Faults{{Message: fmt.Sprintf("Email: <%d> & \"quoted\"\nLöhne", i)}},
			})
			if err := l.Add(rows[i]); err != nil {
				t.Fatal(err)
			}
		}
		if len(l.few) > fewRows || (l.spill != nil) != (n > fewRows) || l.Len() != n {
			t.Errorf("%d rows: %d in memory, %d in all", n, len(l.few), l.Len())
		}
		for range 2 {
			if got := slices.Collect(l.All()); !slices.EqualFunc(got, rows, func(a, b RowResult) bool { return reflect.DeepEqual(a, b) }) || l.Err() != nil {
				t.Errorf("%d rows came back otherwise, %d of them (%v)", n, len(got), l.Err())
			}
		}
		for range l.All() {
			break
		}
		rep := &Report{Run: "r", Counts: Counts{Input: n}, Rows: l, Resumed: []*Report{{Run: "q", Rows: ListRows(RowResult{Key: "k"})}}}
		var got, want bytes.Buffer
		if err := WriteJSON(&got, rep, rep.RowLists()...); err != nil {
			t.Fatal(err)
		}
		rep.Rows = ListRows(rows...)
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(rep); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%d rows: other JSON, %d bytes and not %d", n, got.Len(), want.Len())
		}
	}
}

// TestRowListTruncated: rows that cannot be read back are an error, not a silent end of the list.
func TestRowListTruncated(t *testing.T) {
	var l RowList
	for i := range 2 * fewRows {
		if err := l.Add(RowResult{Key: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.spill.w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := l.spill.file.Truncate(1000); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	rep := &Report{Rows: l}
	if err := WriteJSON(&b, rep, rep.RowLists()...); err == nil {
		t.Error("a list that lost rows was written without a word")
	}
}
