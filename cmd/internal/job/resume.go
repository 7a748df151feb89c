package job

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
)

// resumed is what a start came to before it has planned anything.
type resumed struct {
	runs []*export.Report // of earlier runs that had parts to go on with
	done *export.Report   // of this start, where it plans nothing new
}

// resume goes on where the ledger says, before anything new is planned. If a part still could not be sent, nothing new is
// planned, since it could not be sent either. Parts that are with Coupa and have no verdict only make their people wait.
// So does every file if this start is an urgent change by API, which needs no SFTP server and waits for none.
func (j *Job) resume(ctx context.Context, byHand bool) (resumed, error) {
	parts, err := j.ledger.Unfinished()
	if err != nil {
		return resumed{}, err
	}
	all := runsOf(parts)
	if byHand && j.cfg.Route == config.RouteAPI {
		parts = slices.DeleteFunc(parts, func(p export.Part) bool { return p.Route == export.ByCSV })
	}
	runs := runsOf(parts)
	var lost error
	if len(parts) > 0 {
		j.env.Log.WithField("parts", len(parts)).Info("going on with parts of an earlier run")
		if lost, err = j.goOn(ctx, parts); err != nil {
			return resumed{}, err
		}
	}
	var out resumed
	for _, run := range runs {
		rep, err := j.conclude(ctx, run, lost)
		if err != nil {
			return out, err
		}
		out.runs = append(out.runs, rep)
	}
	untold, err := j.concludeInterrupted(ctx, all, lost)
	if out.runs = append(out.runs, untold...); err != nil {
		return out, err
	}
	if j.runner.Undelivered() != nil {
		out.done, err = j.blocked()
	}
	return out, err
}

func runsOf(parts []export.Part) (runs []string) {
	for _, p := range parts {
		if !slices.Contains(runs, p.Run) {
			runs = append(runs, p.Run)
		}
	}
	return runs
}

// goOn drives parts of earlier runs. If Coupa cannot be asked about them, that is err before anything was sent, and lost
// after.
func (j *Job) goOn(ctx context.Context, parts []export.Part) (lost, err error) {
	if !slices.ContainsFunc(parts, func(p export.Part) bool { return p.Route == export.ByCSV }) {
		return nil, j.runner.Drive(ctx, parts)
	}
	if err := j.runner.Check(ctx); err != nil {
		sent := slices.ContainsFunc(parts, func(p export.Part) bool { return !p.Sent.IsZero() })
		var not *export.NotDeliveredError
		if !sent || !errors.As(err, &not) {
			return nil, err
		}
		return err, nil
	}
	return nil, j.runner.Drive(ctx, parts)
}

// conclude reads an earlier run back and reports it.
func (j *Job) conclude(ctx context.Context, run string, lost error) (*export.Report, error) {
	back, err := j.readBack(ctx, run)
	if err != nil {
		return nil, err
	}
	return j.report(ctx, run, findings{earlier: true, lost: lost, back: back})
}

// concludeInterrupted records the end of the runs that died before they had planned anything, or after their last part was
// settled. It returns those that had planned something: no one was told of them. A run that cannot be reported has sent nothing
// that is open: it stops no new run.
func (j *Job) concludeInterrupted(ctx context.Context, but []string, lost error) (untold []*export.Report, err error) {
	begun, err := j.ledger.Working()
	if err != nil {
		return nil, err
	}
	for _, r := range begun {
		if slices.Contains(but, r.ID) {
			continue
		}
		back, err := j.readBack(ctx, r.ID)
		if err != nil {
			return untold, err
		}
		rep, err := j.report(ctx, r.ID, findings{earlier: true, lost: lost, back: back})
		switch {
		case err != nil:
			export.LogHints(j.env.Log.WithField("run", r.ID), append(export.HintsOf(err), "hr2coupa settle "+r.ID+" rejected --by NAME ends it")...).
				Errorf("an interrupted run cannot be reported: %v", err)
		case rep.Counts.Input > 0 && rep.Exit != export.ExitHeld: // a held one is told of as long as it is held
			untold = append(untold, rep)
		}
	}
	return untold, nil
}

// blocked returns the report of a start that plans nothing new because a part of an earlier run could not be sent; nil
// if no such part is left.
func (j *Job) blocked() (*export.Report, error) {
	left, err := j.ledger.Unfinished()
	if err != nil || len(left) == 0 {
		return nil, err
	}
	rep := EmptyReport(export.EndUnfinished, j.env.Now().UTC())
	rep.Why = fmt.Sprintf("nothing new is planned: part %s of run %s could not be sent", left[0].Name, left[0].Run)
	rep.Exit = export.ExitNotDelivered
	return rep, nil
}

// addResumed adds what was resumed to the report, where it counts, even if the new run ended with an error.
func (j *Job) addResumed(rep *export.Report, runs []*export.Report, err error) *export.Report {
	if len(runs) == 0 {
		return rep
	}
	if rep == nil {
		rep = EmptyReport(export.EndNotPlanned, j.env.Now().UTC())
		rep.Exit = exit.Code(err)
		rep.Because(err)
	}
	rep.Resumed = runs
	rep.Alone = rep.Exit
	for _, r := range runs {
		rep.Exit = export.WorstExit(rep.Exit, r.Exit)
	}
	return rep
}
