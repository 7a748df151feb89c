package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

func verifyCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "verify RUN",
		Short: "read a run's people back from Coupa and compare every cell that was sent",
		Long: `Verify asks Coupa's API for everybody of whom the run has an applied row, 50 a call, and compares every
cell that was sent. A row of which Coupa shows another value is drifted from then on, also in the ledger;
one that drifted and is right now is applied. People for whom something newer was sent since are passed over.
It needs the scope core.user.read. A run does the same by itself where verify is on.`,
		Example: "  hr2coupa verify 20261124T020000Z",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return Verify(cmd.Context(), env, args[0])
		},
	}
}

// verified is what reading a run back came to.
type verified struct {
	Run  string `json:"run"`
	Exit int    `json:"exit"`
	*export.ReadBack
	Drift []export.Drift `json:"drift"`
}

func Verify(ctx context.Context, env *Env, run string) error {
	cfg, err := ledgerConfig(ctx, env, config.Options{NeedSecrets: true})
	if err != nil {
		return err
	}
	cfg.Verify = true // also where runs do not
	var res *verified
	s, err := start(ctx, env, cfg, "verify", false, func(j *job) (_ *export.Report, err error) {
		res, err = j.verifyRun(ctx, run)
		return nil, err
	})
	if err != nil {
		return concludeReport(ctx, env, s, err)
	}
	return conclude(ctx, env, s, nil, res.Exit, func() error {
		if env.json {
			return printJSON(env, res)
		}
		return printVerified(env, res)
	})
}

// verifyRun reads a run back that has come to its end.
func (j *job) verifyRun(ctx context.Context, run string) (*verified, error) {
	rec, ok, err := j.ledger.Run(run)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, usage("the ledger knows no run %q; hr2coupa status lists them", run)
	case rec.State == export.RunWorking:
		return nil, usage("run %s was interrupted; hr2coupa run goes on with it", rec.ID)
	}
	res, err := j.verify(ctx, rec.ID, j.wires.client.Users())
	if err != nil {
		return nil, err
	}
	if _, err := j.report1(rec.ID, nil, true); err != nil { // it stands otherwise now
		return nil, err
	}
	return res, nil
}

// verify reads a whole run back, whatever was read back before.
func (j *job) verify(ctx context.Context, run string, users *coupa.Users) (*verified, error) {
	parts, err := j.ledger.Parts(run)
	if err != nil {
		return nil, err
	}
	if err := users.Check(ctx); err != nil {
		return nil, err
	}
	v := j.verifier(users)
	if v.Newer, err = j.ledger.SentSince(run); err != nil {
		return nil, err
	}
	back, err := v.Run(ctx, directory.Readable(parts))
	if err != nil {
		return nil, err
	}
	res := &verified{Run: run, ReadBack: back, Drift: append([]export.Drift{}, back.Drift...)}
	if back.Drifted > 0 {
		res.Exit = export.ExitPartial
	}
	if back.Why != "" {
		res.Exit = export.ExitNotDelivered
	}
	return res, nil
}

func printVerified(env *Env, r *verified) error {
	w := env.stdout.Text()
	w.Printf("run %s, read back from Coupa\n\nCells\n  %d of %s = %d confirmed + %d drifted + %d not shown\n", r.Run,
		r.Confirmed+r.Drifted+unknown(r.ReadBack), plural(r.Rows, "row"), r.Confirmed, r.Drifted, unknown(r.ReadBack))
	readBackNotes(w, r.ReadBack)
	if r.Why != "" {
		w.Printf("  the rest was not read back: %s\n", r.Why)
	}
	driftText(w, r.Drift, r.Drifted)
	return w.Err()
}
