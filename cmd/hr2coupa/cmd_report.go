package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/past"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func reportCmd(env *wiring.Env) *cobra.Command {
	var page string
	c := &cobra.Command{
		Use:   "report RUN --html FILE",
		Short: "a run as one page, to look at, print or send: bars by outcome, causes, people held, parts and times",
		Long: `Report writes what the ledger has of a run as one page without scripts that loads nothing from anywhere. RUN is
its id, or the word latest for the newest one. The page has at most 200 of the rows that were not applied.
If there are more, FILE.rows.csv beside it has all of them (without the .html). Both hold personal data
(0600). Report only reads the ledger, and ends with the code that the run ended with.`,
		Example: "  hr2coupa report latest --html report.html\n  hr2coupa report 20261124T020000Z --html report.html",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return past.Page(cmd.Context(), env, args[0], page)
		},
	}
	c.Flags().StringVar(&page, "html", "", "write the page to this file (0600); only another page of a run is overwritten")
	return c
}
