package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rebuilding"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

func stateCmd(env *wiring.Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "state",
		Short: "what the ledger knows of Coupa: rebuild it from Coupa's users",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return export.Hint(exit.Usage("state: unknown command %q", args[0]), "see hr2coupa state --help")
			}
			cmd.SetOut(env.Stderr.Words())
			_ = cmd.Help() // writes to stderr; there is no other place to report that it fails
			return export.Hint(exit.Usage("state: a command is missing"), "give rebuild")
		},
	}
	c.AddCommand(stateRebuildCmd(env))
	for _, sub := range c.Commands() {
		strictArgs(sub)
	}
	return c
}

func stateRebuildCmd(env *wiring.Env) *cobra.Command {
	var o rebuilding.Options
	var from string
	c := &cobra.Command{
		Use:   "rebuild --from api|FILE",
		Short: "have the ledger learn from Coupa what is there",
		Long: `Rebuild reads all of Coupa's users and records what Coupa holds of each as last confirmed: for a first start
on an instance with history, or after the ledger was lost. It sends nothing. From then on a plan knows what
would change without asking about everyone. Users are read by API, by ascending id, with the scope
core.user.read, or from a Users export of Coupa's (FILE). HR's key has to be in a column of the mapping, such as
Employee Number: employee_id. Users without a value in it, or who share one, are left out and counted.
Nothing is recorded if the users could not be read to their end (4), and while a part has no verdict (2).`,
		Example: "  hr2coupa state rebuild --from api\n  hr2coupa state rebuild --from Users.csv --column 'Cost Center=Department' --adopt",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch from {
			case "":
				return export.Hint(exit.Usage("state rebuild: --from is missing"), "give --from api, or --from FILE with a Users export of Coupa's")
			case "api":
			default:
				o.Export = from
			}
			return rebuilding.Show(cmd.Context(), env, o)
		},
	}
	c.Flags().StringVar(&from, "from", "", "api, or a file: a Users export of Coupa's")
	c.Flags().StringArrayVar(&o.Named, "column", nil, "HEADER=COLUMN: a field of that file is about this column of the users import")
	c.Flags().BoolVar(&o.Adopt, "adopt", false, "the present files of the feed count as seen: nothing of them is sent")
	return c
}
