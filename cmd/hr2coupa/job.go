package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// job is one start of the program at work on the ledger.
type job struct {
	env       *Env
	cfg     *config.Config
	ledger  store
	runner  *delivery.Runner
	wires   *wires
	command string
	unlock  func() error
	bar     *progress
	stop    context.CancelFunc // ends what is done beside
	beside  export.Group
	teller  *teller
	writer  *directory.Writer           // of the API route; nil where the config knows no client for it
	people  int                         // known when the run was planned
	resumed []*export.Report            // what earlier runs came to meanwhile
	unknown []string                    // parts that were sent and that the ledger does not know
	past    history                     // the ledger, for the mark that is written at the end
	marked  bool                        // the ledger may be trusted, so that the mark may be written
	held    string                      // the held run that the plan was made beside
	checked bool                        // Coupa was asked about the people of the plan
	read    map[string]*export.ReadBack // by run, what reading its users back came to
}

// started is a start that has come to its end: its report, nil where it has none, and the teller who has not told
// anybody yet.
type started struct {
	rep    *export.Report
	teller *teller
}

// start is one start of the program at work on the ledger, for every command that needs one: it takes the lock, does the
// work, and writes down what is to be told. What it comes to, an error too, goes to conclude.
func start(ctx context.Context, env *Env, cfg *config.Config, command string, byHand bool, do func(*job) (*export.Report, error)) (*started, error) {
	s := &started{teller: newTeller(env, cfg, command, byHand)}
	j, err := openJob(ctx, env, cfg, s.teller)
	if err != nil {
		return s, err
	}
	var rep *export.Report
	err = export.Guard(func() (err error) { rep, err = do(j); return err })
	s.rep, err = j.told(ctx, rep, err)
	if crashed := j.close(); crashed != nil {
		return s, errors.Join(err, crashed)
	}
	return s, err
}

// conclude ends a start: it prints the result, tells the error that ended the start, and sends what others are to know. What
// it returns is the exit code and has been told.
func conclude(ctx context.Context, env *Env, s *started, err error, code int, print func() error) error {
	if wrong := export.Guard(print); wrong != nil {
		err = errors.Join(err, wrong)
	}
	if err != nil {
		code = finish(env, err)
	}
	if s != nil {
		unread(env, s.rep)
		if crashed := export.Guard(func() error { s.teller.end(ctx, code, err); return nil }); crashed != nil {
			code = finish(env, crashed)
		}
	}
	return endWith(code, nil)
}

// report ends a start that ends with a report. One that comes with an error holds what was resumed before it.
func concludeReport(ctx context.Context, env *Env, s *started, err error) error {
	if s == nil || s.rep == nil || errors.Is(err, errInterrupted) {
		return conclude(ctx, env, s, err, export.ExitOK, func() error { return nil })
	}
	return conclude(ctx, env, s, err, s.rep.Exit, func() error { return printReport(env, s.rep) })
}

// job opens the ledger, takes the lock and makes the wires. Nothing goes over them yet but the token, which has to
// settle while the feed is read.
func openJob(ctx context.Context, env *Env, cfg *config.Config, t *teller) (*job, error) {
	w, err := newWires(env, cfg)
	if err != nil {
		return nil, err
	}
	l, err := ledger.Open(ledger.Options{Dir: cfg.Ledger, Now: env.now})
	if err != nil {
		return nil, err
	}
	unlock, err := l.Lock(holder(t.command, env.now()))
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	t.begin(ctx, l)
	if err := tellAhead(env, l); err != nil {
		return nil, errors.Join(err, unlock(), l.Close())
	}
	w.tap(env.seams)
	j := &job{env: env, cfg: cfg, ledger: through(env.seams.ledger, store(l)), past: l, wires: w, command: t.command, teller: t, unlock: unlock, bar: newProgress(env)}
	j.runner = &delivery.Runner{
		Ledger: j.ledger, Dial: w.dial, Loads: w.sources, Direct: cfg.SFTP.Direct,
		Poll: cfg.Load.Poll, Pickup: cfg.Load.Pickup, Wait: cfg.Load.Wait, Now: env.now, Log: env.log, Tell: j.bar.tell,
	}
	if j.writer, err = newWriter(env, cfg, w.client, j.ledger, l); err != nil {
		return nil, errors.Join(err, j.shut())
	}
	if j.writer != nil {
		j.runner.Writer = j.writer
	}
	if n, err := j.ledger.Sweep(); err != nil {
		return nil, errors.Join(err, j.shut())
	} else if n > 0 {
		env.log.WithField("files", n).Info("removed spool files of a plan that was never finished")
	}
	j.fetchToken(ctx)
	return j, nil
}

// fetchToken fetches the token beside the work, so that it settles while the feed is read. That it cannot be had is told
// by the first call that needs it.
func (j *job) fetchToken(ctx context.Context) {
	ctx, j.stop = context.WithCancel(ctx)
	if j.wires.client == nil {
		return
	}
	j.beside.Go(func() {
		if err := j.wires.client.Prepare(ctx); err != nil {
			j.env.log.Debugf("fetch the token early: %v", err)
		}
	})
}

func holder(command string, now time.Time) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("pid %d on host %s, hr2coupa %s, since %s", os.Getpid(), host, command, now.UTC().Format(time.RFC3339))
}

func (j *job) shut() error {
	if j.stop != nil {
		j.stop()
	}
	crashed := export.Guard(func() error { j.beside.Wait(); return nil })
	j.bar.done()
	j.wires.close()
	j.keepMark()
	return errors.Join(crashed, j.unlock(), j.ledger.Close())
}

// close ends the job, and returns what crashed beside it.
func (j *job) close() error {
	err := j.shut()
	if crash, ok := errors.AsType[*export.Crash](err); ok {
		return crash
	}
	if err != nil {
		j.env.log.Errorf("close the ledger: %v", err)
	}
	return nil
}

// resume goes on where the ledger says, before anything new is planned. Where a part still could not be sent, nothing new
// is planned, since it could not be sent either: done is then what this start came to. Parts that are with Coupa and have
// no verdict only keep their people waiting, and so does every file where this start is an urgent change by API, which
// needs no SFTP server and waits for none.
func (j *job) resume(ctx context.Context) (done *export.Report, err error) {
	parts, err := j.ledger.Unfinished()
	if err != nil {
		return nil, err
	}
	runs := runsOf(parts)
	var left []string
	if j.teller.byHand && j.cfg.Route == config.RouteAPI {
		left = runs
		parts = slices.DeleteFunc(parts, func(p export.Part) bool { return p.Route == export.ByCSV })
		runs = runsOf(parts)
	}
	var lost error
	if len(parts) > 0 {
		j.env.log.WithField("parts", len(parts)).Info("going on with parts of an earlier run")
		if lost, err = j.goOn(ctx, parts); err != nil {
			return nil, err
		}
	}
	interrupted, err := j.interrupted(append(left, runs...))
	if err != nil {
		return nil, err
	}
	for _, run := range append(runs, interrupted...) {
		if err := j.readBack(ctx, run); err != nil {
			return nil, err
		}
		rep, err := j.report1(run, lost, true)
		if err != nil && slices.Contains(interrupted, run) { // it sent nothing that is open: it stops no new run
			j.env.log.WithField("run", run).Errorf("an interrupted run cannot be reported: %v; to end it: hr2coupa settle %s rejected --by NAME", err, run)
			continue
		}
		if err != nil {
			return nil, err
		}
		if slices.Contains(runs, run) {
			j.resumed = append(j.resumed, rep)
		}
	}
	if j.runner.Undelivered() == nil {
		return nil, nil
	}
	return j.blocked()
}

func runsOf(parts []export.Part) (runs []string) {
	for _, p := range parts {
		if !slices.Contains(runs, p.Run) {
			runs = append(runs, p.Run)
		}
	}
	return runs
}

// goOn drives parts of earlier runs. That nobody can be asked is fatal before anything was sent, and lost after.
func (j *job) goOn(ctx context.Context, parts []export.Part) (lost, err error) {
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

// blocked is the report of a start that plans nothing new because a part of an earlier run could not be sent; nil where
// none is left.
func (j *job) blocked() (*export.Report, error) {
	left, err := j.ledger.Unfinished()
	if err != nil || len(left) == 0 {
		return nil, err
	}
	rep := emptyReport("unfinished", j.env.now().UTC())
	rep.Why = fmt.Sprintf("nothing new is planned: part %s of run %s could not be sent", left[0].Name, left[0].Run)
	rep.Exit = export.ExitNotDelivered
	return rep, nil
}

func emptyReport(verdict string, started time.Time) *export.Report {
	return &export.Report{
		Verdict: verdict, Counts: export.Counts{By: map[export.Outcome]int{}},
		Parts: []export.Part{}, Started: started,
	}
}

// addResumed lets what was resumed be told and count, also where the new run ended with an error.
func (j *job) addResumed(rep *export.Report, err error) *export.Report {
	if len(j.resumed) == 0 {
		return rep
	}
	if rep == nil {
		rep = emptyReport("not planned", j.env.now().UTC())
		rep.Why, rep.Exit = export.PlainText(err), exitCode(err)
	}
	rep.Resumed = j.resumed
	rep.Alone = rep.Exit
	for _, r := range j.resumed {
		rep.Exit = export.WorstExit(rep.Exit, r.Exit)
	}
	return rep
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

func (j *job) drive(ctx context.Context, run string) error {
	parts, err := j.ledger.Parts(run)
	if err != nil {
		return err
	}
	delivery.SortParts(parts)
	j.bar.start(parts)
	sending := j.env.now()
	err = j.runner.Drive(ctx, parts)
	j.teller.spent(notify.StepSend, sending)
	if err != nil {
		return err
	}
	defer j.teller.spent(notify.StepReadBack, j.env.now())
	return j.readBack(ctx, run)
}

// report1 judges one run.
func (j *job) report1(run string, lost error, earlier bool) (*export.Report, error) {
	if lost == nil {
		lost = j.runner.Lost()
	}
	creates, err := creates(j.ledger, j.cfg, run)
	if err != nil {
		return nil, err
	}
	rep, err := export.NewReport(j.ledger, run, export.Finding{
		Undelivered: j.runner.Undelivered(), Lost: lost, NoWait: j.runner.NoWait, Earlier: earlier, Creates: creates, People: j.people,
	}, j.env.now().UTC())
	if err == nil && !earlier {
		rep.Checked, rep.Beside = j.checked, j.held
	}
	if read := j.read[run]; err == nil && read != nil {
		rep.ReadBack, rep.Drift = read, read.Drift
	}
	return rep, err
}

// creates is how many users Coupa may count as created from a run before it is an alarm.
func creates(l interface {
	UsedBy(string) ([]export.Approval, error)
}, cfg *config.Config, run string) (export.Limit, error) {
	limit := export.Limit(cfg.Limits.Creates)
	used, err := l.UsedBy(run)
	for _, a := range used {
		limit.Count = max(limit.Count, a.Ceilings[export.CreatesLimit])
	}
	return limit, err
}

// free is the first second from started on in which no run began: it names the run and its parts.
func (j *job) free(started time.Time) (time.Time, error) {
	for {
		_, taken, err := j.ledger.Run(started.Format("20060102T150405Z"))
		if err != nil || !taken {
			return started, err
		}
		started = started.Add(time.Second)
	}
}

// allRuns is more runs than a ledger holds in ten years of nights.
const allRuns = 10_000
