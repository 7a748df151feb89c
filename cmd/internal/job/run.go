package job

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// RunOptions are the files and flags of a run. A claim of a watcher is a run with Claim set.
type RunOptions struct {
	Files  []string
	DryRun bool
	NoWait bool
	Again  bool
	Route  string

	Adopt     bool // the feed files of this start count as seen
	NewLedger bool // what the ledger does not know is to be sent

	Claim bool // files are claims of a watcher: each path is one file for good
}

// Run is the main job, from the config on: it reads and compiles it, and starts.
func Run(ctx context.Context, env *wiring.Env, o RunOptions) (*Started, error) {
	pipe, err := wiring.ReadPipeline(ctx, env, config.Options{NeedSecrets: true, FeedGiven: len(o.Files) > 0, Route: o.Route})
	if err != nil {
		return nil, err
	}
	return StartRun(ctx, env, pipe, o)
}

// StartRun is Run with a config that is compiled already.
func StartRun(ctx context.Context, env *wiring.Env, pipe *wiring.Pipeline, o RunOptions) (*Started, error) {
	begun := env.Now().UTC()
	byHand := !o.Claim && !pipe.IsFeed(o.Files)
	return Start(ctx, env, pipe.Config, "run", byHand, func(j *Job) (*export.Report, error) { return j.run(ctx, pipe, o, begun) })
}

// run is the main job, told once and in order.
func (j *Job) run(ctx context.Context, pipe *wiring.Pipeline, o RunOptions, started time.Time) (*export.Report, error) {
	j.runner.NoWait = o.NoWait
	if done, err := j.trust(ctx, pipe, o); done != nil || err != nil {
		return done, err
	}
	if o.Again {
		if err := j.yield(pipe, pipe.Patterns(o.Files), started); err != nil {
			return nil, err
		}
	}
	if done, err := j.resume(ctx); done != nil || err != nil {
		return done, err
	}
	fresh, seen, err := j.feed(pipe, o, started)
	if err != nil {
		return nil, err
	}
	out, err := prospect.LookInto(j.ledger, started)
	if err != nil {
		return nil, err
	}
	if !o.Claim && prospect.GoesBeside(pipe, out, o.Files, fresh != nil, seen) {
		if err := out.Leave(ctx, pipe, started); err != nil {
			return nil, err
		}
	}
	if fresh == nil && out.Kept == nil {
		return j.seenReport(seen, o.Again, started), nil
	}
	if started, err = j.free(started); err != nil {
		return nil, err
	}
	j.people = len(out.People)
	planner := prospect.NewPlanner(pipe, fresh, out, started)
	if o.Claim || pipe.IsFeed(o.Files) {
		planner.Cut = prospect.CutFeeds(pipe, fresh, out)
	}
	if o.Again {
		if planner.Only, err = prospect.OpenRecords(j.ledger, seen); err != nil {
			return nil, err
		}
	}
	if err := prospect.ChooseRoute(ctx, pipe, planner); err != nil {
		return nil, err
	}
	if j.checked, err = prospect.Preflight(ctx, j.env, pipe, planner, out, j.wires.Client); err != nil {
		return nil, err
	}
	if fresh == nil || out.Beside != nil {
		plan, err := planner.Build(ctx, &prospect.Nowhere{})
		if err != nil {
			return nil, err
		}
		if done, err := j.unrecorded(plan, out, started); done != nil || err != nil {
			return done, err
		}
	}
	whole := !o.Again && (o.Claim || pipe.IsFeed(o.Files))
	return j.carryOut(ctx, planner, whole, out.Judge(pipe.Config, whole))
}

// carryOut makes a run of a plan and takes it as far as it goes, which is nowhere where a limit holds it.
func (j *Job) carryOut(ctx context.Context, p *planning.Planner, whole bool, judge func(*export.Plan) []export.Breach) (*export.Report, error) {
	id, broken, err := j.planned(ctx, p, whole, judge)
	if err != nil {
		return nil, err
	}
	if len(broken) == 0 {
		if err := j.drive(ctx, id); err != nil {
			return nil, err
		}
	}
	return j.report(id)
}

// unrecorded is the report of a start that sends nothing and of which nothing is recorded; nil where it may go on.
func (j *Job) unrecorded(plan *export.Plan, out *prospect.Outlook, now time.Time) (*export.Report, error) {
	if out.Beside == nil {
		return j.stillKept(plan, out)
	}
	j.held = out.Beside.Run
	j.env.Log.WithField("held", j.held).Info("planned beside a held run, whose records stay as they are")
	return j.refused(plan, out, now), nil
}

// stillKept is the report of a start that has nothing but what earlier plans kept and can still not send any of it;
// nil where it can. Nothing of it is recorded: a held run that nobody looks at must not make a new run each night.
func (j *Job) stillKept(plan *export.Plan, out *prospect.Outlook) (*export.Report, error) {
	broken := out.Judge(j.cfg, true)(plan)
	if broken == nil && plan.Parts+plan.Quarantined > 0 {
		return nil, nil
	}
	rec, ok, err := j.ledger.Run(out.Kept.Run)
	if err != nil || !ok {
		return nil, errors.Join(err, fmt.Errorf("the ledger has no run %s, which keeps records", out.Kept.Run))
	}
	rep, err := export.ReadReport(j.ledger, rec)
	if err != nil {
		return nil, err
	}
	rep.Verdict, rep.Exit = export.RunVerdict{End: export.EndWaiting}, export.WorstExit(rep.Exit, export.ExitStalled)
	if broken != nil {
		rep.Verdict, rep.Exit, rep.Held = export.RunVerdict{End: export.EndHeld}, export.ExitHeld, broken
	}
	return rep, nil
}

// feed opens the feed and leaves out the files that were seen; fresh is nil where nothing is left. A file is its name
// and its bytes. What a held run has not sent is kept in the ledger; only ledgers of an older program may have held
// runs that keep nothing, whose file is planned again.
func (j *Job) feed(pipe *wiring.Pipeline, o RunOptions, now time.Time) (fresh export.Feed, seen []export.SeenFile, err error) {
	all, err := pipe.Open(pipe.Patterns(o.Files), now)
	if err != nil {
		return nil, nil, err
	}
	var paths []string
	for _, f := range all.Files() {
		old, before, err := j.before(f, o.Claim)
		if err != nil {
			return nil, nil, err
		}
		if before {
			seen = append(seen, old)
		}
		if before == o.Again && (!o.Again || old.Left() > 0) {
			paths = append(paths, f.Path)
		}
	}
	if len(paths) == 0 {
		return nil, seen, nil
	}
	if len(paths) == len(all.Files()) {
		return all, seen, nil
	}
	some, err := pipe.OpenAnyAge(paths) // the age is that of the newest file, and was looked at
	if err != nil {
		return nil, nil, err
	}
	return some, seen, nil
}

// before tells whether a file was planned before. A claim that was is not planned again where a later file of its name
// was planned since: older news must not go over newer.
func (j *Job) before(f export.FeedFile, claim bool) (old export.SeenFile, ok bool, err error) {
	if claim {
		if old, ok, err = j.ledger.SeenAt(f.Path); err != nil || ok && prospect.Known(old, f) {
			return old, ok, err
		}
	}
	old, ok, err = j.ledger.Seen(f.Name)
	return old, ok && prospect.Known(old, f), err
}

// yield takes the parts of seen files that are in doubt as not applied, so that what waits behind them goes on and their
// rows can be planned anew: that is what a person says with --again, who has looked into Coupa first. What a run had kept
// of a file is in the parts of a later one.
func (j *Job) yield(pipe *wiring.Pipeline, patterns []string, now time.Time) error {
	feed, err := pipe.Open(patterns, now)
	if err != nil {
		return err
	}
	runs := map[string]bool{}
	for _, f := range feed.Files() {
		old, ok, err := j.ledger.Seen(f.Name)
		if err != nil {
			return err
		}
		if !ok || !prospect.Known(old, f) {
			continue
		}
		for _, run := range append([]string{old.Run}, old.Later...) {
			runs[run] = true
		}
	}
	parts, err := j.ledger.Unfinished()
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.State != export.InDoubt || !runs[p.Run] {
			continue
		}
		p.State, p.Verdict, p.Note = export.Settled, export.VerdictByHand, "in doubt; taken as not applied by run --again"
		if err := j.ledger.Settle(p, export.Rejected, nil); err != nil {
			return err
		}
		j.env.Log.WithField("part", p.Name).Warn(p.Note)
		if _, err := j.report1(p.Run, nil, true); err != nil { // it stands otherwise now
			return err
		}
	}
	return nil
}

// planned writes the plan of a new run into the ledger.
func (j *Job) planned(ctx context.Context, p *planning.Planner, whole bool, judge func(*export.Plan) []export.Breach) (id string, broken []export.Breach, err error) {
	defer j.teller.Spent(notify.StepPlan, j.env.Now())
	id, err = j.ledger.BeginRun(export.RunRecord{Command: j.command, State: export.RunWorking, Started: p.Started, Mapping: wiring.Expressions(j.cfg)})
	if err != nil {
		return "", nil, err
	}
	plan, broken, err := planning.RecordPlan(ctx, p, j.ledger, id, whole, judge, func() error { return j.ready(ctx, p) })
	if err != nil {
		code := exit.Code(err)
		if errors.Is(err, exit.ErrInterrupted) {
			code = export.ExitInterrupted
		}
		end := j.ledger.EndRun(export.RunRecord{
			ID: id, Command: j.command, State: export.RunEnded, Started: p.Started, Ended: j.env.Now(), Exit: code, Verdict: export.RunVerdict{End: export.EndNotPlanned},
		})
		return "", nil, errors.Join(err, end)
	}
	for _, w := range plan.Warnings {
		j.env.Log.Warn(w.Error())
	}
	if more := plan.Doubtful - len(plan.Warnings); more > 0 {
		j.env.Log.Warnf("and %d more of such rows", more)
	}
	j.env.Log.WithFields(map[string]any{
		"run": id, "records": plan.Input, "rows": plan.Rows, "parts": plan.Parts, "quarantined": plan.Quarantined,
	}).Info("planned")
	for _, b := range broken {
		j.env.Log.Warnf("held, nothing is sent: %s", b)
	}
	return id, broken, nil
}

func (j *Job) report(run string) (*export.Report, error) { return j.report1(run, nil, false) }

// seenReport is the report where every file of the feed was seen before. It sends nothing and says so.
func (j *Job) seenReport(seen []export.SeenFile, again bool, started time.Time) *export.Report {
	rep := EmptyReport(export.EndSeen, started)
	rep.Files = []export.FeedFile{}
	open := 0
	var why []string
	for _, f := range seen {
		rep.Files = append(rep.Files, f.FeedFile)
		rep.Run = f.Run
		open += f.Open
		if g := f.GivenUp; g.Rows > 0 { // on purpose, so it is no fault of the next nights
			why = append(why, fmt.Sprintf("%s of %s: %s, hr2coupa settle %s rejected; hr2coupa run --again plans them anew", words.Plural(g.Rows, "row"), export.Plain(f.Name), export.Plain(export.Ending{GivenUpBy: g.By}.String()), g.Run))
		}
	}
	if open > 0 {
		why = append(why, fmt.Sprintf("%s of the feed did not reach Coupa for sure; hr2coupa run --again plans them anew", words.Plural(open, "row")))
		rep.Exit = export.ExitPartial
	}
	if again && len(why) == 0 {
		why = append(why, "nothing to plan again: no seen file of the feed has rows that are open; hr2coupa run plans new files")
	}
	rep.Why = strings.Join(why, "\n")
	return rep
}
