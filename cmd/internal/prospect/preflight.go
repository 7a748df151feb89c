package prospect

import (
	"context"
	"errors"
	"fmt"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// Preflight asks Coupa about everybody whom a plan would send a row for, and lets the planner take their Ids as keys,
// complete their rows, and hold back what Coupa would refuse or take for somebody else. It plans once to learn who they
// are, and sends nothing. asked tells that it was done; that Coupa cannot be asked is an error where the config wants it.
func Preflight(ctx context.Context, env *wiring.Env, pipe *wiring.Pipeline, p *planning.Planner, out *Outlook, client *coupa.Client) (asked bool, err error) {
	if !pipe.Config.Preflight && !ByAPI(p) {
		return false, nil
	}
	if err := CheckPeople(pipe, p); err != nil {
		return false, &exit.Error{Code: export.ExitUsage, Err: err}
	}
	users := client.Users()
	pre := &directory.Preflight{
		Users: users, Key: pipe.Key, Columns: p.Mapping.Columns(), Element: coupa.Element,
		MayCreate: p.MayCreate || approvedCreates(out) > 0, Whole: ByAPI(p), Workers: users.Workers(), Rate: pipe.Config.Coupa.Rate, Log: env.Log,
	}
	look := *p
	look.Notes = pre.Note
	if _, err := look.Build(ctx, &Nowhere{}); err != nil {
		return false, err
	}
	if pre.People() == 0 {
		p.Checks, p.Found = pre.Faults, pre.Found
		return true, nil
	}
	if err = users.Check(ctx); err == nil {
		err = pre.Ask(ctx)
	}
	if err != nil {
		return false, unasked(ctx, err, ByAPI(p))
	}
	p.Checks, p.Found = pre.Faults, pre.Found
	return true, nil
}

// PlanPreflight is preflight for a command that has no job: its client is made for it.
func PlanPreflight(ctx context.Context, env *wiring.Env, pipe *wiring.Pipeline, p *planning.Planner, out *Outlook) (asked bool, err error) {
	if !pipe.Config.Preflight && !ByAPI(p) {
		return false, nil
	}
	client, err := coupa.NewClient(wiring.CoupaConfig(pipe.Config), env.Log)
	if err != nil {
		return false, &exit.Error{Code: export.ExitUsage, Err: err}
	}
	return Preflight(ctx, env, pipe, p, out, client)
}

// unasked says that nothing was sent, since Coupa could not be asked first.
func unasked(ctx context.Context, err error, byAPI bool) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if _, ok := errors.AsType[*export.NotDeliveredError](err); !ok {
		err = &export.NotDeliveredError{What: export.NoPreflight, Msg: err.Error(), Err: err}
	}
	if byAPI {
		return fmt.Errorf("look people up in Coupa before anything is written: %w", err)
	}
	return fmt.Errorf("look people up in Coupa before anything is sent (preflight: off does without): %w", err)
}

// approvedCreates is up to how many creates an approval allows.
func approvedCreates(out *Outlook) (most int) {
	for _, a := range out.Approved {
		most = max(most, a.Ceilings[export.CreatesLimit])
	}
	return most
}
