package layout

import (
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
)

// apiColumns returns the mapped columns of a set in file order.
func (s *Sheet) apiColumns(set export.ColumnSet) (cols []int) {
	for _, i := range s.order {
		if set.Has(i) {
			cols = append(cols, i)
		}
	}
	return cols
}

// Names returns the columns of a file of that set, in the order of the file.
func (s *Sheet) Names(set export.ColumnSet) (names []string) {
	for _, i := range s.order {
		if set.Has(i) {
			names = append(names, s.columns[i].name)
		}
	}
	return names
}

func (s *Sheet) apiHeader(set export.ColumnSet) []byte {
	line, err := export.AppendAPIHeader(nil, s.Names(set))
	if err != nil {
		panic(fmt.Sprintf("layout: header: %v", err)) // strings can always be encoded
	}
	return line
}

// apiEncoder encodes rows for the API route. These are few, so this code is not optimised for speed.
type apiEncoder struct {
	cols []int
	rows []export.APIRow
}

func (e *apiEncoder) Add(row *export.Row) (full bool) {
	out := export.APIRow{Cells: make([]*string, len(e.cols))}
	for k, i := range e.cols {
		if cell := &row.Cells[i]; cell.State == export.Set {
			out.Cells[k] = new(cell.Text)
		}
	}
	if row.User != nil {
		out.ID, out.Was = row.User.ID, row.User.Values
	}
	e.rows = append(e.rows, out)
	return len(e.rows) == batch
}

func (e *apiEncoder) Flush(dst []byte, ends []int) ([]byte, []int, error) {
	for _, row := range e.rows {
		var err error
		if dst, err = export.AppendAPIRow(dst, row); err != nil {
			return dst, ends, err
		}
		ends = append(ends, len(dst))
	}
	e.rows = e.rows[:0]
	return dst, ends, nil
}
