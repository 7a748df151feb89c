package job

import (
	"context"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// beside tells whether a plan is made beside a held run and leaves it alone: an urgent change, files that a person has
// named and that go by API. fresh tells that there is something new in them; who names only files of the held run means
// that run.
func goesBeside(p *wiring.Pipeline, out *Outlook, args []string, fresh bool, seen []export.SeenFile) bool {
	if out.kept == nil || len(out.kept.Held) == 0 || p.Config.Route != config.RouteAPI || p.IsFeed(args) {
		return false
	}
	return fresh || !slices.ContainsFunc(seen, func(f export.SeenFile) bool {
		return f.Run == out.kept.Run || slices.Contains(f.Later, out.kept.Run)
	})
}

// leave takes what a held run keeps out of an outlook, and the approvals, which are meant for that run. Who is kept is
// remembered.
func (o *Outlook) leave(ctx context.Context, pipe *wiring.Pipeline, now time.Time) (err error) {
	o.beside, err = planning.ReadBeside(ctx, NewPlanner(pipe, nil, o, now), o.kept.Run)
	o.left, o.kept, o.approved = o.kept, nil, nil
	return err
}

// refused is the report of a start whose plan is made beside a held run and is itself beyond a limit; nil where it is
// not. Nothing of it is recorded, since at most one run is held.
func (j *Job) refused(plan *export.Plan, out *Outlook, now time.Time) *export.Report {
	broken := out.judge(j.cfg, false)(plan)
	if broken == nil {
		return nil
	}
	rep := EmptyReport("refused", now)
	rep.Files, rep.Held, rep.Exit, rep.Beside = plan.Files, broken, export.ExitHeld, out.beside.Run
	rep.Why = refusal(out.beside.Run)
	return rep
}

func refusal(held string) string {
	return "refused: it is beyond a limit, and cannot be held, since run " + held + " is; nothing is sent, nothing is recorded, and that run stays as it is"
}

// AfterRefusal is what to do about it.
func AfterRefusal(held string) []string {
	return []string{
		"if it is meant, raise the limit in the config, then the same command",
		"or end run " + held + " first (hr2coupa approve and run, or settle), then the same command: it is held then, and can be approved",
	}
}
