package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/past"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func statusCmd(env *wiring.Env) *cobra.Command {
	var wait bool
	c := &cobra.Command{
		Use:   "status [RUN]",
		Short: "runs, parts, loads and rows, as the ledger has them",
		Long: `Status shows the newest runs, or one run with its parts and the rows that were not applied: the first
20 of a kind, with --all all. RUN is its id, or the word latest for the newest one. Status names people who
lack a list that a call has emptied until it is filled again. It only reads, and may do so while a run is at work. It ends with the code that the run ended with.`,
		Example: "  hr2coupa status\n  hr2coupa status latest\n  hr2coupa status 20261124T020000Z\n  hr2coupa status --wait",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			run := ""
			if len(args) == 1 {
				run = args[0]
			}
			return past.Status(cmd.Context(), env, run, wait)
		},
	}
	c.Flags().BoolVar(&env.All, "all", false, show.AllRows)
	c.Flags().BoolVar(&wait, "wait", false, "wait until the run is no longer at work")
	return c
}
