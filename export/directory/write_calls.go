package directory

import (
	"github.com/hr2coupa/hr2coupa/export"
)

// WriteCalls returns how many calls it takes to write a part of the API route, if Coupa still holds what it held when
// the plan was made, and for how many rows nothing is written.
func WriteCalls(part []byte, element func(column string) (export.Element, bool)) (calls, unchanged int, err error) {
	columns, rows, err := export.ReadAPIPart(part)
	if err != nil {
		return 0, 0, err
	}
	j := &writing{Writer: &Writer{Element: element}}
	for _, column := range columns {
		e, _ := element(column)
		j.elements = append(j.elements, e)
	}
	equal := 0
	for _, row := range rows {
		was := export.User{Values: row.Was}
		missing := toWrite(row, j.sendable(row), was)
		switch {
		case row.ID == "": // a look-up and a POST
			calls += 2
		case missing == nil:
			equal++
		case unshownLists(missing, was) != nil: // a look-up, then the row is quarantined
			calls++
		default:
			calls += 1 + len(export.UpdateSteps(missing, was))
		}
	}
	if equal == 1 {
		return calls + 1, equal, nil
	}
	return calls + Calls(equal), equal, nil
}
