package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

func exportCmd(env *wiring.Env) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:     "export [FILE…] -d DIR",
		Short:   "write the Coupa CSV parts to a folder, and do nothing else",
		Long:    `Export maps and checks the feed and writes the parts to a folder. It sends nothing, records nothing and needs no secrets.`,
		Example: "  hr2coupa export -d /tmp/parts users-20261124.csv",
		RunE: func(cmd *cobra.Command, args []string) error {
			if dir == "" {
				return export.Hint(exit.Usage("export: -d is missing"), "name the folder to write to: -d DIR")
			}
			res, err := job.Export(cmd.Context(), env, args, dir)
			if err != nil {
				return err
			}
			if env.JSON {
				return exit.With(res.Exit, cmp.Or(show.PlanJSON(env, res), res.Close()))
			}
			return exit.With(res.Exit, cmp.Or(show.Export(env, res, dir), res.Close()))
		},
	}
	c.Flags().BoolVar(&env.All, "all", false, show.AllRows)
	c.Flags().StringVarP(&dir, "dir", "d", "", "folder for the parts; it is created if it is missing")
	return c
}
