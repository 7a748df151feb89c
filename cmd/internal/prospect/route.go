package prospect

import (
	"context"
	"errors"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
)

// route returns the sheet of the route that a plan takes. With route: auto a plan of up to route_rows rows goes by API; how
// many it has is known only by building it, and it is built no further than that. People who are as the ledger last confirmed them
// are no rows. Of those about whom only Coupa knows that nothing would change, this does not know it: Coupa is asked after the route.
func (d *draft) route(ctx context.Context) (*layout.Sheet, error) {
	pipe := d.ask.Pipe
	if pipe.Few == nil {
		return pipe.Sheet, nil
	}
	look := d.planner(pipe.Few, nil)
	look.MaxRows = pipe.Config.RouteRows
	switch _, err := look.Build(ctx, &countingSink{most: pipe.Config.RouteRows}); {
	case errors.Is(err, errMany):
		return pipe.Sheet, nil
	case err != nil:
		return nil, err
	}
	return pipe.Few, nil
}

var errMany = errors.New("more rows than route_rows")

// countingSink counts the rows of a plan that is only looked at.
type countingSink struct {
	nowhere
	most, rows int
}

func (s *countingSink) Part(p export.Part, data []byte, rows []export.RowResult) (int64, error) {
	if s.rows += len(rows); s.rows > s.most {
		return 0, errMany
	}
	return s.nowhere.Part(p, data, rows)
}

func (s *countingSink) Restart() error {
	s.rows = 0
	return s.nowhere.Restart()
}

// nowhere is a sink for a plan that is only looked at.
type nowhere struct{ parts int64 }

func (n *nowhere) Part(export.Part, []byte, []export.RowResult) (int64, error) {
	n.parts++
	return n.parts, nil
}

func (n *nowhere) Restart() error { n.parts = 0; return nil }

func (*nowhere) Row(export.RowResult, []export.KeptRecord) error { return nil }

func (*nowhere) Name(int64, string) error { return nil }
