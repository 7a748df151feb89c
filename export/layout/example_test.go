package layout_test

import (
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
)

// A sheet checks a row by Coupa's rules and encodes it. The key comes first, and a file has only the columns that its
// rows carry: a value that a row does not hold stays as it is in Coupa.
func ExampleSheet() {
	s, err := layout.New(layout.Options{Columns: []string{"Login", "Email", "First Name", "Last Name", "Status"}, Key: "Login"})
	if err != nil {
		fmt.Println(err)
		return
	}
	set := func(text string) export.Cell { return export.Cell{Text: text, State: export.Set} }
	checker := s.Checker()
	for _, row := range []*export.Row{
		{Cells: []export.Cell{set("ann"), set("ann@example.com"), set("Ann"), set("Archer"), {}}},
		{Cells: []export.Cell{set("ben"), set("ben at example.com"), set("Ben"), set("Baker"), set("ACTIVE")}},
	} {
		if faults := checker.Check(row); len(faults) > 0 {
			for _, f := range faults {
				fmt.Printf("%s: %s\n", f.Field, f.Message)
			}
			continue
		}
		carried := s.Carried(row)
		e := s.Encoder(carried)
		e.Add(row)
		lines, _, err := e.Flush(nil, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s%s", s.Header(carried), lines)
	}
	// Output:
	// "Login","Email","First Name","Last Name"
	// "ann","ann@example.com","Ann","Archer"
	// Email: is not an e-mail address of the form name@example.com
}
