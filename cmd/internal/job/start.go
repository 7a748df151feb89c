package job

import (
	"context"
	"errors"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/notices"
	"github.com/hr2coupa/hr2coupa/cmd/internal/progress"
	"github.com/hr2coupa/hr2coupa/cmd/internal/ready"
	"github.com/hr2coupa/hr2coupa/cmd/internal/trust"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/delivery"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Job is one start of the program at work on the ledger. It holds what the work is done with; what the work comes to is
// returned by each step.
type Job struct {
	env      *wiring.Env
	cfg      *config.Config
	ledger   wiring.Store
	past     ledger.Ledger // the same, seen by no seam: for the notices, and the mark that is written at the end
	wires    *wiring.Wires
	runner   *delivery.Runner
	key      baseline.HashKey  // of the hashes of what is confirmed
	writer   *directory.Writer // of the API route; nil where the config knows no client for it
	notifier *notices.Notifier
	bar      *progress.Parts
	unlock   func() error

	feed     *wiring.Pipeline          // reads feed files again; nil where the command has none
	answered func(*export.Report) bool // a watcher writes what is rejected of these runs beside its own files; nil: of none

	background export.Group
	stop       context.CancelFunc // ends what is done in the background
}

// Started is a start that has ended: its report, nil if it has none, and the notifier, which has sent no notice
// yet.
type Started struct {
	Rep      *export.Report
	Notifier *notices.Notifier
	Dropped  []ready.File // the files of a drop, whether or not they were sent
}

// Work is what a command does with a start. A step that returns a report ends the start, and no later step is taken.
type Work struct {
	Command string
	ByHand  bool             // a person has named the files: no figure and no heartbeat of the nightly job
	NoWait  bool             // parts are delivered and not waited for
	Feed    *wiring.Pipeline // reads HR's files; nil where the command has none
	Looks   bool             // nothing is sent: neither a doubtful ledger nor an unfinished run stands in the way
	// Answered reports whether a watcher writes what is rejected of a run itself, beside its own file. It may be nil.
	Answered func(*export.Report) bool

	// Vouched says that a person answers for the ledger.
	Vouched bool
	// First comes before what is unfinished is resumed. It may be nil. doubt is what speaks against the ledger.
	First func(j *Job, doubt *trust.Suspicion) (*export.Report, error)
	// Do is the command's own work. earlier is what runs came to that this start has resumed.
	Do func(j *Job, earlier []*export.Report) (*export.Report, error)
}

// Start is one start of the program at work on the ledger, for every command that needs one: it takes the lock, decides
// whether the ledger can be trusted, resumes what earlier starts have left, does the work, records the notices to send,
// and releases the lock, even if any of that crashes. The result goes to show.Conclude, and so does an error.
func Start(ctx context.Context, env *wiring.Env, cfg *config.Config, w Work) (*Started, error) {
	s := &Started{Notifier: notices.New(env, cfg, w.Command, w.ByHand)}
	j, err := openJob(ctx, env, cfg, s.Notifier, w.NoWait)
	if err != nil {
		return s, err
	}
	j.feed, j.answered = w.Feed, w.Answered
	var trusted faith
	var earlier resumed
	var rep *export.Report
	if j.key, err = guarded(j.hashKey); err == nil && !w.Looks {
		trusted, err = guarded(func() (faith, error) { return j.trust(ctx, w.Vouched) })
		if rep = trusted.done; rep == nil && err == nil && w.First != nil {
			rep, err = guarded(func() (*export.Report, error) { return w.First(j, trusted.doubt) })
		}
		if rep == nil && err == nil {
			earlier, err = guarded(func() (resumed, error) { return j.resume(ctx, w.ByHand) })
			rep = earlier.done
		}
	}
	if rep == nil && err == nil {
		rep, err = guarded(func() (*export.Report, error) { return w.Do(j, earlier.runs) })
	}
	rep = j.addResumed(rep, earlier.runs, err)
	s.Rep, err = j.recordNotices(ctx, rep, trusted, err)
	if crashed := j.close(trusted.sound); crashed != nil {
		err = errors.Join(err, crashed)
	}
	return s, err
}

// hashKey returns the key of what the ledger has confirmed. With another key, or none, everyone would seem to differ: such a
// start ends before it plans or sends anything.
func (j *Job) hashKey() (baseline.HashKey, error) {
	key, err := wiring.UseKey(j.cfg, j.ledger)
	if err == nil && j.writer != nil {
		j.writer.Key = key
	}
	return key, err
}

// guarded takes a step of a start. If the step crashes, the error is the crash.
func guarded[T any](step func() (T, error)) (T, error) {
	var out T
	var err error
	if crashed := export.Guard(func() error { out, err = step(); return nil }); crashed != nil {
		return out, crashed
	}
	return out, err
}

// openJob opens the ledger, takes the lock and builds the wires. Only the token goes over them yet: it has to settle while
// the feed is read.
func openJob(ctx context.Context, env *wiring.Env, cfg *config.Config, t *notices.Notifier, noWait bool) (*Job, error) {
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
	j := &Job{env: env, cfg: cfg, ledger: wiring.Through(env.Seams.Ledger, wiring.Store(l)), past: l, wires: w, notifier: t, unlock: unlock, bar: progress.NewParts(env.Progress)}
	if err := export.Guard(func() error { return j.equip(ctx, noWait) }); err != nil {
		return nil, errors.Join(err, j.shut(false))
	}
	return j, nil
}

// equip makes a job that has the lock ready for its work.
func (j *Job) equip(ctx context.Context, noWait bool) (err error) {
	j.notifier.Begin(ctx)
	if err := logAhead(j.env, j.past); err != nil {
		return err
	}
	j.runner = &delivery.Runner{
		Ledger: j.ledger, Dial: j.wires.Dial, Loads: j.wires.Sources, Direct: j.cfg.SFTP.Direct, NoWait: noWait,
		Poll: j.cfg.Load.Poll, Pickup: j.cfg.Load.Pickup, Wait: j.cfg.Load.Wait, Now: j.env.Now, Log: j.env.Log, OnMove: j.bar.Advance,
	}
	if j.writer, err = wiring.NewWriter(j.env, j.cfg, j.wires.Client, j.ledger, j.past); err != nil {
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
	if err := j.sweepHeld(); err != nil {
		return err
	}
	j.fetchToken(ctx)
	return nil
}

// fetchToken fetches the token in the background, so that it settles while the feed is read. If it cannot be had, the
// first call that needs it returns the error.
func (j *Job) fetchToken(ctx context.Context) {
	ctx, j.stop = context.WithCancel(ctx)
	if j.wires.Client == nil {
		return
	}
	j.background.Go(func() {
		if err := j.wires.Client.Prepare(ctx); err != nil {
			j.env.Log.Debugf("fetch the token early: %v", err)
		}
	})
}

// recordNotices records the notices of a start while the job still has the ledger; they are sent once the program has printed
// the result. It adds to the report what no run of this start knows: people who lack lists since a call, and the files that
// the ledger does not know. A crash meanwhile leaves no report.
func (j *Job) recordNotices(ctx context.Context, rep *export.Report, trusted faith, err error) (*export.Report, error) {
	end := err
	crashed := export.Guard(func() error {
		if wrong := j.addUnfilled(ctx, rep); wrong != nil {
			rep, end = nil, errors.Join(err, wrong)
		}
		if rep != nil && len(rep.UnknownFiles) == 0 {
			rep.UnknownFiles = trusted.unknown
		}
		if (rep != nil || end != nil) && !errors.Is(end, exit.ErrInterrupted) {
			j.notifier.Record(j.past, rep, end, trusted.says...)
			j.passOver(rep)
		}
		return nil
	})
	if crashed != nil {
		return nil, errors.Join(err, crashed)
	}
	return rep, end
}

// passOver records the late files of a start, whose notices are recorded: later starts pass them over in silence. A start that
// ends before this reports them again.
func (j *Job) passOver(rep *export.Report) {
	if rep == nil || len(rep.Late) == 0 {
		return
	}
	if err := j.ledger.PassOver(rep.Late); err != nil {
		export.LogHints(j.env.Log, export.HintsOf(err)...).Errorf("the next start reports the late files again: %v", err)
	}
}

// shut releases all that a start holds. sound: its ledger may be trusted, so that the mark may be written.
func (j *Job) shut(sound bool) error {
	if j.stop != nil {
		j.stop()
	}
	crashed := export.Guard(func() error { j.background.Wait(); return nil })
	j.bar.Done()
	j.wires.Close()
	if sound {
		j.writeMark()
	}
	return errors.Join(crashed, j.unlock(), j.ledger.Close())
}

// close ends the job, and returns what crashed in the background.
func (j *Job) close(sound bool) error {
	err := j.shut(sound)
	if crash, ok := errors.AsType[*export.Crash](err); ok {
		return crash
	}
	if err != nil {
		export.LogHints(j.env.Log, export.HintsOf(err)...).Errorf("close the ledger: %v", err)
	}
	return nil
}
