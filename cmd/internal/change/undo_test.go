package change

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestUndo: each person of an undo has the cells that go back, and who it is; of all other columns the record says nothing, also
// where the mapping has a constant.
func TestUndo(t *testing.T) {
	t.Parallel()
	pipe := pipeline(t, "")
	people := []Back{{Key: "000101", Cells: map[string]string{"Last Name": "Roe", "Employee Number": "X1"}}, {Key: "000102", Cells: map[string]string{"Login": export.NullWord}}}
	want := []map[string]export.Cell{
		{"Last Name": set("Roe"), "Employee Number": set("X1")},
		{"Login": {State: export.Clear}, "Employee Number": set("000102")},
	}
	f, m := NewUndo(pipe, "20261124T001500Z", people), Mapping(pipe, time.Time{})
	n := 0
	err := f.Chunks(func(c export.Chunk) error {
		for rec := (export.Record{}); c.Next(&rec); n++ {
			mapper, err := m.Bind(rec.Header)
			if err != nil {
				return err
			}
			got := map[string]export.Cell{}
			for i, column := range m.Columns() {
				cell, fault := mapper.MapColumn(&rec, i)
				if fault != nil {
					return fmt.Errorf("%s: %v", column, fault)
				}
				if cell.State != export.Absent {
					got[column] = cell
				}
				if says := mapper.Says(&rec, i); says != (cell.State != export.Absent) {
					t.Errorf("%s of %s: said is %t, and the cell is %v", column, people[n].Key, says, cell)
				}
			}
			if !reflect.DeepEqual(got, want[n]) || rec.Line != n+1 {
				t.Errorf("record %d: %v, want %v", rec.Line, got, want[n])
			}
		}
		return nil
	})
	if err != nil || n != len(people) {
		t.Errorf("%d records of %d: %v", n, len(people), err)
	}
}

// TestUndoes: the run that is undone is found from a row, also once a held run has kept it.
func TestUndoes(t *testing.T) {
	t.Parallel()
	const run = "20261124T001500Z"
	for file, want := range map[string]string{UndoFile(run): run, UndoFile(run) + "@20261125T001500Z": run, File: "", FileHR: "", "undo.csv": ""} {
		if got := Undoes(export.Origin{File: file}); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}
