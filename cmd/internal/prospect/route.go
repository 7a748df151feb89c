package prospect

import (
	"context"
	"errors"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// ChooseRoute gives a planner the sheet of the route that its plan takes. With route: auto a plan of up to route_rows rows goes
// by API; it is planned once to count them, and no further than that.
func ChooseRoute(ctx context.Context, p *wiring.Pipeline, pl *planning.Planner) error {
	if p.Few == nil {
		return nil
	}
	look := *pl
	look.Sheet, look.MaxRows = p.Few, p.Config.RouteRows
	switch _, err := look.Build(ctx, &countingSink{most: p.Config.RouteRows}); {
	case errors.Is(err, errMany):
		return nil
	case err != nil:
		return err
	}
	pl.Sheet = p.Few
	return nil
}

var errMany = errors.New("more rows than route_rows")

// countingSink counts the rows of a plan that is only looked at.
type countingSink struct {
	Nowhere
	most, rows int
}

func (s *countingSink) Part(p export.Part, data []byte, rows []export.RowResult) (int64, error) {
	if s.rows += len(rows); s.rows > s.most {
		return 0, errMany
	}
	return s.Nowhere.Part(p, data, rows)
}

func (s *countingSink) Restart() error {
	s.rows = 0
	return s.Nowhere.Restart()
}

// ByAPI tells whether a planner's parts go by API.
func ByAPI(pl *planning.Planner) bool { return pl.Sheet.Route() == export.ByAPI }
