package settle

import (
	"context"
	"errors"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/heldfile"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// SettlePart records the decision in s about the part or run called name, and prints the report of the run. back says that a
// person has seen the part's lists filled in Coupa.
func SettlePart(ctx context.Context, env *wiring.Env, cfg *config.Config, s *OperatorWord, name string, back bool) error {
	l, done, err := wiring.UseLedger(env, cfg, "settle")
	if err != nil {
		return err
	}
	defer done()
	if rec, ok, err := l.Run(name); err != nil {
		return err
	} else if ok && name != "" {
		return giveUp(env, cfg, l, rec, s.Outcome, s.Given)
	}
	s.ledger = wiring.Through(env.Seams.Ledger, wiring.Store(l))
	if err := s.find(name); err != nil {
		return err
	}
	if err := s.settle(ctx, l, back); err != nil {
		return err
	}
	rep, err := s.report(ctx, env, l, cfg)
	if err != nil {
		return err
	}
	return show.Report(env, rep)
}

// report returns the report of the part's run. What people have to fix of it is written before its end is recorded, so that the
// next run does that if this program dies before.
func (s *OperatorWord) report(ctx context.Context, env *wiring.Env, l ledger.Ledger, cfg *config.Config) (*export.Report, error) {
	creates, err := wiring.Creates(l, cfg, s.part.Run)
	if err != nil {
		return nil, err
	}
	fix := wiring.RejectedWriter(ctx, env, cfg, s.ledger.Bytes, nil).Write
	rep, err := export.NewReport(s.ledger, s.part.Run, export.Finding{Creates: creates, Before: fix}, env.Now().UTC())
	if err != nil {
		return nil, err
	}
	return rep, wiring.UnfilledOf(l, rep)
}

// giveUp ends what a run keeps for the next plan: a held run, or the people of a run who wait. Its rows stay in the ledger
// as they were.
func giveUp(env *wiring.Env, cfg *config.Config, l ledger.Ledger, rec export.RunRecord, outcome export.Outcome, by string) error {
	if outcome != export.Rejected {
		return export.Hint(exit.Usage("run %s can only be settled as rejected, which gives up the records kept for the next plan", rec.ID), "name a part to settle as applied")
	}
	held := rec.State == export.RunHeld
	kept, err := l.GiveUp(rec.ID, by)
	if err != nil {
		return err
	}
	switch {
	case !kept && rec.State == export.RunWorking:
		return giveUpInterrupted(env, l, rec, by)
	case !kept && !held:
		return export.Hint(exit.Usage("run %s is %s and keeps nothing for the next plan", rec.ID, rec.State), "name a part")
	case !kept: // held by a program that kept nothing
		rec.State, rec.Verdict, rec.Ended = export.RunEnded, export.RunVerdict{End: export.EndHeld, Kept: export.Ending{GivenUpBy: by}}, env.Now().UTC()
		if err := l.EndRun(rec); err != nil {
			return err
		}
	}
	if err := heldfile.Remove(cfg.Ledger, rec.ID); err != nil {
		export.LogHints(env.Log, export.HintsOf(err)...).Warn(err)
	}
	if rec, _, err = l.Run(rec.ID); err != nil {
		return err
	}
	rep, err := export.ReadReport(l, rec)
	if err != nil {
		return err
	}
	return show.Report(env, rep)
}

// giveUpInterrupted ends an interrupted run that has nothing under way. It does not read the run's rows: there may be
// too many of them.
func giveUpInterrupted(env *wiring.Env, l ledger.Ledger, rec export.RunRecord, by string) error {
	parts, err := l.Parts(rec.ID)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if !p.State.Final() {
			return export.Hint(exit.Usage("run %s was interrupted and its part %s is %s", rec.ID, p.Name, p.State), "hr2coupa run goes on with it")
		}
	}
	rec.State, rec.Verdict, rec.Ended, rec.Exit = export.RunEnded, export.RunVerdict{End: export.EndInterrupted, Kept: export.Ending{GivenUpBy: by}}, env.Now().UTC(), export.ExitInterrupted
	if err := l.EndRun(rec); err != nil {
		return err
	}
	rep := job.EmptyReport(rec.Verdict.End, rec.Started)
	rep.Verdict = rec.Verdict
	rep.Run, rep.Files, rep.Exit = rec.ID, rec.Files, export.ExitInterrupted
	rep.Counts.Input = rec.Input
	rep.Counts.By, err = l.Counts(rec.ID)
	return errors.Join(err, show.Report(env, rep))
}

// unsettled finds a part that waits for a person's decision.
func unsettled(l wiring.Store, name string) (export.Part, error) {
	parts, err := l.Unfinished()
	if err != nil {
		return export.Part{}, err
	}
	for _, p := range parts {
		if p.Name != name {
			continue
		}
		if p.State != export.Stalled && p.State != export.InDoubt {
			return p, export.Hint(exit.Usage("%s is %s, and only a part that is stalled or in doubt can be settled", name, p.State), "hr2coupa run goes on with it")
		}
		return p, nil
	}
	return export.Part{}, export.Hint(exit.Usage("no part of that name is without a verdict"), "hr2coupa status RUN lists the parts of a run")
}
