package job

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/heldfile"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/trust"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// RunOptions are the files and flags of a run. A claim of a watcher is a run with Claim set.
type RunOptions struct {
	Files  []string
	Typed  export.Feed // an urgent change that a person has typed, instead of files
	Decide Decide      // makes Typed once what is unfinished was resumed
	NoWait bool
	Again  bool
	Replan bool // seen files are planned as if they were new
	Late   bool // they are meant, also where they were passed over as late
	Route  string
	Full   bool // rows that would change nothing are sent too

	Adopt     bool // the feed files of this start count as seen
	NewLedger bool // what the ledger does not know is to be sent

	Claim bool // files are claims of a watcher: each path is one file for good
	// Answered reports whether a watcher writes what is rejected of a run itself, beside its own file. It may be nil.
	Answered func(*export.Report) bool

	expect *prospect.SavedPlan // only this plan is recorded and sent
}

// Decide makes a feed from what the ledger and Coupa know under the lock; nil if there is nothing to do.
type Decide func(ctx context.Context, l wiring.Store, client *coupa.Client) (export.Feed, error)

// Run is the main job: it reads and compiles the config, and starts.
func Run(ctx context.Context, env *wiring.Env, o RunOptions) (*Started, error) {
	pipe, err := wiring.ReadPipeline(ctx, env, config.Options{NeedSecrets: true, FeedGiven: len(o.Files) > 0, Route: o.Route})
	if err != nil {
		return nil, err
	}
	return StartRun(ctx, env, pipe, o)
}

// Apply is a run of a saved plan: it sends that plan, or returns a *prospect.MovedError that names what has changed since.
func Apply(ctx context.Context, env *wiring.Env, path string, noWait bool) (*Started, error) {
	saved, err := prospect.ReadPlan(path)
	if err != nil {
		return nil, exit.Usage("read the plan %s: %w", path, err)
	}
	defer saved.Close()
	pipe, err := wiring.ReadPipeline(ctx, env, config.Options{NeedSecrets: true, FeedGiven: true})
	if err != nil {
		return nil, err
	}
	return StartRun(ctx, env, pipe, RunOptions{Files: saved.Paths(), NoWait: noWait, expect: saved})
}

// StartRun is Run with a config that is compiled already.
func StartRun(ctx context.Context, env *wiring.Env, pipe *wiring.Pipeline, o RunOptions) (*Started, error) {
	begun := env.Now().UTC()
	w := Work{Command: "run", ByHand: o.Typed != nil || o.Decide != nil || !o.Claim && !pipe.IsFeed(o.Files), NoWait: o.NoWait, Vouched: o.Adopt || o.NewLedger, Answered: o.Answered, Feed: pipe}
	if o.expect != nil {
		w.Command, w.ByHand = "apply", false
	}
	w.First = func(j *Job, doubt *trust.Suspicion) (*export.Report, error) { return j.first(ctx, pipe, o, doubt) }
	w.Do = func(j *Job, _ []*export.Report) (*export.Report, error) { return j.run(ctx, pipe, o, begun) }
	return Start(ctx, env, pipe.Config, w)
}

// run is the main job, step by step in order. Start has done its part before: the ledger is trusted, and what earlier
// runs have left is resumed.
func (j *Job) run(ctx context.Context, pipe *wiring.Pipeline, o RunOptions, started time.Time) (*export.Report, error) {
	if o.Decide != nil {
		typed, err := o.Decide(ctx, j.ledger, j.wires.Client)
		switch {
		case err != nil:
			return nil, err
		case typed == nil:
			return EmptyReport(export.EndNothing, started), nil
		}
		o.Typed = typed
	}
	p, err := prospect.Prepare(ctx, j.env, prospect.Ask{
		Pipe: pipe, Started: started, Ledger: j.ledger, Key: j.key, Client: j.wires.Client,
		Files: o.Files, Typed: o.Typed, Claim: o.Claim, Again: o.Again, Replan: o.Replan, Late: o.Late, Full: o.Full, Expect: o.expect,
	})
	if err != nil {
		return nil, err
	}
	j.logOrder(p)
	rep, err := j.plan(ctx, p, o, started)
	if rep != nil {
		rep.Late, rep.Warnings = p.Late, p.Doubts
		if rep.Verdict.End != export.EndSeen { // else they are its files
			rep.Seen = prospect.Finished(p.Seen, o.Again, o.Replan)
		}
	}
	return rep, err
}

// plan records what a start has found to plan, and sends it.
func (j *Job) plan(ctx context.Context, p *prospect.Prospect, o RunOptions, started time.Time) (*export.Report, error) {
	if p.Planner == nil {
		return j.nothingNew(p, o, started)
	}
	if now := started.In(j.cfg.Feed.TimeZone).Format(time.DateOnly); p.Today != "" && p.Today != now {
		j.env.Log.Infof("today() is %s, the day of the saved plan, and not %s", p.Today, now)
	}
	if p.NoFeed != nil {
		export.LogHints(j.env.Log, p.NoFeed.Hints()...).Warnf("%v; what has waited for this day is sent all the same", p.NoFeed)
	}
	if done, err := j.unrecorded(ctx, p, o, started); done != nil || err != nil {
		return done, err
	}
	made, err := j.record(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(j.ledger.PassOver(p.Superseded()), j.sweepHeld()); err != nil {
		return nil, err
	}
	f := findings{people: p.Outlook.People.Len(), checked: p.Checked, beside: p.Beside()}
	if len(made.broken) == 0 {
		if f.back, err = j.send(ctx, made.run); err != nil {
			return nil, err
		}
	}
	rep, err := j.report(ctx, made.run, f)
	if err == nil {
		if p.NoFeed != nil && p.NoFeed.Stale {
			rep.Because(p.NoFeed)
			rep.Exit = export.WorstExit(rep.Exit, export.ExitFeed)
		}
		rep.Approved, rep.SameByLedger, rep.Gone, rep.Superseded = p.Outlook.Void, made.plan.SameByLedger, p.Roll.Missing(), p.Roll.Older()
		rep.Overridden = made.plan.Overridden
		err = j.nameHeld(rep, made.who)
	}
	return rep, err
}

// logOrder logs which files are passed over, and of which others name and time disagree.
func (j *Job) logOrder(p *prospect.Prospect) {
	for _, f := range p.Late {
		export.LogHints(j.env.Log, f.Hint()).Warnf("late: %s", f)
	}
	for _, f := range p.Doubts {
		export.LogHints(j.env.Log, f.Hints()...).Warn(f.Error())
	}
}

// recorded is the plan of a new run, as the ledger has it.
type recorded struct {
	run    string
	plan   *export.Plan
	broken []export.Breach  // the limits that hold it, so that nothing of it is sent
	who    *heldfile.Writer // has whom they count
}

// record writes the plan of a new run into the ledger.
func (j *Job) record(ctx context.Context, p *prospect.Prospect) (*recorded, error) {
	defer j.notifier.Spent(notify.StepPlan, j.env.Now())
	decides, err := prospect.RowConfig(p.Pipe)
	if err != nil {
		return nil, err
	}
	run, err := j.ledger.BeginRun(export.RunRecord{Command: "run", Operator: j.env.By, Started: p.Planner.Started, Mapping: wiring.Expressions(j.cfg, p.Today), Config: decides})
	if err != nil {
		return nil, err
	}
	ctx, done := j.env.Wait(ctx, "planning: records")
	defer done()
	who := heldfile.New(j.cfg.Ledger, run.ID)
	plan, broken, err := planning.RecordPlan(ctx, p.Planner, planning.Recording{
		Ledger: j.ledger, Run: run, Whole: p.Whole, AnySize: p.AnySize, Judge: p.Judge, Ready: func() error { return j.ready(ctx, p.Planner) }, Held: who, Roll: p.Roll.Recorded(),
		Other: j.cfg.ApproveOther, Approved: p.Outlook.Approved,
	})
	j.closeHeld(who, err == nil && broken != nil)
	if err != nil {
		return nil, errors.Join(err, j.notPlanned(run, err))
	}
	j.logPlan(run.ID, plan, broken)
	return &recorded{run.ID, plan, broken, who}, nil
}

// ready proves, before a plan is recorded, that its parts can be sent and that Coupa can be asked what became of them. On
// the API route the people of the plan were looked up a moment ago, which is proof enough.
func (j *Job) ready(ctx context.Context, p *planning.Planner) error {
	if p.Sheet.Route() == export.ByAPI {
		return nil
	}
	return j.runner.Check(ctx)
}

// send takes the parts of a run as far as they get now, and reads back what was applied.
func (j *Job) send(ctx context.Context, run string) (*export.ReadBack, error) {
	parts, err := j.ledger.Parts(run)
	if err != nil {
		return nil, err
	}
	delivery.SortParts(parts)
	j.bar.Start(parts)
	sending := j.env.Now()
	writing, done := ctx, func() {}
	if slices.ContainsFunc(parts, func(p export.Part) bool { return p.Route == export.ByAPI }) { // a part of a file goes at once
		writing, done = j.env.Wait(ctx, "writing rows by API")
	}
	err = j.runner.Drive(writing, parts)
	done()
	j.notifier.Spent(notify.StepSend, sending)
	if err != nil {
		return nil, err
	}
	defer j.notifier.Spent(notify.StepReadBack, j.env.Now())
	return j.readBack(ctx, run)
}

// notPlanned ends in the ledger a run that came to no plan.
func (j *Job) notPlanned(run export.RunRecord, why error) error {
	code := exit.Code(why)
	if errors.Is(why, exit.ErrInterrupted) {
		code = export.ExitInterrupted
	}
	run.State, run.Ended, run.Exit, run.Verdict = export.RunEnded, j.env.Now(), code, export.RunVerdict{End: export.EndNotPlanned}
	return j.ledger.EndRun(run)
}

// logPlan logs what a plan has come to.
func (j *Job) logPlan(run string, plan *export.Plan, broken []export.Breach) {
	for _, w := range plan.Warnings {
		if w.Rule == export.RuleKnown { // the config wants it so
			j.env.Log.Info(w.Error())
			continue
		}
		export.LogHints(j.env.Log, w.Hint).Warn(w.Error())
	}
	if more := plan.Doubtful - len(plan.Warnings); more > 0 {
		j.env.Log.Warnf("and %d more of such rows", more)
	}
	j.env.Log.WithFields(map[string]any{
		"run": run, "records": plan.Input, "rows": plan.Rows, "parts": plan.Parts, "quarantined": plan.Quarantined,
	}).Info("planned")
	next := "look at it with hr2coupa status " + run + "; if it is meant: " + export.ApproveCommand(run, broken)
	for _, b := range broken {
		export.LogHints(j.env.Log, next).Warnf("held, nothing is sent: %s", b)
	}
}
