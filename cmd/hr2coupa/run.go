package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

type runOptions struct {
	files  []string
	dryRun bool
	noWait bool
	again  bool
	route  string

	adopt     bool // the feed files of this start count as seen
	newLedger bool // what the ledger does not know is to be sent

	claim bool // files are claims of a watcher: each path is one file for good
}

func runCmd(env *Env) *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run [FILE…]",
		Short: "the main job: resume what is unfinished, plan, deliver, await, report",
		Long: `Run goes on with what an earlier run left unfinished, plans the feed's new files, delivers
the parts over SFTP, waits for Coupa's verdict on each, and accounts for every record.
With --route api it makes calls instead: it finds each person, writes what differs and compares the answer.
A feed file that was seen before is not sent again. FILEs replace feed.files of the config.`,
		Example: "  hr2coupa run -c /etc/hr2coupa.yaml\n  hr2coupa run --dry-run users-20261124.csv\n  hr2coupa run --route api urgent.csv",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = args
			if !slices.Contains([]string{"", config.RouteCSV, config.RouteAPI, config.RouteAuto}, o.route) {
				return usage("--route %s: csv, api or auto", o.route)
			}
			if o.adopt && (o.newLedger || o.again || o.dryRun) || o.newLedger && o.dryRun {
				return usage("--adopt and --new-ledger are a word about the ledger each: give one of them, and neither --again nor --dry-run beside --adopt")
			}
			if o.dryRun {
				return showPlan(cmd.Context(), env, planOptions{files: args, people: shownPeople, again: o.again, route: o.route})
			}
			s, err := Run(cmd.Context(), env, o)
			return concludeReport(cmd.Context(), env, s, err)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.dryRun, "dry-run", false, "plan only: send and record nothing")
	f.BoolVar(&o.noWait, "no-wait", false, "deliver and leave; the next run asks for the verdict")
	f.BoolVar(&o.again, "again", false, "plan anew the rows of seen files that were quarantined, rejected, drifted or given up")
	f.BoolVar(&o.adopt, "adopt", false, "after a ledger was lost, restored or copied: mark the feed files as seen, send nothing of them")
	f.BoolVar(&o.newLedger, "new-ledger", false, "take the ledger as it is, whatever others have sent, and send what it does not know")
	f.StringVar(&o.route, "route", "", "csv: files over SFTP; api: calls, for what is urgent; auto: api up to route_rows rows (default: route of the config)")
	return c
}

func Run(ctx context.Context, env *Env, o runOptions) (*started, error) {
	pipe, err := readPipeline(ctx, env, config.Options{NeedSecrets: true, FeedGiven: len(o.files) > 0, Route: o.route})
	if err != nil {
		return nil, err
	}
	return StartRun(ctx, env, pipe, o)
}

func StartRun(ctx context.Context, env *Env, pipe *pipeline, o runOptions) (*started, error) {
	begun := env.now().UTC()
	byHand := !o.claim && !pipe.isFeed(o.files)
	return start(ctx, env, pipe.cfg, "run", byHand, func(j *job) (*export.Report, error) { return j.run(ctx, pipe, o, begun) })
}

// run is the main job, told once and in order.
func (j *job) run(ctx context.Context, pipe *pipeline, o runOptions, started time.Time) (*export.Report, error) {
	j.runner.NoWait = o.noWait
	if done, err := j.trust(ctx, pipe, o); done != nil || err != nil {
		return done, err
	}
	if o.again {
		if err := j.yield(pipe, pipe.patterns(o.files), started); err != nil {
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
	out, err := lookInto(j.ledger, started)
	if err != nil {
		return nil, err
	}
	if !o.claim && pipe.beside(out, o.files, fresh != nil, seen) {
		if err := out.leave(ctx, pipe, started); err != nil {
			return nil, err
		}
	}
	if fresh == nil && out.kept == nil {
		return j.seenReport(seen, o.again, started), nil
	}
	if started, err = j.free(started); err != nil {
		return nil, err
	}
	j.people = len(out.people)
	planner := pipe.planner(fresh, out, started)
	if o.claim || pipe.isFeed(o.files) {
		planner.Cut = pipe.cut(fresh, out)
	}
	if o.again {
		if planner.Only, err = openRecords(j.ledger, seen); err != nil {
			return nil, err
		}
	}
	if err := pipe.choose(ctx, planner); err != nil {
		return nil, err
	}
	if j.checked, err = preflight(ctx, j.env, pipe, planner, out, j.wires.client); err != nil {
		return nil, err
	}
	if fresh == nil || out.beside != nil {
		plan, err := planner.Build(ctx, &nowhere{})
		if err != nil {
			return nil, err
		}
		if done, err := j.unrecorded(plan, out, started); done != nil || err != nil {
			return done, err
		}
	}
	whole := !o.again && (o.claim || pipe.isFeed(o.files))
	return j.carryOut(ctx, planner, whole, out.judge(pipe.cfg, whole))
}

// carryOut makes a run of a plan and takes it as far as it goes, which is nowhere where a limit holds it.
func (j *job) carryOut(ctx context.Context, p *planning.Planner, whole bool, judge func(*export.Plan) []string) (*export.Report, error) {
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
func (j *job) unrecorded(plan *export.Plan, out *outlook, now time.Time) (*export.Report, error) {
	if out.beside == nil {
		return j.stillKept(plan, out)
	}
	j.held = out.beside.Run
	j.env.log.WithField("held", j.held).Info("planned beside a held run, whose records stay as they are")
	return j.refused(plan, out, now), nil
}

// stillKept is the report of a start that has nothing but what earlier plans kept and can still not send any of it;
// nil where it can. Nothing of it is recorded: a held run that nobody looks at must not make a new run each night.
func (j *job) stillKept(plan *export.Plan, out *outlook) (*export.Report, error) {
	broken := out.judge(j.cfg, true)(plan)
	if broken == nil && plan.Parts+plan.Quarantined > 0 {
		return nil, nil
	}
	rec, ok, err := j.ledger.Run(out.kept.Run)
	if err != nil || !ok {
		return nil, errors.Join(err, fmt.Errorf("the ledger has no run %s, which keeps records", out.kept.Run))
	}
	rep, err := export.ReadReport(j.ledger, rec)
	if err != nil {
		return nil, err
	}
	rep.Verdict, rep.Exit = "waiting", export.WorstExit(rep.Exit, export.ExitStalled)
	if broken != nil {
		rep.Verdict, rep.Exit, rep.Held = "held", export.ExitHeld, broken
	}
	return rep, nil
}

// feed opens the feed and leaves out the files that were seen; fresh is nil where nothing is left. A file is its name
// and its bytes. What a held run has not sent is kept in the ledger; only ledgers of an older program may have held
// runs that keep nothing, whose file is planned again.
func (j *job) feed(pipe *pipeline, o runOptions, now time.Time) (fresh export.Feed, seen []export.SeenFile, err error) {
	all, err := pipe.open(pipe.patterns(o.files), now)
	if err != nil {
		return nil, nil, err
	}
	var paths []string
	for _, f := range all.Files() {
		old, before, err := j.before(f, o.claim)
		if err != nil {
			return nil, nil, err
		}
		if before {
			seen = append(seen, old)
		}
		if before == o.again && (!o.again || old.Left() > 0) {
			paths = append(paths, f.Path)
		}
	}
	if len(paths) == 0 {
		return nil, seen, nil
	}
	if len(paths) == len(all.Files()) {
		return all, seen, nil
	}
	some, err := pipe.openAnyAge(paths) // the age is that of the newest file, and was looked at
	if err != nil {
		return nil, nil, err
	}
	return some, seen, nil
}

// before tells whether a file was planned before. A claim that was is not planned again where a later file of its name
// was planned since: older news must not go over newer.
func (j *job) before(f export.FeedFile, claim bool) (old export.SeenFile, ok bool, err error) {
	if claim {
		if old, ok, err = j.ledger.SeenAt(f.Path); err != nil || ok && known(old, f) {
			return old, ok, err
		}
	}
	old, ok, err = j.ledger.Seen(f.Name)
	return old, ok && known(old, f), err
}

// known tells whether a file is the one that was seen last under its name, and nothing of it is to be planned from it.
func known(old export.SeenFile, f export.FeedFile) bool {
	return old.SHA256 == f.SHA256 && (old.RunState != export.RunHeld || old.Kept)
}

// yield takes the parts of seen files that are in doubt as not applied, so that what waits behind them goes on and their
// rows can be planned anew: that is what a person says with --again, who has looked into Coupa first. What a run had kept
// of a file is in the parts of a later one.
func (j *job) yield(pipe *pipeline, patterns []string, now time.Time) error {
	feed, err := pipe.open(patterns, now)
	if err != nil {
		return err
	}
	runs := map[string]bool{}
	for _, f := range feed.Files() {
		old, ok, err := j.ledger.Seen(f.Name)
		if err != nil {
			return err
		}
		if !ok || !known(old, f) {
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
		j.env.log.WithField("part", p.Name).Warn(p.Note)
		if _, err := j.report1(p.Run, nil, true); err != nil { // it stands otherwise now
			return err
		}
	}
	return nil
}

// only picks records of a feed.
type only func(export.Origin, string) bool

// opened is what the records that may be planned anew are found by.
type opened interface {
	SentSince(run string) (map[string]bool, error)
	Parts(run string) ([]export.Part, error)
	Rows(run string, f func(export.RowResult) error) error
}

// openRecords gives the records of seen files that may be planned anew: those of people whose row did not reach Coupa for
// sure, except where something newer was sent for them. What is kept for the next plan is not among them, unless it was
// given up.
func openRecords(l opened, seen []export.SeenFile) (only, error) {
	type who struct{ file, key string }
	people := map[who]bool{}
	lines := map[export.Origin]bool{}
	for _, f := range seen {
		if f.Left() == 0 { // none of its records is read; the run may be pruned
			continue
		}
		for _, run := range append([]string{f.Run}, f.Later...) {
			newer, err := l.SentSince(run)
			if err != nil {
				return nil, err
			}
			left, err := notAgain(l, run)
			if err != nil {
				return nil, err
			}
			as := f.Name // a later run's rows name the file with the run that kept it
			if run != f.Run {
				as += "@" + f.Run
			}
			err = l.Rows(run, func(r export.RowResult) error {
				kept := (r.Outcome == export.Held || r.Outcome == export.Pending && r.Part == 0) && run != f.GivenUp.Run
				if r.Origin.File == as && !newer[r.Key] && !left[r.Part] && !kept {
					lines[export.Origin{File: f.Name, Line: r.Origin.Line}] = true
					people[who{f.Name, r.Key}] = true
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return func(o export.Origin, key string) bool { return lines[o] || key != "" && people[who{o.File, key}] }, nil
}

// notAgain gives the parts of a run of which no row is planned anew: those that are still on their way, and those that
// nobody was asked about, as agreed (load.via: [archive]).
func notAgain(l opened, run string) (map[int64]bool, error) {
	parts, err := l.Parts(run)
	if err != nil {
		return nil, err
	}
	out := map[int64]bool{}
	for _, p := range parts {
		out[p.ID] = !p.State.Final() || p.Verdict == export.VerdictUnconfirmed
	}
	return out, nil
}

// planned writes the plan of a new run into the ledger.
func (j *job) planned(ctx context.Context, p *planning.Planner, whole bool, judge func(*export.Plan) []string) (id string, broken []string, err error) {
	defer j.teller.spent(notify.StepPlan, j.env.now())
	id, err = j.ledger.BeginRun(export.RunRecord{Command: j.command, State: export.RunWorking, Started: p.Started, Mapping: expressions(j.cfg)})
	if err != nil {
		return "", nil, err
	}
	plan, broken, err := planning.RecordPlan(ctx, p, j.ledger, id, whole, judge, func() error { return j.ready(ctx, p) })
	if err != nil {
		code := exitCode(err)
		if errors.Is(err, errInterrupted) {
			code = export.ExitInterrupted
		}
		end := j.ledger.EndRun(export.RunRecord{
			ID: id, Command: j.command, State: export.RunEnded, Started: p.Started, Ended: j.env.now(), Exit: code, Verdict: "not planned",
		})
		return "", nil, errors.Join(err, end)
	}
	for _, w := range plan.Warnings {
		j.env.log.Warn(w.Error())
	}
	if more := plan.Doubtful - len(plan.Warnings); more > 0 {
		j.env.log.Warnf("and %d more of such rows", more)
	}
	j.env.log.WithFields(map[string]any{
		"run": id, "records": plan.Input, "rows": plan.Rows, "parts": plan.Parts, "quarantined": plan.Quarantined,
	}).Info("planned")
	for _, b := range broken {
		j.env.log.Warnf("held, nothing is sent: %s", b)
	}
	return id, broken, nil
}

func (j *job) report(run string) (*export.Report, error) { return j.report1(run, nil, false) }

// seenReport is the report where every file of the feed was seen before. It sends nothing and says so.
func (j *job) seenReport(seen []export.SeenFile, again bool, started time.Time) *export.Report {
	rep := emptyReport("seen", started)
	rep.Files = []export.FeedFile{}
	open := 0
	var why []string
	for _, f := range seen {
		rep.Files = append(rep.Files, f.FeedFile)
		rep.Run = f.Run
		open += f.Open
		if g := f.GivenUp; g.Rows > 0 { // on purpose, so it is no fault of the next nights
			why = append(why, fmt.Sprintf("%s of %s: %s, hr2coupa settle %s rejected; hr2coupa run --again plans them anew", plural(g.Rows, "row"), export.Plain(f.Name), export.Plain(g.Note), g.Run))
		}
	}
	if open > 0 {
		why = append(why, fmt.Sprintf("%s of the feed did not reach Coupa for sure; hr2coupa run --again plans them anew", plural(open, "row")))
		rep.Exit = export.ExitPartial
	}
	if again && len(why) == 0 {
		why = append(why, "nothing to plan again: no seen file of the feed has rows that are open; hr2coupa run plans new files")
	}
	rep.Why = strings.Join(why, "\n")
	return rep
}
