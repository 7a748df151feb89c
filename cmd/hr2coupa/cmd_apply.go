package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func applyCmd(env *wiring.Env) *cobra.Command {
	var noWait bool
	c := &cobra.Command{
		Use:   "apply PLAN",
		Short: "do exactly what plan -o has saved, or say what has moved since",
		Long: `Apply does what a saved plan says and nothing else. It resumes what is unfinished as a run does, plans
the same feed files afresh, and holds that against the saved plan: where the feed, the ledger's state, the
config or the program has moved it sends nothing, says which, and ends with 2. Limits hold as in a run.
A plan whose feed was planned already is "seen". Part names begin with the time of the apply; their
hashes are those of the plan.`,
		Example: "  hr2coupa plan -o plan.json\n  hr2coupa apply plan.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := job.Apply(cmd.Context(), env, args[0], noWait)
			return show.ConcludeReport(cmd.Context(), env, s, err)
		},
	}
	c.Flags().BoolVar(&noWait, "no-wait", false, "deliver and leave; the next run asks for the verdict")
	return c
}
