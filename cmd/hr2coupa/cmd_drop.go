package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func dropCmd(env *wiring.Env) *cobra.Command {
	var o job.DropOptions
	c := &cobra.Command{
		Use:   "drop FILE…",
		Short: "manual file drop of ready Coupa CSVs: checks them, delivers, awaits, reports",
		Long: `Drop sends files that are Coupa users CSVs already. They are held against the layout first;
with one fault in one file nothing is sent. The bytes go as they are, under a name of ours.
Several files go one after the other, each when the one before has its verdict.`,
		Example: "  hr2coupa drop new-approvers.csv",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Files = args
			s, err := job.Drop(cmd.Context(), env, o)
			return show.ConcludeReport(cmd.Context(), env, s, err)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.Again, "again", false, "send a file whose bytes were dropped before")
	f.BoolVar(&o.AllowEmpty, "allow-empty", false, "let empty cells go; what Coupa makes of them is not documented")
	f.BoolVar(&o.NoWait, "no-wait", false, "deliver and leave; the next run asks for the verdict")
	return c
}
