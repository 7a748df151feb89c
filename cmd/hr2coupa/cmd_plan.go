package main

import (
	"math"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func planCmd(env *wiring.Env) *cobra.Command {
	var o job.PlanOptions
	text := show.PlanText{Most: job.ShownPeople}
	c := &cobra.Command{
		Use:   "plan [FILE…]",
		Short: "what would change, for whom, what is quarantined, which limits hold the run; sends nothing",
		Long: `Plan reads the feed, maps and checks it, and prints what a run would change: how many people and how, and per
person the cells that differ, old -> new. It sends nothing and records nothing. If preflight is on, it asks
Coupa about these people and needs the client's secret. Otherwise it needs no secret, and the plan says
"unchecked". With --only it shows a selection of the people: creates, deactivations, reactivations,
renames (login, e-mail address or number), roles (roles, groups and other lists), case (login or e-mail address
differs in case alone, sent or not), or those who get another value in a column. With --hand-over it also lists
who of the feed still reports to a person who is inactive, or becomes so. With --html it also writes all
of it as a page. With -o it also saves the plan with its differences for hr2coupa apply, bound to the bytes of
the feed, the ledger's state and the config. These files hold personal data (0600).`,
		Example: "  hr2coupa plan\n  hr2coupa plan --all --only renames users-20261124.csv\n  hr2coupa plan --only 'Approver Login' --html plan.html\n  hr2coupa plan -o plan.json",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Files = args; env.All {
				text.Most = math.MaxInt
			}
			return show.MakePlan(cmd.Context(), env, o, text)
		},
	}
	c.AddCommand(planDiffCmd(env))
	f := c.Flags()
	f.BoolVar(&env.All, "all", false, "print every person, and every row that would not be sent, not only the first 20")
	f.StringVar(&o.Only, "only", "", "show only these people: creates, deactivations, reactivations, renames, roles, case, or a COLUMN")
	f.BoolVar(&o.HandOver, "hand-over", false, "also list who of the feed still reports to a person who is inactive, or becomes so")
	f.StringVar(&text.Page, "html", "", "write it as a page to this file (0600), too; only another such page is overwritten")
	f.StringVarP(&o.Output, "output", "o", "", "save the plan to this file (0600); only another saved plan is overwritten")
	return c
}

func planDiffCmd(env *wiring.Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "of whom two saved plans would change different things, and what",
		Long: `Diff compares two plans that plan -o has saved: who is new in the second one, who is no longer in it, and of
whom something else would change. It prints what changes, with values, and ends with 0 also if they differ.
A feed that is named diff is planned as ./diff.`,
		Example: "  hr2coupa plan diff monday.json tuesday.json",
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			return show.PlanDiff(env, args[0], args[1])
		},
	}
	strictArgs(c)
	return c
}
