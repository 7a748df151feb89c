package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/operator"
	"github.com/hr2coupa/hr2coupa/cmd/internal/settle"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

func settleCmd(env *wiring.Env) *cobra.Command {
	var by string
	var back bool
	c := &cobra.Command{
		Use:   "settle PART applied|rejected --by NAME",
		Short: "record an operator's decision about a part without a verdict",
		Long: `Settle records what a person has seen in Coupa about a part that is stalled or in doubt: its rows
were applied, or they were not. It sends no row; hr2coupa run --again plans rows settled as rejected again.
If a call of the part has emptied a list that is not filled again (roles that go by API), settle asks Coupa
first: rejected puts back what the list held, applied requires that it is filled. A settled part that has
left such lists can be settled again. --lists-back does not ask Coupa: a person has seen there that the
lists are as they should be. To give up the records of a held run, or of people who wait, use the run's
name: settle RUN rejected. The same feed is "seen" from then on; --again plans these records nevertheless.`,
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
			return settle.SettlePart(cmd.Context(), env, cfg, &settle.OperatorWord{Env: env, Outcome: outcome, By: by, Given: operator.Given(by, env.By)}, args[0], back)
		},
	}
	c.Flags().StringVar(&by, "by", "", "the person who decides; the ledger records the name, and who has started the program")
	c.Flags().BoolVar(&back, "lists-back", false, "lists that a call has emptied are as they should be: Coupa is not asked")
	return c
}
