package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/scaffold"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func initCmd(env *wiring.Env) *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "init FEED",
		Short: "write a commented config and mapping, proposed from a feed's header and values",
		Long: `Init reads the header and the first 5,000 records of a feed, CSV or JSON Lines, and writes a config with a mapping. It proposes
the mapping from the column names that HR systems use, and from the values. Guesses are marked as such; what
only you can know is a TODO. Before it writes, it plans the records with its proposal, and turns what breaks
Coupa's rules into a comment. It never overwrites a file. hr2coupa plan works on the result at once.`,
		Example: "  hr2coupa init users.csv\n  hr2coupa init users.csv -o /etc/hr2coupa.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if output == "" {
				output = env.ConfigFile
			}
			return scaffold.Begin(cmd.Context(), env, args[0], output)
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "the config to write (default: that of --config)")
	return c
}
