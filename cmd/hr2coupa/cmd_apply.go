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
		Short: "do exactly what plan -o has saved, or say what has changed since",
		Long: `Apply does what a saved plan says and nothing else. It resumes unfinished parts as a run does, plans the
same feed files afresh, and compares the result with the saved plan. If the feed, the ledger's state, the
config or the program has changed, it sends nothing, names what has changed, and ends with 2. What the ledger
has learned of people since matters only if the plan's own differences have moved by it. Limits hold as in
a run. A plan is "seen" if its feed was planned already. Part names begin with the time of the apply; their
hashes are those of the plan.`,
		Example: "  hr2coupa plan -o plan.json\n  hr2coupa apply plan.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := job.Apply(cmd.Context(), env, args[0], noWait)
			return show.ConcludeReport(cmd.Context(), env, s, err)
		},
	}
	c.Flags().BoolVar(&env.All, "all", false, show.AllRows)
	c.Flags().BoolVar(&noWait, "no-wait", false, "deliver and end; the next run asks for the verdict")
	return c
}
