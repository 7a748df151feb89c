package past

import (
	"context"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/heldfile"
	"github.com/hr2coupa/hr2coupa/cmd/internal/operator"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rejected"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Status prints the newest runs, or the one that id names. With wait it does so once that run is no longer at work.
func Status(ctx context.Context, env *wiring.Env, id string, wait bool) error {
	cfg, l, done, err := wiring.ReadLedger(ctx, env)
	if err != nil {
		return err
	}
	defer done()
	if id == "" && !wait {
		return listRuns(env, l)
	}
	waited := func() {}
	if wait {
		_, waited = env.Wait(ctx, "waiting for the end of the run")
	}
	rec, err := waitForRun(ctx, l, id, wait)
	waited()
	if err != nil {
		return err
	}
	rep, err := read(ctx, env, l, cfg, rec)
	if err != nil {
		return err
	}
	return exit.With(rep.Exit, show.Report(env, rep))
}

// Page writes a run as a page to a file, and prints where it is.
func Page(ctx context.Context, env *wiring.Env, id, file string) error {
	if file == "" {
		return export.Hint(exit.Usage("report: --html FILE is missing"), "hr2coupa status %s prints it as text", id)
	}
	if err := show.MayWriteRunPage(file); err != nil {
		return err
	}
	cfg, l, done, err := wiring.ReadLedger(ctx, env)
	if err != nil {
		return err
	}
	defer done()
	rec, err := waitForRun(ctx, l, id, false)
	if err != nil {
		return err
	}
	rep, err := read(ctx, env, l, cfg, rec)
	if err != nil {
		return err
	}
	return exit.With(rep.Exit, show.RunPage(env, file, rep, rec.Ended))
}

// read reads the report of a run, with all that the ledger and its folder know of the run today.
func read(ctx context.Context, env *wiring.Env, l ledger.Ledger, cfg *config.Config, rec export.RunRecord) (*export.Report, error) {
	_, done := env.Wait(ctx, "reading the run from the ledger")
	defer done()
	people, err := l.People()
	if err != nil {
		return nil, err
	}
	rep, err := export.ReadReport(l, rec)
	if err != nil {
		return nil, err
	}
	creates, err := wiring.Creates(l, cfg, rec.ID)
	if err != nil {
		return nil, err
	}
	rep.Alarm(creates, people)
	rep.Looked = true
	if rep.Overridden, err = l.Overridden(rec.ID); err != nil {
		return nil, err
	}
	if rep.Approved, err = operator.Approvals(l, rec.ID); err != nil {
		return nil, err
	}
	if err := wiring.UnfilledOf(l, rep); err != nil {
		return nil, err
	}
	if err := rep.NameHeld(); err != nil {
		return nil, err
	}
	rep.RejectedFiles = rejected.Find(cfg.Ledger, rec.ID)
	if rep.HeldBy != nil {
		rep.HeldFile = heldfile.Find(cfg.Ledger, rec.ID)
	}
	return rep, nil
}

// waitForRun reads a run; with wait it does so until the run is no longer at work.
func waitForRun(ctx context.Context, l ledger.Ledger, id string, wait bool) (rec export.RunRecord, err error) {
	for {
		rec, err = wiring.FindRun(l, id)
		if err != nil || rec.State != export.RunWorking {
			return rec, err
		}
		busy, err := l.Busy()
		if err != nil || !busy {
			return interrupted(rec), err
		}
		if !wait {
			return rec, nil
		}
		id = rec.ID // a newer one may begin meanwhile
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return rec, context.Cause(ctx)
		}
	}
}

// interrupted returns the record of a run that was killed: the ledger has it at work while no program is.
func interrupted(rec export.RunRecord) export.RunRecord {
	rec.Verdict, rec.Exit = export.RunVerdict{End: export.EndResumable}, export.ExitInterrupted
	return rec
}

func listRuns(env *wiring.Env, l ledger.Ledger) error {
	runs, err := l.Runs(20)
	if err != nil {
		return err
	}
	busy, err := l.Busy()
	if err != nil {
		return err
	}
	for i, r := range runs {
		if r.State == export.RunWorking && !busy {
			runs[i] = interrupted(r)
		}
	}
	people, err := wiring.Unfilled(l)
	if err != nil {
		return err
	}
	return show.Runs(env, runs, people)
}
