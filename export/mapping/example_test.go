package mapping_test

import (
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/mapping"
)

// A mapping is compiled once, bound to the header of a feed file, and fills a row's cells from each of its records.
func ExampleNew() {
	m, problems := mapping.New(mapping.Options{
		Columns: []mapping.Column{
			{Name: "Login", Expr: "lower(login)"},
			{Name: "First Name", Expr: "preferred_name ?? first_name"},
			{Name: "Status", Expr: `lookup("status", state)`},
		},
		Tables: []mapping.Table{{Name: "status", Values: map[string]string{"A": "active", "T": "inactive"}}},
	})
	for _, p := range problems {
		fmt.Println(p.Error())
	}
	header := &export.Header{Fields: []string{"login", "preferred_name", "first_name", "state"}}
	row, err := m.Bind(header)
	if err != nil {
		fmt.Println(err)
		return
	}
	cells := make([]export.Cell, len(m.Columns()))
	rec := &export.Record{Header: header, Line: 2, Values: []string{"ANN", "", "Ann", "T"}}
	for _, f := range row.Map(rec, cells) {
		fmt.Println(f.Error())
	}
	for i, name := range m.Columns() {
		fmt.Printf("%s: %s\n", name, cells[i].Text)
	}
	// Output:
	// Login: ann
	// First Name: Ann
	// Status: inactive
}
