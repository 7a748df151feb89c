package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/explain"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

func explainCmd(env *wiring.Env) *cobra.Command {
	var o explain.Options
	c := &cobra.Command{
		Use:   "explain KEY",
		Short: "one person's story: HR line, expression, part and row, load, error",
		Long: `Explain prints what happened to one person in the latest runs, newest first: the line of HR's file, the
part and its row, the load and Coupa's messages, what changed (old -> new), the limits that count it and the
approval that let it pass, and every cell that was sent, with the expression that set it. At the end come the
columns that are known as confirmed. KEY is the person's value in the feed's key column, or a pseudonym from the log (p-...); --login finds
a person by a login that was sent.
--as-of DAY prints what was so at the end of a day, and since when that was known.
It only reads, and may do so while a run is at work. What it prints on stdout is personal data.`,
		Example: "  hr2coupa explain 000102\n  hr2coupa explain --login xaver.xu --all\n  hr2coupa explain 000102 --as-of 2026-11-23",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.Key = args[0]
			}
			if (o.Key == "") == (o.Login == "") {
				return export.Hint(exit.Usage("explain needs one person"), "give either KEY, the person's value of feed.key, or --login LOGIN")
			}
			return explain.Explain(cmd.Context(), env, o)
		},
	}
	c.Flags().StringVar(&o.Login, "login", "", "the person with this login, instead of KEY")
	c.Flags().StringVar(&o.AsOf, "as-of", "", "what was so at the end of this day, such as 2026-11-23, in the feed's zone")
	c.Flags().BoolVar(&o.All, "all", false, fmt.Sprintf("print every run, not only the latest %d", explain.ShownRuns))
	return c
}
