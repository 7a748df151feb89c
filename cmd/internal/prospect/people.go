package prospect

import (
	"fmt"

	"github.com/hr2coupa/hr2coupa/cmd/internal/differences"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rowstore"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
)

// People passes the people of a part to take, each with the cells of its line and the index of its row. rows are the first
// of the part's rows, or all.
func People(part export.Part, data []byte, rows []export.RowResult, take func(i int, p *differences.Person) error) error {
	var header []string
	var wrong error
	n := -1
	err := rowstore.PartLines(part, data, func(l layout.Line) bool {
		if n++; header == nil {
			header = l.Cells
			return len(rows) > 0
		}
		columns := make(map[string]string, len(header))
		for i, c := range l.Cells {
			columns[header[i]] = c
		}
		r := &rows[n-1]
		wrong = take(n-1, &differences.Person{Origin: r.Origin, Key: r.Key, Columns: columns, Kinds: r.Kinds, Change: r.Change, Completed: r.Completed})
		return wrong == nil && n < len(rows)
	})
	if err == nil && wrong == nil && n < len(rows) {
		err = export.Ours(fmt.Errorf("read part %s back: %w", part.Name, rowstore.ErrFewRows))
	}
	if err != nil {
		return err
	}
	return wrong
}
