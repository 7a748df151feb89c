package rowstore

import (
	"errors"
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
)

// cleared is shown for a cell of a part that Coupa empties.
const cleared = "clear()"

// PartLines passes the lines of a part to take, the header first, until take returns false. It reads parts of both routes.
func PartLines(p export.Part, data []byte, take func(layout.Line) bool) error {
	if err := readLines(p.Route, data, take); err != nil {
		return export.Ours(fmt.Errorf("read part %s back: %w", p.Name, err))
	}
	return nil
}

func readLines(route export.Route, data []byte, take func(layout.Line) bool) error {
	if route != export.ByAPI {
		return layout.Decode(data, take)
	}
	columns, rows, err := export.ReadAPIPart(data)
	if err != nil || !take(layout.Line{Number: 1, Cells: columns}) {
		return err
	}
	for n, row := range rows {
		line := layout.Line{Number: n + 2}
		for _, text := range row.Cells {
			if text == nil {
				text = new(cleared)
			}
			line.Cells = append(line.Cells, *text)
		}
		if !take(line) {
			return nil
		}
	}
	return nil
}

// ErrFewRows says that a part has fewer lines than rows.
var ErrFewRows = errors.New("it has fewer lines than rows")
