package delivery_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
)

// partRows returns the rows of one part, named by their first cells.
func partRows(first ...string) []export.RowResult {
	rows := make([]export.RowResult, len(first))
	for i, f := range first {
		rows[i] = export.RowResult{PartRow: i + 1, First: f, Origin: export.Origin{File: "users.csv", Line: i + 2}, Outcome: export.Pending}
	}
	return rows
}

func refusal(row int, first, message string) export.LoadError {
	return export.LoadError{Type: "UploadRowError", Row: row, FirstColumn: first, Messages: []string{message}}
}

func TestJoin(t *testing.T) {
	for _, c := range []struct {
		name  string
		rows  []export.RowResult
		errs  []export.LoadError
		want  []string // part row: reason
		loose int
		notes int
		off   int
	}{
		{"none", partRows("a", "b"), nil, nil, 0, 0, 0},
		{"by first cell, rows counted from 1", partRows("a", "b", "c"), []export.LoadError{refusal(2, "b", "x")}, []string{"2: x"}, 0, 0, 0},
		{"rows counted from 0", partRows("a", "b", "c"), []export.LoadError{refusal(1, "b", "x"), refusal(2, "c", "y")}, []string{"2: x", "3: y"}, 0, 0, -1},
		{"rows counted from 2", partRows("a", "b", "c"), []export.LoadError{refusal(3, "b", "x")}, []string{"2: x"}, 0, 0, 1},
		{"no row number", partRows("a", "b"), []export.LoadError{refusal(0, "b", "x")}, []string{"2: x"}, 0, 0, 0},
		{"several messages", partRows("a"), []export.LoadError{
			{Type: "UploadRowError", Row: 1, FirstColumn: "a", Messages: []string{"x", "y"}}, refusal(1, "a", "z"),
		}, []string{"1: x; y; z"}, 0, 0, 0},
		{"in the order of the part", partRows("a", "b"), []export.LoadError{refusal(2, "b", "y"), refusal(1, "a", "x")}, []string{"1: x", "2: y"}, 0, 0, 0},
		{"one disagrees: the first cell counts", partRows("a", "b", "c", "d"),
			[]export.LoadError{refusal(1, "a", "x"), refusal(2, "b", "y"), refusal(3, "d", "z")}, []string{"1: x", "2: y", "4: z"}, 0, 1, 0},
		{"no first cell: the row number, counted as the others are", partRows("a", "b", "c"),
			[]export.LoadError{refusal(2, "a", "x"), refusal(4, "", "y")}, []string{"1: x", "3: y"}, 0, 1, 1},
		{"twice the same first cell: the row number tells them apart", partRows("a", "b", "b"),
			[]export.LoadError{refusal(1, "a", "x"), refusal(3, "b", "y")}, []string{"1: x", "3: y"}, 0, 1, 0},
		{"twice the same first cell, and the number names another row", partRows("a", "b", "b"),
			[]export.LoadError{refusal(1, "b", "y")}, nil, 1, 0, 0},
		{"a first cell that is not ours", partRows("a"), []export.LoadError{refusal(1, "q", "x")}, nil, 1, 0, 0},
		{"a row beyond the end", partRows("a"), []export.LoadError{refusal(9, "", "x")}, nil, 1, 0, 0},
		{"neither", partRows("a"), []export.LoadError{refusal(0, "", "x")}, nil, 1, 0, 0},
		{"a header error is no row's", partRows("a"), []export.LoadError{{Type: "UploadHeaderError", Row: 1, FirstColumn: "a"}}, nil, 0, 0, 0},
		{"an error without words", partRows("a"), []export.LoadError{{Type: "UploadRowError", FirstColumn: "a"}}, []string{"1: "}, 0, 0, 0},
	} {
		j := delivery.Join(c.rows, c.errs)
		var got []string
		for _, r := range j.Rows {
			if r.Outcome != export.Rejected {
				t.Errorf("%s: row %d is %s", c.name, r.PartRow, r.Outcome)
			}
			got = append(got, fmt.Sprintf("%d: %s", r.PartRow, r.Faults.Text()))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
		if len(j.Loose) != c.loose || len(j.Notes) != c.notes || j.Offset != c.off {
			t.Errorf("%s: %d loose, %d notes, offset %d; want %d, %d, %d", c.name, len(j.Loose), len(j.Notes), j.Offset, c.loose, c.notes, c.off)
		}
		for _, n := range j.Notes {
			if text := n.String(); strings.Contains(text, `"a"`) || !strings.Contains(text, "users.csv:") {
				t.Errorf("%s: a note names the place, and no cell: %s", c.name, n)
			}
		}
	}
}

// TestJoinLosesNothing: each error ends at one row or is returned as loose, in whatever order Coupa lists its errors,
// however it counts rows, and with first cells missing or doubled. Where first cells are unique, it ends at the row it
// is about.
func TestJoinLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "rows")
		base := rapid.IntRange(0, 2).Draw(t, "base")
		firsts := make([]string, n)
		for i := range firsts {
			firsts[i] = fmt.Sprint("E", i)
			if i > 0 && rapid.IntRange(0, 9).Draw(t, "double") == 0 {
				firsts[i] = firsts[rapid.IntRange(0, i-1).Draw(t, "of")]
			}
		}
		rows := partRows(firsts...)
		about := rapid.SliceOfN(rapid.IntRange(0, n-1), 0, 40).Draw(t, "refused")
		errs := make([]export.LoadError, len(about))
		for i, at := range about {
			errs[i] = refusal(at+base, firsts[at], fmt.Sprintf("<%d>", i))
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0:
				errs[i].FirstColumn = ""
			case 1:
				errs[i].Row = 0
			case 2:
				errs[i].FirstColumn = "nobody"
			}
		}
		j := delivery.Join(rows, errs)

		told := map[string]int{}
		for _, e := range j.Loose {
			told[e.Messages[0]]++
		}
		if !slices.IsSortedFunc(j.Rows, func(a, b export.RowResult) int { return a.PartRow - b.PartRow }) {
			t.Fatal("rows are not in the order of the part")
		}
		for _, r := range j.Rows {
			for _, f := range r.Faults {
				text := f.Message
				told[text]++
				i, err := strconv.Atoi(strings.Trim(text, "<>"))
				if err != nil {
					t.Fatal(err)
				}
				if first := errs[i].FirstColumn; first != "" && r.First != first {
					t.Fatalf("error %d bears first cell %q and went to a row with %q", i, first, r.First)
				}
				if count(firsts, errs[i].FirstColumn) == 1 && r.PartRow != about[i]+1 {
					t.Fatalf("error %d is about row %d and went to row %d", i, about[i]+1, r.PartRow)
				}
			}
		}
		for i := range errs {
			if text := fmt.Sprintf("<%d>", i); told[text] != 1 {
				t.Fatalf("error %d is told %d times", i, told[text])
			}
		}
	})
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}
