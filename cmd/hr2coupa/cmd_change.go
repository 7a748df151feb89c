package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func changeCmd(env *wiring.Env) *cobra.Command {
	var said change.Said
	var dryRun bool
	c := &cobra.Command{
		Use:   "change KEY COLUMN=VALUE…",
		Short: "one urgent change of one person, by API, within seconds",
		Long: `Change writes values of one person to Coupa by API, with the plan, the limits, the protected people, the
ledger and the report of run --route api. KEY is the person's value in the feed's key column. Nothing but
these values is sent, and only those that Coupa does not show already.
Columns are Coupa's, as the mapping names them, and values are as Coupa takes them: a list is the whole
list. A blank is refused; COLUMN=--NULL-- empties the value in Coupa. With --hr, names and values are HR's:
FIELD=VALUE goes through the mapping like a line of HR's feed that has only these fields.
Other users of the machine can see a command line: with - instead of the values, each line of stdin is one.`,
		Example: "  hr2coupa change 000101 Status=inactive --dry-run\n  hr2coupa change 000101 Status=inactive --by 'A. Administrator'\n" +
			"  hr2coupa change 000101 'Approver Login=amara.okafor' Department=Legal\n  hr2coupa change 000101 --hr last_name=Roe\n  hr2coupa change 000101 - <values.txt",
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			said.Key, said.Cells = args[0], args[1:]
			return changeOne(cmd.Context(), env, said, dryRun)
		},
	}
	f := c.Flags()
	f.BoolVar(&env.All, "all", false, show.AllRows)
	f.BoolVar(&said.HR, "hr", false, "names and values are HR's, and go through the mapping")
	f.BoolVar(&dryRun, "dry-run", false, "ask Coupa and show old -> new: send and record nothing")
	f.StringVar(&said.By, "by", "", "the person who decides; the ledger records the name with the run")
	return c
}

// changeOne sends a change, or shows what it would change.
func changeOne(ctx context.Context, env *wiring.Env, said change.Said, dryRun bool) error {
	pipe, err := wiring.ReadPipeline(ctx, env, config.Options{Ask: dryRun, NeedSecrets: !dryRun, FeedGiven: true, Route: config.RouteAPI})
	if err != nil {
		return err
	}
	typed, err := said.Feed(pipe, env.Stdin)
	if err != nil {
		return err
	}
	if dryRun {
		return show.MakePlan(ctx, env, job.PlanOptions{Pipe: pipe, Typed: typed}, show.PlanText{Most: job.ShownPeople})
	}
	s, err := job.StartRun(ctx, env, pipe, job.RunOptions{Typed: typed})
	return show.ConcludeReport(ctx, env, s, err)
}
