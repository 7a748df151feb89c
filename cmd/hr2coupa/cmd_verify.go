package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func verifyCmd(env *wiring.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "verify RUN",
		Short: "read a run's people back from Coupa and compare every cell that was sent",
		Long: `Verify asks Coupa's API for every person with an applied row in the run, 49 a call, and compares every
cell that was sent. If Coupa shows another value, the row becomes drifted, also in the ledger. A drifted row
that is right now becomes applied. Verify skips people for whom newer data was sent since.
RUN is its id, or the word latest for the newest run. It needs the scope core.user.read. A run does the same
by itself if verify is on.`,
		Example: "  hr2coupa verify latest\n  hr2coupa verify 20261124T020000Z",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return verify(cmd.Context(), env, args[0])
		},
	}
}

func verify(ctx context.Context, env *wiring.Env, run string) error {
	s, res, err := job.Verify(ctx, env, run)
	if err != nil {
		return show.ConcludeReport(ctx, env, s, err)
	}
	return show.Conclude(ctx, env, s, nil, res.Exit, func() error {
		if env.JSON {
			return show.JSON(env, res)
		}
		return show.Verified(env, res)
	})
}
