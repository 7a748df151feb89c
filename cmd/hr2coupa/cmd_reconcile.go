package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/past"
	"github.com/hr2coupa/hr2coupa/cmd/internal/reconciling"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

func reconcileCmd(env *wiring.Env) *cobra.Command {
	var o reconciling.Options
	var files show.ReconcileFiles
	var mends bool
	c := &cobra.Command{
		Use:   "reconcile [RUN | FILE…]",
		Short: "do HR and Coupa agree: all of HR's people against all of Coupa's users; sends nothing",
		Long: `Reconcile reads HR's whole view (the feed, through the mapping, or FILEs) and all of Coupa's users, and
says of every person and every user whether both sides agree. It sends nothing and records nothing. The feed
must have everybody: of a feed with changes alone all others would be unknown to HR. Users are read by API,
by ascending id, with the scope core.user.read; or from a Users export of Coupa's with --coupa-export. A field
of it whose header is not known gets its column of the users import with --column.
It ends with 0 if both sides agree, 3 if they differ, 9 if HR's side and 4 if Coupa's side could not be read to
its end: then nothing is compared. docs/reconcile.md says what each class means. --html writes one page that
needs nothing else, with lines for who prepares and who reviews it. It has at most 1000 people and users; if
there are more, FILE.findings.csv beside it has all (without the .html; with --csv that file).
With --repair -o FILE it also saves a plan for hr2coupa apply: of each column that differs, reconcile.repair in the
config says whether HR wins, or Coupa, or a person is asked. Users whom HR does not know are never touched.
With a RUN (its id, or the word latest) it reads the ledger alone and says how that run adds up: records, rows
sent, counted by Coupa, read back. Then 4 is that some row has no verdict or was not read back.`,
		Example: "  hr2coupa reconcile --csv findings.csv --html page.html --control 'ITGC-07 leavers' --period 2026-Q4\n  hr2coupa reconcile latest\n  hr2coupa reconcile everybody.csv --coupa-export Users.csv --column 'Cost Center=Department'",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if past.NamesRun(args) {
				return past.Reconcile(cmd.Context(), env, args[0], o.Export != "" || o.Named != nil || o.Redact || o.Ledger || mends || o.From+o.To != "" || o.Repair != "" || files != (show.ReconcileFiles{}))
			}
			if mends != (o.Repair != "") {
				return export.Hint(exit.Usage("--repair and -o FILE go together"), "hr2coupa reconcile --repair -o plan.json")
			}
			o.Files = args
			return show.Reconcile(cmd.Context(), env, o, files)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Export, "coupa-export", "", "read Coupa's users from this file, a Users export, and not by API")
	f.BoolVar(&o.Ledger, "from-ledger", false, "compare Coupa with what the ledger last sent and confirmed, and read nothing of HR's")
	f.StringArrayVar(&o.Named, "column", nil, "HEADER=COLUMN: a field of that file is about this column of the users import")
	f.StringVar(&files.CSV, "csv", "", "write all findings to this file (0600), too; only another such file is overwritten")
	f.StringVar(&files.Page, "html", "", "write one page to this file (0600), to look at, print and sign; only another such page is overwritten")
	f.StringVar(&files.Control, "control", "", "the name of the control, for the head of the page")
	f.StringVar(&files.Period, "period", "", "the period that the control is about, for the head of the page")
	f.StringVar(&o.From, "from", "", "the first day of a period: its longest time without a run, and its leavers with the hours until they were shut out")
	f.StringVar(&o.To, "to", "", "the last day of that period (default today; without --from it begins 29 days before)")
	f.BoolVar(&mends, "repair", false, "plan what HR wins of the differences (reconcile.repair in the config), for apply; nothing is sent")
	f.StringVarP(&o.Repair, "output", "o", "", "with --repair: save that plan to this file (0600); only another saved plan is overwritten")
	f.BoolVar(&o.Redact, "redact", false, "no names and no values in any result: pseudonyms stand for people and users")
	return c
}
