package prospect

import (
	"context"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// GoesBeside tells whether a plan is made beside a held run and leaves it alone: an urgent change, files that a person has
// named and that go by API. fresh tells that there is something new in them; who names only files of the held run means
// that run.
func GoesBeside(p *wiring.Pipeline, out *Outlook, args []string, fresh bool, seen []export.SeenFile) bool {
	if out.Kept == nil || len(out.Kept.Held) == 0 || p.Config.Route != config.RouteAPI || p.IsFeed(args) {
		return false
	}
	return fresh || !slices.ContainsFunc(seen, func(f export.SeenFile) bool {
		return f.Run == out.Kept.Run || slices.Contains(f.Later, out.Kept.Run)
	})
}

// Leave takes what a held run keeps out of an outlook, and the approvals, which are meant for that run. Who is kept is
// remembered.
func (o *Outlook) Leave(ctx context.Context, pipe *wiring.Pipeline, now time.Time) (err error) {
	o.Beside, err = planning.ReadBeside(ctx, NewPlanner(pipe, nil, o, now), o.Kept.Run)
	o.left, o.Kept, o.Approved = o.Kept, nil, nil
	return err
}

// Refusal says why an urgent change is not sent beside a held run.
func Refusal(held string) string {
	return "refused: it is beyond a limit, and cannot be held, since run " + held + " is; nothing is sent, nothing is recorded, and that run stays as it is"
}

// AfterRefusal is what to do about it.
func AfterRefusal(held string) []string {
	return []string{
		"if it is meant, raise the limit in the config, then the same command",
		"or end run " + held + " first (hr2coupa approve and run, or settle), then the same command: it is held then, and can be approved",
	}
}
