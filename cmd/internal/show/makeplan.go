package show

import (
	"cmp"
	"context"
	"math"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

// MakePlan makes a plan, writes its page if one is wanted, and prints it.
func MakePlan(ctx context.Context, env *wiring.Env, o job.PlanOptions, text PlanText) error {
	if o.People, text.Saved = text.Most, o.Output; env.JSON || text.Page != "" {
		o.People = math.MaxInt
	}
	if text.Page != "" {
		if err := MayWritePage(text.Page); err != nil {
			return err
		}
	}
	res, err := job.Plan(ctx, env, o)
	if err != nil {
		return err
	}
	if text.Page != "" {
		err = WritePlanPage(env, text.Page, res)
	}
	switch {
	case err != nil:
	case env.JSON:
		err = PlanJSON(env, res)
	default:
		err = Plan(env, res, text)
	}
	return exit.With(res.Exit, cmp.Or(err, res.Close()))
}
