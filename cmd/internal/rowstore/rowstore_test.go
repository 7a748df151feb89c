package rowstore

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// someRows returns n rows of two feed files, a few out of order as in a plan.
func someRows(n int) []export.RowResult {
	rows := make([]export.RowResult, n)
	for i := range rows {
		rows[i] = export.RowResult{
			Origin: export.Origin{File: fmt.Sprintf("users-%d.csv", 2*i/n), Line: 2 + i}, Lines: 1 + i%3,
			Key: fmt.Sprint("E", i), Outcome: export.Quarantined, Faults: export.Faults{{Message: fmt.Sprintf("Email: <%d> & \"quoted\"\nLöhne", i)}},
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range n / 10 {
		i := r.IntN(n)
		j := min(n-1, i+r.IntN(2000))
		rows[i], rows[j] = rows[j], rows[i]
	}
	return rows
}

// TestRowStore: few rows and many come back by origin, as they were, as often as asked, and no file is left.
func TestRowStore(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, n := range []int{0, 1, fewRows, fewRows + 1, 3*fewRows + 7} {
		var s Store
		rows := someRows(max(n, 1))[:n]
		for _, r := range rows {
			if err := s.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		if spilled := s.file != nil; spilled != (n > fewRows) {
			t.Errorf("%d rows: in a file: %v", n, spilled)
		}
		slices.SortFunc(rows, func(a, b export.RowResult) int { return a.Origin.Line - b.Origin.Line })
		for range 2 {
			if got := slices.Collect(s.All()); !reflect.DeepEqual(append([]export.RowResult{}, got...), rows) {
				t.Errorf("%d rows came back otherwise, %d of them", n, len(got))
			}
		}
		for range s.All() {
			break
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestRowStoreTellsWhatItLost: a file that cannot be read back is an error, not fewer rows.
func TestRowStoreTellsWhatItLost(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var s Store
	for _, r := range someRows(fewRows + 1) {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := s.file.Truncate(s.size / 2); err != nil {
		t.Fatal(err)
	}
	if n := len(slices.Collect(s.All())); n > fewRows {
		t.Errorf("%d rows of half a file", n)
	}
	if err := s.Close(); err == nil {
		t.Error("half a file is no error")
	}
}
