package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/undo"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func undoCmd(env *wiring.Env) *cobra.Command {
	var route string
	var dryRun bool
	c := &cobra.Command{
		Use:   "undo RUN|latest",
		Short: "take a run back: values go back that Coupa still holds as the run has left them",
		Long: `Undo asks Coupa about the people whom a run or a drop has changed, and plans and sends the values from before, with
the limits, the protected people, the ledger and the report of run. A value that was changed since stays. What
was empty becomes empty again by API; most columns cannot be emptied by CSV. A user whom the run has created becomes
inactive. What cannot be undone is said first.
HR's next feed brings HR's values again: correct them in HR first.`,
		Example: "  hr2coupa undo latest --dry-run\n  hr2coupa undo 20261124T001500Z\n  hr2coupa undo 20261124T001500Z --route api",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains([]string{"", config.RouteCSV, config.RouteAPI, config.RouteAuto}, route) {
				return exit.Usage("--route is csv, api or auto, not %q", route)
			}
			u, err := undo.New(cmd.Context(), env, args[0], route)
			if err != nil {
				return err
			}
			if dryRun {
				return showUndo(cmd.Context(), env, u)
			}
			return u.Run(cmd.Context())
		},
	}
	f := c.Flags()
	f.BoolVar(&env.All, "all", false, show.AllRows)
	f.BoolVar(&dryRun, "dry-run", false, "ask Coupa and show what would go back: send and record nothing")
	f.StringVar(&route, "route", "", "csv, api or auto, as of run (default: route of the config)")
	return c
}

// showUndo shows what an undo would plan.
func showUndo(ctx context.Context, env *wiring.Env, u *undo.Undo) error {
	o, ok, err := u.Plan(ctx)
	switch {
	case err != nil:
		return err
	case !ok:
		return show.NothingUndone(env, o.Undo)
	}
	return show.MakePlan(ctx, env, o, show.PlanText{Most: job.ShownPeople})
}
