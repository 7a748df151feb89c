package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/settle"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

func settleCmd(env *wiring.Env) *cobra.Command {
	var by string
	var back bool
	c := &cobra.Command{
		Use:   "settle PART applied|rejected --by NAME",
		Short: "an operator's word on a part without a verdict",
		Long: `Settle records what a person has seen in Coupa about a part that is stalled or in doubt: its rows
were applied, or they were not. No row is sent; rows settled as rejected can be planned again with
hr2coupa run --again. Where a call of the part has emptied a list that was not filled since (roles that go
by API), Coupa is asked first: rejected puts back what the list held, applied needs it to be filled. A part
that is settled and has left such lists takes the word again. --lists-back asks nobody: somebody has seen
in Coupa that the lists stand as they should. The records of a held run, or of people who wait, are given
up by the run's name: settle RUN rejected. The same feed is "seen" from then on, and --again plans them all
the same.`,
		Example: "  hr2coupa settle Users_20261124T020000Z_1db25731_1of4.csv applied --by 'A. Administrator'",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			outcome := export.Outcome(args[1])
			if outcome != export.Applied && outcome != export.Rejected {
				return exit.Usage("settle: a part is settled as applied or rejected, not as %q", args[1])
			}
			if by == "" {
				return export.Hint(exit.Usage("settle: --by is missing"), "name the person who settles it: --by NAME")
			}
			cfg, err := wiring.LedgerConfig(cmd.Context(), env, config.Options{})
			if err != nil {
				return err
			}
			return settle.SettlePart(cmd.Context(), env, cfg, &settle.OperatorWord{Env: env, Outcome: outcome, By: by}, args[0], back)
		},
	}
	c.Flags().StringVar(&by, "by", "", "the person whose word this is; it is kept in the ledger")
	c.Flags().BoolVar(&back, "lists-back", false, "lists that a call has emptied stand as they should: Coupa is not asked")
	return c
}
