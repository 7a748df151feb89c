package mapping

import (
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// record returns a record and its header from "name=value" pairs; "name" alone is a field that the record lacks.
func record(pairs ...string) *export.Record {
	h := &export.Header{}
	rec := &export.Record{Header: h, Line: 7}
	for _, p := range pairs {
		name, val, given := strings.Cut(p, "=")
		h.Fields = append(h.Fields, name)
		rec.Values = append(rec.Values, val)
		rec.Missing = append(rec.Missing, !given)
	}
	return rec
}

func testTables() []Table {
	other := "other"
	return []Table{
		{Name: "status", Values: map[string]string{"Active": "active", "Terminated": "inactive"}},
		{Name: "kind", Values: map[string]string{"E": "employee", "": "unnamed"}, Default: &other},
		{Name: "dept", File: "dept.csv", Keys: []string{"country", "region"}, Value: "name", Default: &other},
	}
}

func readTestFile(string) ([]byte, error) {
	return []byte("\ufeffcountry,region,name\nFR,,France\nFR,IDF,\"Paris, all\"\n1:a,b,one\n1,:ab,two\nUS,CA,\n"), nil
}

func compile(t testing.TB, columns ...Column) *Mapping {
	t.Helper()
	m, problems := New(Options{Columns: columns, Tables: testTables(), ReadFile: readTestFile})
	for _, p := range problems {
		t.Errorf("problem: %v", p)
	}
	if m == nil {
		t.FailNow()
	}
	return m.On(leapDay)
}

var leapDay = time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)

func bind(t testing.TB, m *Mapping, rec *export.Record) *rowMapper {
	t.Helper()
	r, err := m.Bind(rec.Header)
	if err != nil {
		t.Fatal(err)
	}
	return r.(*rowMapper)
}

// mapOne maps rec by one expression, on the path that New chose and on the VM; both must agree.
func mapOne(t testing.TB, col Column, rec *export.Record) (export.Cell, *export.Fault) {
	t.Helper()
	if col.Name == "" {
		col.Name = "Column"
	}
	r := bind(t, compile(t, col), rec)
	cell, fault := r.MapColumn(rec, 0)
	if c := &r.mapping.columns[0]; c.plain < 0 {
		onVM := *c
		onVM.fast = nil
		slow, err := r.cell(&onVM)
		if (err != nil) != (fault != nil) || err == nil && slow != cell {
			t.Errorf("%s: closures give %+v, %v; the VM gives %+v, %v", col.Expr, cell, fault, slow, err)
		}
	}
	return cell, fault
}
