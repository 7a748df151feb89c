package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/notices"
	"github.com/hr2coupa/hr2coupa/cmd/internal/progress"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// Job is one start of the program at work on the ledger.
type Job struct {
	env     *wiring.Env
	cfg     *config.Config
	ledger  wiring.Store
	runner  *delivery.Runner
	wires   *wiring.Wires
	command string
	unlock  func() error
	bar     *progress.Progress
	stop    context.CancelFunc // ends what is done beside
	beside  export.Group
	teller  *notices.Teller
	writer  *directory.Writer           // of the API route; nil where the config knows no client for it
	people  int                         // known when the run was planned
	resumed []*export.Report            // what earlier runs came to meanwhile
	unknown []string                    // parts that were sent and that the ledger does not know
	past    wiring.History              // the ledger, for the mark that is written at the end
	marked  bool                        // the ledger may be trusted, so that the mark may be written
	held    string                      // the held run that the plan was made beside
	checked bool                        // Coupa was asked about the people of the plan
	read    map[string]*export.ReadBack // by run, what reading its users back came to
}

// Started is a start that has come to its end: its report, nil where it has none, and the teller who has not told
// anybody yet.
type Started struct {
	Rep    *export.Report
	Teller *notices.Teller
}

// Start is one start of the program at work on the ledger, for every command that needs one: it takes the lock, does the
// work, writes down what is to be told, and gives the lock back, also where any of that crashes. What it comes to, an error
// too, goes to show.Conclude.
func Start(ctx context.Context, env *wiring.Env, cfg *config.Config, command string, byHand bool, do func(*Job) (*export.Report, error)) (*Started, error) {
	s := &Started{Teller: notices.New(env, cfg, command, byHand)}
	j, err := openJob(ctx, env, cfg, s.Teller)
	if err != nil {
		return s, err
	}
	var rep *export.Report
	err = export.Guard(func() (err error) { rep, err = do(j); return err })
	if crashed := export.Guard(func() error { s.Rep, err = j.told(ctx, rep, err); return nil }); crashed != nil {
		err = errors.Join(err, crashed)
	}
	if crashed := j.close(); crashed != nil {
		err = errors.Join(err, crashed)
	}
	return s, err
}

// openJob opens the ledger, takes the lock and makes the wires. Nothing goes over them yet but the token, which has to
// settle while the feed is read.
func openJob(ctx context.Context, env *wiring.Env, cfg *config.Config, t *notices.Teller) (*Job, error) {
	w, err := wiring.NewWires(env, cfg)
	if err != nil {
		return nil, err
	}
	l, err := wiring.OpenLedger(env, cfg.Ledger)
	if err != nil {
		return nil, err
	}
	unlock, err := l.Lock(wiring.Holder(t.Command, env.Now()))
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	w.Tap(env.Seams)
	j := &Job{env: env, cfg: cfg, ledger: wiring.Through(env.Seams.Ledger, wiring.Store(l)), past: l, wires: w, command: t.Command, teller: t, unlock: unlock, bar: progress.NewProgress(env)}
	if err := export.Guard(func() error { return j.prepare(ctx, l) }); err != nil {
		return nil, errors.Join(err, j.shut())
	}
	return j, nil
}

// prepare makes a job that has the lock ready for its work.
func (j *Job) prepare(ctx context.Context, l ledger.Ledger) (err error) {
	j.teller.Begin(ctx, l)
	if err := tellAhead(j.env, l); err != nil {
		return err
	}
	j.runner = &delivery.Runner{
		Ledger: j.ledger, Dial: j.wires.Dial, Loads: j.wires.Sources, Direct: j.cfg.SFTP.Direct,
		Poll: j.cfg.Load.Poll, Pickup: j.cfg.Load.Pickup, Wait: j.cfg.Load.Wait, Now: j.env.Now, Log: j.env.Log, Tell: j.bar.Tell,
	}
	if j.writer, err = wiring.NewWriter(j.env, j.cfg, j.wires.Client, j.ledger, l); err != nil {
		return err
	}
	if j.writer != nil {
		j.runner.Writer = j.writer
	}
	n, err := j.ledger.Sweep()
	if err != nil {
		return err
	}
	if n > 0 {
		j.env.Log.WithField("files", n).Info("removed spool files of a plan that was never finished")
	}
	j.fetchToken(ctx)
	return nil
}

// fetchToken fetches the token beside the work, so that it settles while the feed is read. That it cannot be had is told
// by the first call that needs it.
func (j *Job) fetchToken(ctx context.Context) {
	ctx, j.stop = context.WithCancel(ctx)
	if j.wires.Client == nil {
		return
	}
	j.beside.Go(func() {
		if err := j.wires.Client.Prepare(ctx); err != nil {
			j.env.Log.Debugf("fetch the token early: %v", err)
		}
	})
}

func (j *Job) shut() error {
	if j.stop != nil {
		j.stop()
	}
	crashed := export.Guard(func() error { j.beside.Wait(); return nil })
	j.bar.Done()
	j.wires.Close()
	j.keepMark()
	return errors.Join(crashed, j.unlock(), j.ledger.Close())
}

// close ends the job, and returns what crashed beside it.
func (j *Job) close() error {
	err := j.shut()
	if crash, ok := errors.AsType[*export.Crash](err); ok {
		return crash
	}
	if err != nil {
		j.env.Log.Errorf("close the ledger: %v", err)
	}
	return nil
}

// resume goes on where the ledger says, before anything new is planned. Where a part still could not be sent, nothing new
// is planned, since it could not be sent either: done is then what this start came to. Parts that are with Coupa and have
// no verdict only keep their people waiting, and so does every file where this start is an urgent change by API, which
// needs no SFTP server and waits for none.
func (j *Job) resume(ctx context.Context) (done *export.Report, err error) {
	parts, err := j.ledger.Unfinished()
	if err != nil {
		return nil, err
	}
	runs := runsOf(parts)
	var left []string
	if j.teller.ByHand && j.cfg.Route == config.RouteAPI {
		left = runs
		parts = slices.DeleteFunc(parts, func(p export.Part) bool { return p.Route == export.ByCSV })
		runs = runsOf(parts)
	}
	var lost error
	if len(parts) > 0 {
		j.env.Log.WithField("parts", len(parts)).Info("going on with parts of an earlier run")
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
			j.env.Log.WithField("run", run).Errorf("an interrupted run cannot be reported: %v; to end it: hr2coupa settle %s rejected --by NAME", err, run)
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

// blocked is the report of a start that plans nothing new because a part of an earlier run could not be sent; nil where
// none is left.
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

// EmptyReport is the report of a start that has planned nothing.
func EmptyReport(end export.RunEnd, started time.Time) *export.Report {
	return &export.Report{
		Verdict: export.RunVerdict{End: end}, Counts: export.Counts{By: map[export.Outcome]int{}},
		Parts: []export.Part{}, Started: started,
	}
}

// addResumed lets what was resumed be told and count, also where the new run ended with an error.
func (j *Job) addResumed(rep *export.Report, err error) *export.Report {
	if len(j.resumed) == 0 {
		return rep
	}
	if rep == nil {
		rep = EmptyReport(export.EndNotPlanned, j.env.Now().UTC())
		rep.Exit = exit.Code(err)
		rep.Because(err)
	}
	rep.Resumed = j.resumed
	rep.Alone = rep.Exit
	for _, r := range j.resumed {
		rep.Exit = export.WorstExit(rep.Exit, r.Exit)
	}
	return rep
}

// interrupted finds runs that died before they had planned anything, or after their last part was settled.
func (j *Job) interrupted(but []string) ([]string, error) {
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

func (j *Job) drive(ctx context.Context, run string) error {
	parts, err := j.ledger.Parts(run)
	if err != nil {
		return err
	}
	delivery.SortParts(parts)
	j.bar.Start(parts)
	sending := j.env.Now()
	err = j.runner.Drive(ctx, parts)
	j.teller.Spent(notify.StepSend, sending)
	if err != nil {
		return err
	}
	defer j.teller.Spent(notify.StepReadBack, j.env.Now())
	return j.readBack(ctx, run)
}

// report1 judges one run.
func (j *Job) report1(run string, lost error, earlier bool) (*export.Report, error) {
	if lost == nil {
		lost = j.runner.Lost()
	}
	creates, err := wiring.Creates(j.ledger, j.cfg, run)
	if err != nil {
		return nil, err
	}
	rep, err := export.NewReport(j.ledger, run, export.Finding{
		Undelivered: j.runner.Undelivered(), Lost: lost, NoWait: j.runner.NoWait, Earlier: earlier, Creates: creates, People: j.people,
	}, j.env.Now().UTC())
	if err == nil && !earlier {
		rep.Checked, rep.Beside = j.checked, j.held
	}
	if read := j.read[run]; err == nil && read != nil {
		rep.ReadBack, rep.Drift = read, read.Drift
	}
	return rep, err
}

// free is the first second from started on in which no run began: it names the run and its parts.
func (j *Job) free(started time.Time) (time.Time, error) {
	for {
		_, taken, err := j.ledger.Run(started.Format("20060102T150405Z"))
		if err != nil || !taken {
			return started, err
		}
		started = started.Add(time.Second)
	}
}

// told is the report of a start together with what it went on with, and whom a call has left without a list. What it says
// is written down here, while the job still has the ledger, and sent when the program has printed it.
func (j *Job) told(ctx context.Context, rep *export.Report, err error) (*export.Report, error) {
	rep = j.addResumed(rep, err)
	if wrong := j.tellUnfilled(ctx, rep); wrong != nil {
		rep, err = nil, errors.Join(err, wrong)
	}
	if rep != nil && len(rep.UnknownFiles) == 0 {
		rep.UnknownFiles = j.unknown
	}
	if (rep != nil || err != nil) && !errors.Is(err, exit.ErrInterrupted) {
		j.teller.Record(j.teller.Ledger, rep, err)
	}
	return rep, err
}

// refused is the report of a start whose plan is made beside a held run and is itself beyond a limit; nil where it is
// not. Nothing of it is recorded, since at most one run is held.
func (j *Job) refused(plan *export.Plan, out *prospect.Outlook, now time.Time) *export.Report {
	broken := out.Judge(j.cfg, false)(plan)
	if broken == nil {
		return nil
	}
	rep := EmptyReport(export.EndRefused, now)
	rep.Files, rep.Held, rep.Exit, rep.Beside = plan.Files, broken, export.ExitHeld, out.Beside.Run
	rep.Why = prospect.Refusal(out.Beside.Run)
	return rep
}

// ready proves, before a plan is recorded, that its parts can be sent and somebody can be asked what became of them.
func (j *Job) ready(ctx context.Context, pl *planning.Planner) error {
	if prospect.ByAPI(pl) {
		return j.wires.Client.Users().Check(ctx)
	}
	return j.runner.Check(ctx)
}
