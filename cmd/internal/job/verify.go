package job

import (
	"context"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// Verified is the result of reading a run back.
type Verified struct {
	Run  string `json:"run"`
	Exit int    `json:"exit"`
	*export.ReadBack
	Drift []export.Drift `json:"drift"`
}

// Verify reads back a run that has ended. With an error, the result is nil.
func Verify(ctx context.Context, env *wiring.Env, run string) (*Started, *Verified, error) {
	cfg, err := wiring.LedgerConfig(ctx, env, config.Options{NeedSecrets: true})
	if err != nil {
		return nil, nil, err
	}
	cfg.Verify = true // also where runs do not
	var res *Verified
	s, err := Start(ctx, env, cfg, Work{Command: "verify", Looks: true, Do: func(j *Job, _ []*export.Report) (_ *export.Report, err error) {
		res, err = j.verifyRun(ctx, run)
		return nil, err
	}})
	return s, res, err
}

func (j *Job) verifyRun(ctx context.Context, run string) (*Verified, error) {
	rec, err := wiring.FindRun(j.ledger, run)
	switch {
	case err != nil:
		return nil, err
	case rec.State == export.RunWorking:
		return nil, export.Hint(exit.Usage("run %s was interrupted", rec.ID), "hr2coupa run goes on with it")
	}
	res, err := j.verify(ctx, rec.ID, j.wires.Client.Users())
	if err != nil {
		return nil, err
	}
	if _, err := j.report(ctx, rec.ID, findings{earlier: true}); err != nil { // its state has changed
		return nil, err
	}
	return res, nil
}

// verify reads a whole run back, whatever was read back before.
func (j *Job) verify(ctx context.Context, run string, users *coupa.Users) (*Verified, error) {
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
	res := &Verified{Run: run, ReadBack: back, Drift: append([]export.Drift{}, back.Drift...)}
	if back.Drifted > 0 {
		res.Exit = export.ExitPartial
	}
	if back.Why != "" {
		res.Exit = export.ExitNotDelivered
	}
	return res, nil
}
