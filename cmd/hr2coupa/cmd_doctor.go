package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/doctor"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func doctorCmd(env *wiring.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "check config, ledger, feed, clock, token, host key, login, folders, scopes, limits, mail and webhooks",
		Long: `Doctor checks everything that a run needs, from the config to Coupa and to the targets of notices. It prints
one line for each check: ok, warn or fail, with what fixes it. It plans the feed to name the limits that
would hold it. It goes on after a fault if it can, takes no lock, records and sends nothing, and writes
nothing where Coupa reads: only a staging folder elsewhere gets a probe file, which is removed again. It logs
in to mail servers and connects to webhooks, and sends no notice. It ends with the code that a run would now
end with: 0 (warnings too), 2 config, 1 ledger, 9 feed, 4 what stops a delivery, 8 a limit, 5 a person without
a list that a call has emptied. It also ends with 1 if notices would not go out, which stops no run.`,
		Example: "  hr2coupa doctor\n  hr2coupa doctor -c /etc/hr2coupa.yaml --json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return doctor.Examine(cmd.Context(), env) },
	}
}
