package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func runCmd(env *wiring.Env) *cobra.Command {
	var o job.RunOptions
	var dryRun bool
	c := &cobra.Command{
		Use:   "run [FILE…]",
		Short: "the main job: resume what is unfinished, plan, deliver, await, report",
		Long: `Run resumes what an earlier run left unfinished, plans the feed's new files, delivers the parts over
SFTP, waits for Coupa's verdict on each, and accounts for every record. With --route api it makes calls
instead: it finds each person, writes what differs and compares the answer.
A feed file that was seen before is not sent again. Nor is one that comes late: it is older, by its name and by its
time, than a file that was planned before. --replan plans seen files anew. FILEs replace feed.files of the config.`,
		Example: "  hr2coupa run -c /etc/hr2coupa.yaml\n  hr2coupa run --dry-run users-20261124.csv\n  hr2coupa run --route api urgent.csv",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Files = args
			if !slices.Contains([]string{"", config.RouteCSV, config.RouteAPI, config.RouteAuto}, o.Route) {
				return exit.Usage("--route is csv, api or auto, not %q", o.Route)
			}
			if o.Adopt && (o.NewLedger || o.Again || dryRun) || o.NewLedger && dryRun {
				return exit.Usage("--adopt goes with none of --new-ledger, --again and --dry-run, and --new-ledger does not go with --dry-run")
			}
			if o.Replan && (o.Again || o.Late || o.Adopt) {
				return exit.Usage("--replan goes with none of --again, --late and --adopt")
			}
			if o.Late && (len(args) == 0 || o.Again || o.Adopt) {
				return exit.Usage("--late needs the FILE that is meant, and goes with neither --again nor --adopt")
			}
			if dryRun {
				return show.MakePlan(cmd.Context(), env, job.PlanOptions{Files: args, Again: o.Again, Replan: o.Replan, Late: o.Late, Full: o.Full, Route: o.Route}, show.PlanText{Most: job.ShownPeople})
			}
			s, err := job.Run(cmd.Context(), env, o)
			return show.ConcludeReport(cmd.Context(), env, s, err)
		},
	}
	f := c.Flags()
	f.BoolVar(&env.All, "all", false, show.AllRows)
	f.BoolVar(&dryRun, "dry-run", false, "plan only: send and record nothing")
	f.BoolVar(&o.NoWait, "no-wait", false, "deliver and end; the next run asks for the verdict")
	f.BoolVar(&o.Full, "full", false, "send rows that Coupa holds already too")
	f.BoolVar(&o.Again, "again", false, "plan again the rows of seen files that were quarantined, rejected, drifted or given up")
	f.BoolVar(&o.Replan, "replan", false, "plan seen files anew, such as after a change of the mapping, except people for whom something newer was sent")
	f.BoolVar(&o.Late, "late", false, "send these FILEs also if they were passed over as late: older than files that were planned before")
	f.BoolVar(&o.Adopt, "adopt", false, "after a ledger was lost, restored or copied: mark the feed files as seen and send nothing from them")
	f.BoolVar(&o.NewLedger, "new-ledger", false, "use the ledger as it is, whatever other ledgers have sent, and send what it does not know")
	f.StringVar(&o.Route, "route", "", "csv: files over SFTP; api: calls, for urgent changes; auto: api up to route_rows rows (default: route of the config)")
	return c
}
