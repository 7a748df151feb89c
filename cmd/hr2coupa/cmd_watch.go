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
		Long: `Watch takes feeds (.csv, .tsv, .jsonl, .ndjson, also gzipped) that are put into a folder. A file is
taken when its size and time have been still for --still, or when NAME.done lies beside it. It is
claimed by a rename and run like any feed, one after the other in the order of names, and its result
is written into the folder: NAME.result.json, and NAME.rejected.csv with HR's rows that did not reach
Coupa, to be mended and dropped again under another name. The file itself is kept in .hr2coupa/done.
While Coupa gives no verdict on a file, its people wait and later files go on; where a file could not be
delivered, they wait behind it.
The folder is looked at every --poll, since network shares tell nobody of new files.
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
	f.BoolVar(&o.Once, "once", false, "take what is there, then leave with the worst exit code")
	return c
}
