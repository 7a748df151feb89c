package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// choose gives a planner the sheet of the route that its plan takes. With route: auto a plan of up to route_rows rows goes
// by API; it is planned once to count them, and no further than that.
func (p *pipeline) choose(ctx context.Context, pl *planning.Planner) error {
	if p.few == nil {
		return nil
	}
	look := *pl
	look.Sheet, look.MaxRows = p.few, p.cfg.RouteRows
	switch _, err := look.Build(ctx, &countingSink{most: p.cfg.RouteRows}); {
	case errors.Is(err, errMany):
		return nil
	case err != nil:
		return err
	}
	pl.Sheet = p.few
	return nil
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

// byAPI tells whether a planner's parts go by API.
func byAPI(pl *planning.Planner) bool { return pl.Sheet.Route() == export.ByAPI }

// ready proves, before a plan is recorded, that its parts can be sent and somebody can be asked what became of them.
func (j *job) ready(ctx context.Context, pl *planning.Planner) error {
	if byAPI(pl) {
		return j.wires.client.Users().Check(ctx)
	}
	return j.runner.Check(ctx)
}

// newWriter makes what writes the parts of the API route; nil where the config names no client for it.
func newWriter(env *Env, cfg *config.Config, client *coupa.Client, l export.WriteLedger, names interface {
	Pseudonyms() (export.Pseudonyms, error)
}) (*directory.Writer, error) {
	if client == nil {
		return nil, nil
	}
	pseudonyms, err := names.Pseudonyms()
	if err != nil {
		return nil, err
	}
	users, seams := client.Users(), env.seams
	workers := users.Workers()
	if seams.oneByOne {
		workers = 1
	}
	return &directory.Writer{
		Ledger: l, Users: through(seams.users, export.Directory(users)), Whole: users.Whole, Element: coupa.Element, Workers: workers, Now: env.now, Log: env.log,
		Naming: export.Naming{Pseudonyms: pseudonyms, Discreet: cfg.Pseudonyms, Personal: personal(cfg)},
	}, nil
}

// personal reports whether HR's key of a row is personal data itself: a login or an address.
func personal(cfg *config.Config) func(export.RowResult) bool {
	named := slices.ContainsFunc(cfg.Mapping.Columns, func(c config.Column) bool {
		return (c.Name == login || c.Name == "Email") && strings.Contains(c.Expr, cfg.Feed.Key)
	})
	return func(r export.RowResult) bool { return named || strings.Contains(r.Key, "@") || r.Key == r.Login }
}
