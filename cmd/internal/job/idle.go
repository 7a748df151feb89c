package job

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/export"
)

// nothingNew returns the report of a start that finds all its files planned before. If the files of a saved plan are in a
// held run, it is that run's report.
func (j *Job) nothingNew(p *prospect.Prospect, o RunOptions, started time.Time) (*export.Report, error) {
	for _, f := range p.Seen {
		if o.expect == nil || f.RunState != export.RunHeld {
			continue
		}
		rec, _, err := j.ledger.Run(f.Run)
		if err != nil {
			return nil, err
		}
		return export.ReadReport(j.ledger, rec)
	}
	decides, err := prospect.RowConfig(p.Pipe)
	if err != nil {
		return nil, err
	}
	rep := seenReport(p.Seen, o, decides, started)
	if p.Older { // Planner is nil, so nothing is kept either
		rep.Verdict.End, rep.Exit = export.EndLate, export.WorstExit(rep.Exit, export.ExitFeed)
	}
	return rep, nil
}

// unrecorded returns the report of a start that sends and records nothing; nil if it may go on. If the plan decides
// whether the start may go on, it is built once before the one that counts.
func (j *Job) unrecorded(ctx context.Context, p *prospect.Prospect, o RunOptions, started time.Time) (*export.Report, error) {
	beside := p.Outlook.Beside != nil
	if o.expect == nil && p.Fresh && !beside {
		return nil, nil
	}
	plan, err := p.Check(ctx, o.expect)
	switch {
	case err != nil:
		return nil, err
	case beside:
		j.env.Log.WithField("held", p.Beside()).Info("planned beside a held run, whose records stay as they are")
		return refused(plan, p, started), nil
	case !p.Fresh && p.Outlook.Come() == 0 && len(p.Outlook.Void) == 0: // else a run on record says why its approval does not count
		return j.stillKept(plan, p)
	}
	return nil, nil
}

// refused returns the report of a start that plans beside a held run and is itself beyond a limit; nil if it is not.
// Nothing of it is recorded, since at most one run is held.
func refused(plan *export.Plan, p *prospect.Prospect, now time.Time) *export.Report {
	broken := p.Judge(plan)
	if broken == nil {
		return nil
	}
	rep := EmptyReport(export.EndRefused, now)
	rep.Files, rep.Held, rep.Exit, rep.Beside = plan.Files, broken, export.ExitHeld, p.Beside()
	rep.Why = prospect.Refusal(p.Beside())
	return rep
}

// stillKept returns the report of a start that has nothing but what earlier plans kept and still cannot send or end any of it;
// nil if it can. Nothing of it is recorded: a held run that no one looks at must not start a new run each night.
func (j *Job) stillKept(plan *export.Plan, p *prospect.Prospect) (*export.Report, error) {
	broken := p.Judge(plan)
	if broken == nil && plan.Parts+plan.Quarantined+plan.Unchanged+plan.Excluded > 0 {
		return nil, nil
	}
	kept := p.Outlook.Kept.Run
	rec, ok, err := j.ledger.Run(kept)
	if err != nil || !ok {
		return nil, errors.Join(err, fmt.Errorf("the ledger has no run %s, which keeps records", kept))
	}
	rep, err := export.ReadReport(j.ledger, rec)
	if err != nil {
		return nil, err
	}
	rep.Verdict, rep.Exit = export.RunVerdict{End: export.EndWaiting}, export.WorstExit(rep.Exit, export.ExitStalled)
	if broken != nil {
		rep.Verdict, rep.Exit, rep.Held = export.RunVerdict{End: export.EndHeld}, export.ExitHeld, broken
	}
	return rep, j.nameHeld(rep, nil)
}

// seenReport returns the report of a start that has seen every file of the feed before. It sends nothing and says so. decides has
// the hashes of what decides about rows now.
func seenReport(seen []export.SeenFile, o RunOptions, decides map[string]string, started time.Time) *export.Report {
	rep := EmptyReport(export.EndSeen, started)
	rep.Files = []export.FeedFile{}
	open, counted := 0, map[string]bool{} // runs
	const planAgain = "hr2coupa run --again plans them again"
	var why, hints []string
	for _, f := range seen {
		rep.Files = append(rep.Files, f.FeedFile)
		rep.Run = f.Run
		open += f.OpenLater
		if !counted[f.Run] {
			open += f.Open
		}
		counted[f.Run] = true
		if g := f.GivenUp; g.Rows > 0 { // on purpose, so it is no fault of the next nights
			hints = []string{planAgain}
			why = append(why, fmt.Sprintf("%s of %s: %s, hr2coupa settle %s rejected", export.Plural(g.Rows, "row"), export.Plain(f.Name), export.Plain(export.Ending{GivenUpBy: g.By}.String()), g.Run))
		}
	}
	if open > 0 {
		hints = []string{planAgain}
		why = append(why, fmt.Sprintf("not in Coupa as in HR: %s of the feed", export.Plural(open, "row")))
		rep.Exit = export.ExitPartial
	}
	if o.Again && len(why) == 0 {
		hints = append(hints, "hr2coupa run plans new files")
		why = append(why, "nothing to plan again: no seen file of the feed has rows that are open")
	}
	if o.Replan {
		hints = append(hints, "hr2coupa run plans new files, and what a held run keeps")
		why = append(why, "nothing to plan anew: no file of the feed was seen of which the ledger has the run, and which no held run keeps")
	} else if since := prospect.ChangedSince(seen, decides); len(since) > 0 {
		hints = append(hints, "hr2coupa run --replan plans seen files anew")
		why = append(why, since...)
	}
	rep.Why, rep.Hint = strings.Join(why, "\n"), strings.Join(hints, "\n")
	return rep
}
