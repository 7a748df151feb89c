package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/watch"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func watchCmd(env *wiring.Env) *cobra.Command {
	var o watch.Options
	c := &cobra.Command{
		Use:   "watch DIR",
		Short: "drop folder: a stable new file is claimed and run; results are written beside it",
		Long: `Watch takes feeds (.csv, .tsv, .jsonl, .ndjson, also gzipped) that are put into a folder. It takes a file
when its size and time have not changed for --still, or when NAME.done is beside it. It claims the file by a
rename and runs it like any feed, one file after the other in the order of names. The result is written into
the folder: NAME.result.json, and NAME.rejected.csv with HR's rows that did not reach Coupa. Fix these rows
and drop them again under another name. The file itself is moved to .hr2coupa/done.
While a file has no verdict from Coupa, its people wait and later files go on. If a file could not be
delivered, later files wait for it.
Watch looks into the folder every --poll, since network shares do not report new files.
A signal ends it: with 0 between two files, with 130 while one is at work; the next start goes on.`,
		Example: "  hr2coupa watch /srv/hr/drop -c /etc/hr2coupa.yaml\n  hr2coupa watch /srv/hr/drop --once",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Still < 0 || o.Poll <= 0 || o.Retry <= 0 {
				return exit.Usage("--still may not be negative, and --poll and --retry must be above 0")
			}
			return watch.Watch(cmd.Context(), env, args[0], o)
		},
	}
	f := c.Flags()
	f.DurationVar(&o.Still, "still", 10*time.Second, "how long a file must not have changed before it is taken")
	f.DurationVar(&o.Poll, "poll", 2*time.Second, "how often to look")
	f.DurationVar(&o.Retry, "retry", 5*time.Minute, "first pause before a file that could not be delivered, or has no verdict, is tried again; doubles up to 12 times that")
	f.BoolVar(&o.Once, "once", false, "take the files that are there, then end with the worst exit code")
	return c
}
