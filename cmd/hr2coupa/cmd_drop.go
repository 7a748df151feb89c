package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/ready"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func dropCmd(env *wiring.Env) *cobra.Command {
	var o job.DropOptions
	var dryRun bool
	c := &cobra.Command{
		Use:   "drop FILE…",
		Short: "manual file drop of ready Coupa CSVs: check them, deliver, wait, report",
		Long: `Drop sends files that are Coupa users CSVs already. It checks them against the layout first;
with one fault in one file it sends nothing, and it tells all faults at once. The bytes are sent as they are, under a
name that hr2coupa makes. Several files go one after the other, each once the one before has its verdict.
With --convert it takes what Excel writes, says what it changed, and keeps what it sends as NAME.converted.csv beside the
file. Values do not change.
Where Coupa can be asked, it is asked about each person before anything is sent. A row that would create an account,
take one over or change a protected person stops the drop (3). Where limits.creates allows new users, one with nearly the
login or with the name of a Coupa user stops it too: that is probably a typo.`,
		Example: "  hr2coupa drop --dry-run new-approvers.csv\n  hr2coupa drop new-approvers.csv",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Files = args
			if dryRun {
				d, err := ready.Look(cmd.Context(), env, o.Options)
				if err != nil {
					return err
				}
				return show.Drop(env, d)
			}
			s, err := job.Drop(cmd.Context(), env, o)
			return show.ConcludeDrop(cmd.Context(), env, s, err)
		},
	}
	f := c.Flags()
	f.BoolVar(&env.All, "all", false, show.AllRows)
	f.BoolVar(&dryRun, "dry-run", false, "check only: send and record nothing")
	f.BoolVar(&o.Again, "again", false, "send a file even if the same bytes were dropped before")
	f.BoolVar(&o.AllowEmpty, "allow-empty", false, "send empty cells; what Coupa does with them is not documented")
	f.BoolVar(&o.AllowNear, "allow-near", false, "create new users although Coupa has one with nearly the login, or the same name")
	f.BoolVar(&o.Skip, "skip", false, "leave out rows that must not be sent, in NAME.left.csv, and send the rest as NAME.rest.csv")
	f.BoolVar(&o.Convert, "convert", false, "take what Excel writes: byte order mark, semicolons or tabs, Windows-1252 or UTF-16, starred headers")
	f.BoolVar(&o.NoWait, "no-wait", false, "deliver and end; the next run asks for the verdict")
	return c
}
