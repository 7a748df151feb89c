package main

import (
	"cmp"
	"context"
	"math"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func planCmd(env *wiring.Env) *cobra.Command {
	o := job.PlanOptions{People: job.ShownPeople}
	var all bool
	c := &cobra.Command{
		Use:   "plan [FILE…]",
		Short: "what would be sent, what is quarantined, which limits hold the run; sends nothing",
		Long: `Plan reads the feed, maps and checks it, and prints what a run would send, per person and per column. It
sends nothing and records nothing. If preflight is on, it asks Coupa about these people and needs the
client's secret; otherwise it needs no secret. With -o it also saves the plan for hr2coupa apply, bound to
the bytes of the feed, the ledger's state and the config.`,
		Example: "  hr2coupa plan\n  hr2coupa plan --all users-20261124.csv\n  hr2coupa plan -o plan.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Files = args; all {
				o.People = math.MaxInt
			}
			return showPlan(cmd.Context(), env, o)
		},
	}
	c.Flags().BoolVar(&all, "all", false, "print every person, not only the first 20")
	c.Flags().StringVarP(&o.Output, "output", "o", "", "save the plan to this file (0600); only another saved plan is overwritten")
	return c
}

// showPlan makes a plan and prints it.
func showPlan(ctx context.Context, env *wiring.Env, o job.PlanOptions) error {
	if env.JSON {
		o.People = math.MaxInt
	}
	res, err := job.Plan(ctx, env, o)
	if err != nil {
		return err
	}
	if env.JSON {
		return exit.With(res.Exit, cmp.Or(show.JSONRows(env, res, res.Store.All()), res.Store.Close()))
	}
	return exit.With(res.Exit, cmp.Or(show.Plan(env, res, res.Store.All(), o.Output), res.Store.Close()))
}
