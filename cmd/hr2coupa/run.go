package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

type runOptions struct {
	files  []string
	dryRun bool
	noWait bool
	again  bool
	route  string
}

func (a *app) runCmd() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run [FILE…]",
		Short: "the main job: resume what is unfinished, plan, deliver, await, report",
		Long: `Run goes on with what an earlier run left unfinished, plans the feed's new files, delivers
the parts over SFTP, waits for Coupa's verdict on each, and accounts for every record.
A feed file that was seen before is not sent again. FILEs replace feed.files of the config.`,
		Example: "  hr2coupa run -c /etc/hr2coupa.yaml\n  hr2coupa run --dry-run users-20261124.csv",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = args
			if o.route != "" && o.route != "csv" {
				return usage("--route %s is not built yet; csv is", o.route)
			}
			if o.dryRun {
				return a.plan(cmd.Context(), planOptions{files: args, people: shownPeople})
			}
			rep, err := a.run(cmd.Context(), o)
			if err != nil {
				return err
			}
			a.code = rep.Exit
			return a.printReport(rep)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.dryRun, "dry-run", false, "plan only: send and record nothing")
	f.BoolVar(&o.noWait, "no-wait", false, "deliver and leave; the next run asks for the verdict")
	f.BoolVar(&o.again, "again", false, "plan anew the rows of seen files that were quarantined, rejected or drifted")
	f.StringVar(&o.route, "route", "", "csv (api is not built yet)")
	return c
}

// run is the main job, told once and in order.
func (a *app) run(ctx context.Context, o runOptions) (*export.Report, error) {
	started := a.now().UTC()
	cfg, err := a.load(ctx, config.Options{NeedSecrets: true, FeedGiven: len(o.files) > 0})
	if err != nil {
		return nil, err
	}
	pipe, err := a.pipeline(cfg)
	if err != nil {
		return nil, err
	}
	j, err := a.job(ctx, cfg, "run")
	if err != nil {
		return nil, err
	}
	defer j.close()
	j.runner.NoWait = o.noWait

	if err := j.resume(ctx); err != nil {
		return nil, err
	}
	fresh, seen, err := j.feed(pipe, pipe.patterns(o.files), started, o.again)
	if err != nil {
		return nil, err
	}
	if fresh == nil {
		return j.seenReport(seen, started)
	}
	people, err := j.ledger.Known()
	if err != nil {
		return nil, err
	}
	planner := pipe.planner(fresh, knower(people), started)
	if o.again {
		if planner.Only, err = j.open(seen); err != nil {
			return nil, err
		}
	}
	id, broken, err := j.planned(ctx, planner, limits(pipe.cfg), len(people))
	if err != nil {
		return nil, err
	}
	if len(broken) == 0 {
		if err := j.drive(ctx, id); err != nil {
			return nil, err
		}
	}
	return j.report(id, broken)
}

// job is one start of the program at work on the ledger.
type job struct {
	a       *app
	cfg     *config.Config
	ledger  *ledger.Ledger
	runner  *export.Runner
	wires   *wires
	command string
	unlock  func() error
	bar     *progress
	resumed []*export.Report // what earlier runs came to meanwhile
}

// job opens the ledger, takes the lock and makes the wires. Nothing goes over them yet but the token, which has to
// settle while the feed is read.
func (a *app) job(ctx context.Context, cfg *config.Config, command string) (*job, error) {
	w, err := a.wires(cfg)
	if err != nil {
		return nil, err
	}
	l, err := ledger.Open(ledger.Options{Dir: cfg.Ledger, Now: a.now})
	if err != nil {
		return nil, err
	}
	unlock, err := l.Lock(holder(command, a.now()))
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	j := &job{a: a, cfg: cfg, ledger: l, wires: w, command: command, unlock: unlock, bar: a.progress()}
	j.runner = &export.Runner{
		Ledger: l, Dial: w.dial, Loads: w.sources, Direct: cfg.SFTP.Direct,
		Poll: cfg.Load.Poll, Pickup: cfg.Load.Pickup, Wait: cfg.Load.Wait, Now: a.now, Log: a.log, Tell: j.bar.tell,
	}
	if n, err := l.Sweep(); err != nil {
		return nil, errors.Join(err, j.shut())
	} else if n > 0 {
		a.log.WithField("files", n).Info("removed spool files of a plan that was never finished")
	}
	if w.client != nil {
		if err := w.client.Prepare(ctx); err != nil {
			return nil, errors.Join(err, j.shut())
		}
	}
	return j, nil
}

func holder(command string, now time.Time) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("pid %d on host %s, hr2coupa %s, since %s", os.Getpid(), host, command, now.UTC().Format(time.RFC3339))
}

func (j *job) shut() error {
	j.bar.done()
	j.wires.close()
	return errors.Join(j.unlock(), j.ledger.Close())
}

func (j *job) close() {
	if err := j.shut(); err != nil {
		j.a.log.Errorf("close the ledger: %v", err)
	}
}

// resume goes on where the ledger says, before anything new is planned.
func (j *job) resume(ctx context.Context) error {
	parts, err := j.ledger.Unfinished()
	if err != nil {
		return err
	}
	var runs []string
	for _, p := range parts {
		if !slices.Contains(runs, p.Run) {
			runs = append(runs, p.Run)
		}
	}
	if len(parts) > 0 {
		j.a.log.WithField("parts", len(parts)).Info("going on with parts of an earlier run")
		if err := j.runner.Check(ctx); err != nil {
			return err
		}
		if err := j.runner.Drive(ctx, parts); err != nil {
			return err
		}
	}
	interrupted, err := j.interrupted(runs)
	if err != nil {
		return err
	}
	for _, run := range append(runs, interrupted...) {
		rep, err := j.report1(run, nil)
		if err != nil {
			return err
		}
		if slices.Contains(runs, run) {
			j.resumed = append(j.resumed, rep)
		}
	}
	return nil
}

// interrupted finds runs that died before they had planned anything, or after their last part was settled.
func (j *job) interrupted(but []string) ([]string, error) {
	recent, err := j.ledger.Runs(100)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range recent {
		if r.State == export.RunWorking && !slices.Contains(but, r.ID) {
			out = append(out, r.ID)
		}
	}
	return out, nil
}

// feed opens the feed and leaves out the files that were seen; fresh is nil where nothing is left. A file is its name
// and its bytes. A held file has not been sent and is planned again.
func (j *job) feed(pipe *pipeline, patterns []string, now time.Time, again bool) (fresh *feed.Feed, seen []export.SeenFile, err error) {
	all, err := pipe.open(patterns, now)
	if err != nil {
		return nil, nil, err
	}
	var paths []string
	for _, f := range all.Files() {
		old, ok, err := j.ledger.Seen(f.Name)
		if err != nil {
			return nil, nil, err
		}
		known := ok && old.SHA256 == f.SHA256 && old.RunState != export.RunHeld
		if known {
			seen = append(seen, old)
		}
		if known == again && (!again || old.Open > 0) {
			paths = append(paths, f.Path)
		}
	}
	if len(paths) == 0 {
		return nil, seen, nil
	}
	if len(paths) == len(all.Files()) {
		return all, seen, nil
	}
	fresh, err = pipe.open(paths, now)
	return fresh, seen, err
}

// open gives the records of seen files that may be planned anew.
func (j *job) open(seen []export.SeenFile) (func(export.Origin, string) bool, error) {
	people := map[string]bool{}
	lines := map[export.Origin]bool{}
	for _, f := range seen {
		newer, err := j.ledger.SentSince(f.Run)
		if err != nil {
			return nil, err
		}
		err = j.ledger.Rows(f.Run, func(r export.RowResult) error {
			if newer[r.Key] {
				return nil // HR has said something newer about this person, and it was sent
			}
			switch r.Outcome {
			case export.Quarantined, export.Rejected, export.Drifted:
				lines[r.Origin] = true
				if r.Key != "" {
					people[r.Key] = true
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return func(o export.Origin, key string) bool { return lines[o] || key != "" && people[key] }, nil
}

// planned writes the plan of a new run into the ledger.
func (j *job) planned(ctx context.Context, p *export.Planner, limits export.Limits, people int) (id string, broken []string, err error) {
	id, err = j.ledger.BeginRun(export.RunRecord{Command: j.command, State: export.RunWorking, Started: p.Started})
	if err != nil {
		return "", nil, err
	}
	plan, broken, err := export.RecordPlan(ctx, p, j.ledger, id, limits, people, func() error { return j.runner.Check(ctx) })
	if err != nil {
		end := j.ledger.EndRun(export.RunRecord{
			ID: id, Command: j.command, State: export.RunEnded, Started: p.Started, Ended: j.a.now(), Exit: exitCode(err), Verdict: "not planned",
		})
		return "", nil, errors.Join(err, end)
	}
	for _, w := range plan.Warnings {
		j.a.log.Warn(w.Error())
	}
	if more := plan.Doubtful - len(plan.Warnings); more > 0 {
		j.a.log.Warnf("and %d more of such rows", more)
	}
	j.a.log.WithFields(map[string]any{
		"run": id, "records": plan.Input, "rows": plan.Rows, "parts": plan.Parts, "quarantined": plan.Quarantined,
	}).Info("planned")
	return id, broken, nil
}

func (j *job) drive(ctx context.Context, run string) error {
	parts, err := j.ledger.Parts(run)
	if err != nil {
		return err
	}
	export.SortParts(parts)
	j.bar.start(parts)
	return j.runner.Drive(ctx, parts)
}

// report1 judges one run.
func (j *job) report1(run string, held []string) (*export.Report, error) {
	return export.NewReport(j.ledger, run, export.Finding{
		Undelivered: j.runner.Undelivered(), Lost: j.runner.Lost(), Held: held, NoWait: j.runner.NoWait,
		Creates: export.Limit(j.cfg.Limits.Creates),
	}, j.a.now().UTC())
}

// report judges the run and lets what was resumed count in its exit code.
func (j *job) report(run string, held []string) (*export.Report, error) {
	rep, err := j.report1(run, held)
	if err != nil {
		return nil, err
	}
	rep.Resumed = j.resumed
	for _, r := range j.resumed {
		rep.Exit = export.WorstExit(rep.Exit, r.Exit)
	}
	return rep, nil
}

// seenReport is the report where every file of the feed was seen before. It sends nothing and says so.
func (j *job) seenReport(seen []export.SeenFile, started time.Time) (*export.Report, error) {
	rep := &export.Report{
		Verdict: "seen", Resumed: j.resumed, Counts: export.Counts{By: map[export.Outcome]int{}},
		Parts: []export.Part{}, Rows: []export.RowResult{}, Started: started,
	}
	open := 0
	for _, f := range seen {
		rep.Files = append(rep.Files, f.FeedFile)
		rep.Run = f.Run
		open += f.Open
	}
	codes := []int{export.ExitOK}
	if open > 0 {
		rep.Why = fmt.Sprintf("%s of the feed quarantined, rejected or drifted; hr2coupa run --again plans them anew", plural(open, "row"))
		codes = append(codes, export.ExitPartial)
	}
	for _, r := range j.resumed {
		codes = append(codes, r.Exit)
	}
	rep.Exit = export.WorstExit(codes...)
	return rep, nil
}
