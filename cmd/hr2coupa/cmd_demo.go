package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/demo"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func demoCmd(env *wiring.Env) *cobra.Command {
	var keep string
	c := &cobra.Command{
		Use:   "demo",
		Short: "the main job on shipped sample data against a twin it starts itself; needs no config",
		Long: `Demo starts the Coupa twin, plans a shipped HR feed of a few hundred people, delivers it over
SFTP, waits for the loads and reports on every row. It ends with 0 if the result is the expected one,
and prints the run's own code.`,
		Example: "  hr2coupa demo\n  hr2coupa demo --keep /tmp/demo",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo.Play(cmd.Context(), env, keep)
		},
	}
	c.Flags().StringVar(&keep, "keep", "", "keep config, feed and ledger in this folder")
	return c
}
