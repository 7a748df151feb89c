package notices

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// Notifier notifies people and machines how one start ended. It never changes how the start ends: its own failures are warnings
// in the log.
type Notifier struct {
	env      *wiring.Env
	cfg      *config.Config
	Command  string
	ByHand   bool
	started  time.Time
	Targets  []notify.Target
	heart    *notify.Heartbeat // nil if nothing is pinged
	leavers  *notify.Leavers   // administrators who have left and are still active; nil where that is not known
	pinging  export.Group      // the ping of the start
	stop     context.CancelFunc
	rep      *export.Report
	unknown  []string       // what speaks against the ledger
	Folder   *notify.Folder // set by a watcher that reports on its folder and on no run
	steps    map[notify.Step]time.Duration
	Recorded error // the error of the end whose incidents and notices are in the ledger, ErrNotYet before; a crash may come after it
}

// ErrNotYet says that the end of a start is not in the ledger yet.
var ErrNotYet = errors.New("not recorded yet")

// New makes the Notifier of a start. Files by hand and saved plans cause notices too, but are no heartbeat and no
// figure of the nightly job.
func New(env *wiring.Env, cfg *config.Config, command string, byHand bool) *Notifier {
	t := &Notifier{env: env, cfg: cfg, Command: command, ByHand: byHand, started: env.Now(), steps: map[notify.Step]time.Duration{}, Recorded: ErrNotYet}
	texts, err := wiring.NoticeTexts(cfg)
	if err != nil { // the config was checked with them a moment ago
		logOf(env, err).Warnf("notices: %v", err)
		return t
	}
	t.Targets = wiring.Targets(cfg, texts)
	if t.nightly() && !cfg.Heartbeat.URL.IsZero() {
		t.heart = &notify.Heartbeat{URL: cfg.Heartbeat.URL}
	}
	return t
}

// Spent adds the time since begun to that of a step, for the metrics.
func (t *Notifier) Spent(s notify.Step, begun time.Time) {
	t.steps[s] += t.env.Now().Sub(begun)
}

func (t *Notifier) nightly() bool {
	return (t.Command == "run" || t.Command == "watch") && !t.ByHand
}

// Begin pings that the start has begun; it does not wait for the answer.
func (t *Notifier) Begin(ctx context.Context) {
	if t.heart == nil {
		return
	}
	ctx, t.stop = context.WithCancel(ctx)
	t.pinging.Go(func() { t.ping(ctx, notify.Started, "hr2coupa "+t.Command) })
}

func (t *Notifier) ping(ctx context.Context, s notify.Signal, line string) {
	if err := t.heart.Ping(ctx, s, line); err != nil && !errors.Is(err, context.Canceled) {
		logOf(t.env, err).Warnf("%s: %v", t.heart, err)
	}
}

// Record writes the incidents of a start and the notices about them into the ledger. unknown is what speaks against it.
func (t *Notifier) Record(l ledger.Ledger, rep *export.Report, err error, unknown ...string) {
	t.rep, t.unknown = rep, unknown
	t.record(l, err)
}

// record is Record of the report that is known already. It leaves the report as it is: the heartbeat may be reading it.
func (t *Notifier) record(l ledger.Ledger, err error) {
	if len(t.Targets) == 0 {
		return
	}
	open, failed := l.Incidents()
	if failed == nil {
		t.leavers, failed = leavers(l, open, t.rep)
	}
	if failed == nil {
		incidents, notices, wrong := t.notices(open, err)
		failed = wrong
		if failed == nil && len(incidents) > 0 {
			failed = l.RecordIncidents(incidents, notices)
		}
	}
	if failed != nil {
		logOf(t.env, failed).Warnf("notices cannot be recorded: %v", failed)
		return
	}
	t.Recorded = err
}

// notices decides on the notices, knowing which incidents are open.
func (t *Notifier) notices(open []export.Incident, err error) ([]export.Incident, []export.Notice, error) {
	code := exit.Code(err)
	if err == nil {
		code = export.ExitOK
	}
	run, verdict, counts := "", string(exit.Ends[code]), map[string]int{}
	if t.rep != nil {
		run, verdict = t.rep.Run, t.rep.Verdict.String()
		counts["input"] = t.rep.Counts.Input
		for o, n := range t.rep.Counts.By {
			counts[string(o)] = n
		}
		if err == nil {
			code = t.rep.Exit
		}
	}
	if t.Folder != nil {
		verdict, code = "drop folder", export.ExitOK
		if len(t.Folder.Facts) > 0 {
			code = export.ExitFault
		}
	}
	now := t.env.Now().In(t.cfg.Feed.TimeZone)
	found := notify.Read(notify.Start{Command: t.Command, ByHand: t.ByHand, Report: t.rep, Err: err, Exit: code, Causes: wiring.CausesIn(t.cfg), Columns: wiring.ColumnNames(t.cfg), Unknown: t.unknown, Folder: t.Folder, Leavers: t.leavers})
	incidents, items := notify.Decide(open, found, run, now)
	m := notify.Message{
		Instance: wiring.HostOf(t.cfg.Instance), Host: wiring.Hostname(), Command: t.Command, At: now, Run: run, Verdict: verdict, Exit: code, Counts: counts,
	}
	notices, wrong := notify.Write(m, items, t.Targets)
	return incidents, notices, wrong
}

// End sends the notices of a start after its result was printed, with the code that it ends with. A start that found another
// one at work sends nothing: the other one will.
func (t *Notifier) End(ctx context.Context, code int, err error) {
	if code == export.ExitLocked {
		return
	}
	var ending export.Group
	ending.Go(func() { t.pingEnd(ctx, code) })
	unsent, open := 0, []export.Incident(nil)
	if len(t.Targets) > 0 && ctx.Err() == nil {
		sending, done := t.env.Wait(ctx, "sending notices")
		unsent, open = t.send(sending, err)
		done()
	}
	ending.Wait()
	t.figures(code, unsent, open)
}

// pingEnd also pings if the start was interrupted: a monitor waits for its success.
func (t *Notifier) pingEnd(ctx context.Context, code int) {
	if t.heart == nil {
		return
	}
	if t.stop != nil { // a short start ends before its first ping does; the two must not overtake each other
		t.awaitPing(5 * time.Second)
	}
	signal, line := notify.Success, "exit 0"
	if code != export.ExitOK {
		signal, line = notify.Failure, fmt.Sprintf("exit %d", code)
	}
	if t.rep != nil {
		line += ": " + t.rep.Verdict.String()
	}
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
	}
	t.ping(ctx, signal, line)
}

// awaitPing waits for the first ping, and stops it after a time.
func (t *Notifier) awaitPing(most time.Duration) {
	pinged := export.Async(func() error { t.pinging.Wait(); return nil })
	select {
	case <-pinged:
	case <-time.After(most):
	}
	t.stop()
	t.pinging.Wait()
}

// send empties the outbox, under the run lock, so that no two starts send the same notice. If the ledger cannot be opened,
// it sends the notices of this start at once: that the ledger is not there is what people have to know.
func (t *Notifier) send(ctx context.Context, err error) (unsent int, open []export.Incident) {
	l, unlock, failed := t.open()
	if errors.As(failed, new(*export.LockedError)) {
		t.env.Log.Info("the run that has just begun sends the notices")
		return 0, nil
	}
	if failed != nil {
		t.sendWithout(ctx, err)
		return 0, nil
	}
	defer func() {
		if err := errors.Join(unlock(), l.Close()); err != nil {
			logOf(t.env, err).Warnf("close the ledger: %v", err)
		}
	}()
	if !errors.Is(err, t.Recorded) && (err != nil || t.Folder != nil) {
		t.record(l, err)
	}
	attempts, failed := notify.Empty(ctx, l, t.Targets, wiring.SendingTime)
	t.say(attempts)
	for _, a := range attempts {
		unsent += a.Left
	}
	open, wrong := l.Incidents()
	if failed = errors.Join(failed, wrong); failed != nil {
		logOf(t.env, failed).Warnf("notices: %v", failed)
	}
	return unsent, open
}

func (t *Notifier) open() (ledger.Ledger, func() error, error) {
	l, err := wiring.OpenLedger(t.env, t.cfg.Ledger)
	if err != nil {
		return nil, nil, err
	}
	unlock, err := l.Lock(wiring.Holder("sends notices", t.env.Now()))
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	return l, unlock, nil
}

func (t *Notifier) say(attempts []notify.Attempt) {
	for _, a := range attempts {
		if a.Sent > 0 {
			t.env.Log.WithField("notices", a.Sent).Infof("notices sent to %s", a.To)
		}
		if a.Err != nil {
			logOf(t.env, a.Err).WithField("notices", a.Left).Warnf("notices not sent to %s, and kept for the next start: %v", a.To, a.Err)
		}
	}
}

// sendWithout sends the notices of this start without a ledger: nothing remembers them.
func (t *Notifier) sendWithout(ctx context.Context, err error) {
	if err == nil && t.Folder == nil {
		return
	}
	t.Recorded = err
	_, notices, wrong := t.notices(nil, err)
	box := &memoryOutbox{notices: notices}
	attempts, failed := notify.Empty(ctx, box, t.Targets, wiring.SendingTime)
	t.say(attempts)
	if failed = errors.Join(wrong, failed); failed != nil {
		logOf(t.env, failed).Warnf("notices: %v", failed)
	}
}

// memoryOutbox is an outbox that lasts as long as the program.
type memoryOutbox struct{ notices []export.Notice }

func (h *memoryOutbox) Due() ([]export.Notice, error)  { return h.notices, nil }
func (*memoryOutbox) Sent(int64) error                 { return nil }
func (*memoryOutbox) NotSent(int64, string) error      { return nil }
func (*memoryOutbox) GiveUpNotice(int64, string) error { return nil }

// logOf returns the log for a line about an error, with what to do as a field.
func logOf(env *wiring.Env, err error) logrus.FieldLogger {
	return export.LogHints(env.Log, export.HintsOf(err)...)
}

func (t *Notifier) figures(code, unsent int, open []export.Incident) {
	if t.cfg.Metrics.Textfile == "" || !t.nightly() {
		return
	}
	m := notify.Metrics{
		Command: t.Command, Started: t.started, Ended: t.env.Now(), Exit: code, Report: t.rep, Steps: t.steps,
		Notices: unsent, Incidents: map[export.NoticeKind]int{},
	}
	for _, i := range open {
		m.Incidents[i.Kind]++
	}
	if err := notify.WriteMetrics(t.cfg.Metrics.Textfile, m); err != nil {
		logOf(t.env, err).Warn(err)
	}
}
