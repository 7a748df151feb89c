package main

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func versionCmd(env *wiring.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "print the version",
		Example: "  hr2coupa version --json",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return printVersion(env) },
	}
}

func printVersion(env *wiring.Env) error {
	v := struct {
		Version  string `json:"version"`
		Revision string `json:"revision"`
		Go       string `json:"go"`
	}{wiring.Version, wiring.Revision(), runtime.Version()}
	if env.JSON {
		return show.JSON(env, v)
	}
	err := env.Stdout.Printf("hr2coupa %s (%s, %s)\n", v.Version, v.Revision, v.Go)
	return err
}
