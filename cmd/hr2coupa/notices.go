package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/regular"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// sendingTime is how long one target may take in all, at the end of a start.
const sendingTime = 30 * time.Second

// teller tells people and machines what one start came to. It never changes how the start ends: what goes wrong with it
// is a warning in the diary.
type teller struct {
	env        *Env
	cfg      *config.Config
	command  string
	byHand   bool
	started  time.Time
	targets  []notify.Target
	heart    *notify.Heartbeat // nil where nothing is pinged
	pinging  export.Group      // the ping that says start
	stop     context.CancelFunc
	ledger   *ledger.Ledger
	rep      *export.Report
	unknown  []string       // what speaks against the ledger
	folder   *notify.Folder // where a watcher tells about its folder, and about no run
	steps    map[notify.Step]time.Duration
	recorded error // the end whose incidents and notices are in the ledger, errNotYet before; a crash may come after it
}

var errNotYet = errors.New("not recorded yet")

// newTeller makes the teller of a start. Files by hand and saved plans are told about too, but are no heartbeat and no
// figure of the nightly job.
func newTeller(env *Env, cfg *config.Config, command string, byHand bool) *teller {
	t := &teller{env: env, cfg: cfg, command: command, byHand: byHand, started: env.now(), steps: map[notify.Step]time.Duration{}, recorded: errNotYet}
	texts, err := noticeTexts(cfg)
	if err != nil { // the config was checked with them a moment ago
		env.log.Warnf("notices: %v", err)
		return t
	}
	t.targets = targets(cfg, texts)
	if t.nightly() && !cfg.Heartbeat.URL.IsZero() {
		t.heart = &notify.Heartbeat{URL: cfg.Heartbeat.URL}
	}
	return t
}

// spent adds up, for the figures, how long a step took that began then.
func (t *teller) spent(s notify.Step, begun time.Time) {
	t.steps[s] += t.env.now().Sub(begun)
}

func (t *teller) nightly() bool {
	return (t.command == "run" || t.command == "watch") && !t.byHand
}

// begin pings that the start is at work; it waits for nothing.
func (t *teller) begin(ctx context.Context, l *ledger.Ledger) {
	t.ledger = l
	if t.heart == nil {
		return
	}
	ctx, t.stop = context.WithCancel(ctx)
	t.pinging.Go(func() { t.ping(ctx, notify.Started, "hr2coupa "+t.command) })
}

func (t *teller) ping(ctx context.Context, s notify.Signal, line string) {
	if err := t.heart.Ping(ctx, s, line); err != nil && !errors.Is(err, context.Canceled) {
		t.env.log.Warnf("%s: %v", t.heart, err)
	}
}

// told is the report of a start together with what it went on with, and whom a call has left without a list. What it says
// is written down here, while the job still has the ledger, and sent when the program has printed it.
func (j *job) told(ctx context.Context, rep *export.Report, err error) (*export.Report, error) {
	rep = j.addResumed(rep, err)
	if wrong := j.tellUnfilled(ctx, rep); wrong != nil {
		rep, err = nil, errors.Join(err, wrong)
	}
	if rep != nil && len(rep.UnknownFiles) == 0 {
		rep.UnknownFiles = j.unknown
	}
	if (rep != nil || err != nil) && !errors.Is(err, errInterrupted) {
		j.teller.record(j.teller.ledger, rep, err)
	}
	return rep, err
}

// record writes the incidents of a start and the notices about them into the ledger.
func (t *teller) record(l *ledger.Ledger, rep *export.Report, err error) {
	t.rep = rep
	if len(t.targets) == 0 {
		return
	}
	open, failed := l.Incidents()
	if failed == nil {
		incidents, notices, wrong := t.notices(open, err)
		failed = wrong
		if failed == nil && len(incidents) > 0 {
			failed = l.Tell(incidents, notices)
		}
	}
	if failed != nil {
		t.env.log.Warnf("notices are not written down: %v", failed)
		return
	}
	t.recorded = err
}

// notices decides what is told, knowing what is open.
func (t *teller) notices(open []export.Incident, err error) ([]export.Incident, []export.Notice, error) {
	code := exitCode(err)
	if err == nil {
		code = export.ExitOK
	}
	run, verdict, counts := "", failures[code], map[string]int{}
	if t.rep != nil {
		run, verdict = t.rep.Run, t.rep.Verdict
		counts["input"] = t.rep.Counts.Input
		for o, n := range t.rep.Counts.By {
			counts[string(o)] = n
		}
		if err == nil {
			code = t.rep.Exit
		}
	}
	if t.folder != nil {
		verdict, code = "drop folder", export.ExitOK
		if len(t.folder.Facts) > 0 {
			code = export.ExitFault
		}
	}
	now := t.env.now().In(t.cfg.Feed.TimeZone)
	found := notify.Read(notify.Start{Command: t.command, ByHand: t.byHand, Report: t.rep, Err: err, Exit: code, Causes: causes(), Owner: owners(t.cfg), Columns: columnNames(t.cfg), Unknown: t.unknown, Folder: t.folder})
	incidents, items := notify.Decide(open, found, run, now)
	m := notify.Message{
		Instance: hostOf(t.cfg.Instance), Host: hostname(), Command: t.command, At: now, Run: run, Verdict: verdict, Exit: code, Counts: counts,
	}
	notices, wrong := notify.Write(m, items, t.targets)
	return incidents, notices, wrong
}

// end tells what a start came to, after it was printed, with the code that it ends with. A start that found another one
// at work says nothing: that one will.
func (t *teller) end(ctx context.Context, code int, err error) {
	if code == export.ExitLocked {
		return
	}
	var ending export.Group
	ending.Go(func() { t.pingEnd(ctx, code) })
	unsent, open := 0, []export.Incident(nil)
	if len(t.targets) > 0 && ctx.Err() == nil {
		unsent, open = t.send(ctx, err)
	}
	ending.Wait()
	t.figures(code, unsent, open)
}

// pingEnd also goes out where the start was interrupted: somebody waits for its success.
func (t *teller) pingEnd(ctx context.Context, code int) {
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
		line += ": " + t.rep.Verdict
	}
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
	}
	t.ping(ctx, signal, line)
}

// awaitPing waits for the first ping, and ends it after a time.
func (t *teller) awaitPing(most time.Duration) {
	pinged := export.Async(func() error { t.pinging.Wait(); return nil })
	select {
	case <-pinged:
	case <-time.After(most):
	}
	t.stop()
	t.pinging.Wait()
}

// send empties the outbox, under the run lock, so that no two starts send the same notice. Where the ledger cannot be
// had the notices of this start are sent at once: that is just what somebody has to know.
func (t *teller) send(ctx context.Context, err error) (unsent int, open []export.Incident) {
	l, unlock, failed := t.open()
	if errors.As(failed, new(*export.LockedError)) {
		t.env.log.Info("notices are left to the run that has just begun")
		return 0, nil
	}
	if failed != nil {
		t.sendWithout(ctx, err)
		return 0, nil
	}
	defer func() {
		if err := errors.Join(unlock(), l.Close()); err != nil {
			t.env.log.Warnf("close the ledger: %v", err)
		}
	}()
	if !errors.Is(err, t.recorded) && (err != nil || t.folder != nil) {
		t.record(l, t.rep, err)
	}
	attempts, failed := notify.Empty(ctx, l, t.targets, sendingTime)
	t.say(attempts)
	for _, a := range attempts {
		unsent += a.Left
	}
	open, wrong := l.Incidents()
	if failed = errors.Join(failed, wrong); failed != nil {
		t.env.log.Warnf("notices: %v", failed)
	}
	return unsent, open
}

func (t *teller) open() (*ledger.Ledger, func() error, error) {
	l, err := ledger.Open(ledger.Options{Dir: t.cfg.Ledger, Now: t.env.now})
	if err != nil {
		return nil, nil, err
	}
	unlock, err := l.Lock(holder("sends notices", t.env.now()))
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	return l, unlock, nil
}

func (t *teller) say(attempts []notify.Attempt) {
	for _, a := range attempts {
		if a.Sent > 0 {
			t.env.log.WithField("notices", a.Sent).Infof("told: %s", a.To)
		}
		if a.Err != nil {
			t.env.log.WithField("notices", a.Left).Warnf("not told: %s: %v; kept for the next start", a.To, a.Err)
		}
	}
}

// sendWithout sends what this start has to say without a ledger: nothing remembers it.
func (t *teller) sendWithout(ctx context.Context, err error) {
	if err == nil && t.folder == nil {
		return
	}
	t.recorded = err
	_, notices, wrong := t.notices(nil, err)
	box := &handful{notices: notices}
	attempts, failed := notify.Empty(ctx, box, t.targets, sendingTime)
	t.say(attempts)
	if failed = errors.Join(wrong, failed); failed != nil {
		t.env.log.Warnf("notices: %v", failed)
	}
}

// handful is an outbox that lasts as long as the program.
type handful struct{ notices []export.Notice }

func (h *handful) Due() ([]export.Notice, error)  { return h.notices, nil }
func (*handful) Sent(int64) error                 { return nil }
func (*handful) NotSent(int64, string) error      { return nil }
func (*handful) GiveUpNotice(int64, string) error { return nil }

func (t *teller) figures(code, unsent int, open []export.Incident) {
	if t.cfg.Metrics.Textfile == "" || !t.nightly() {
		return
	}
	m := notify.Metrics{
		Command: t.command, Started: t.started, Ended: t.env.now(), Exit: code, Report: t.rep, Steps: t.steps,
		Notices: unsent, Incidents: map[export.NoticeKind]int{},
	}
	for _, i := range open {
		m.Incidents[i.Kind]++
	}
	if err := notify.WriteMetrics(t.cfg.Metrics.Textfile, m); err != nil {
		t.env.log.Warn(err)
	}
}

// maxNoticeText bounds one template of an administrator.
const maxNoticeText = 1 << 20

// noticeTexts compiles the texts of notices, the administrator's over the built-in ones.
func noticeTexts(cfg *config.Config) (*notify.Texts, error) {
	if cfg.Notify.Templates == "" {
		return notify.NewTexts(nil)
	}
	return notify.NewTexts(regular.Folder(cfg.Notify.Templates, maxNoticeText))
}

// noticeFaults are those of the administrator's templates, told with the line that names their folder.
func noticeFaults(cfg *config.Config) []config.Fault {
	if cfg == nil || cfg.Notify.Templates == "" {
		return nil
	}
	var faults []config.Fault
	_, err := noticeTexts(cfg)
	for _, err := range unjoin(err) {
		faults = append(faults, cfg.Fault(cfg.Notify.TemplatesAt, err.Error(), "docs/notices.md lists what a template may use"))
	}
	return faults
}

// targets makes the senders. A target's name in the outbox tells a secret address by its hash.
func targets(cfg *config.Config, texts *notify.Texts) []notify.Target {
	var out []notify.Target
	for _, c := range cfg.Notify.Targets {
		t := notify.Target{On: c.On, Owner: c.Owner}
		if m := c.Mail; m != nil {
			t.To = &notify.Mail{Server: m.Server, TLS: m.TLS, CA: m.CA, User: m.User, Password: m.Password, From: m.From, To: m.To, Texts: texts}
			t.Name = fmt.Sprintf("%s to %s", t.To, strings.Join(m.To, ", "))
		}
		if w := c.Webhook; w != nil {
			t.To = &notify.Webhook{URL: w.URL, Format: w.Format, Key: w.Secret, Texts: texts}
			t.Name = fmt.Sprintf("%s, %x", t.To, sha256.Sum256([]byte(w.URL.Reveal())))
		}
		for n := 2; slices.ContainsFunc(out, func(o notify.Target) bool { return o.Name == t.Name }); n++ {
			t.Name = fmt.Sprintf("%s #%d", strings.TrimSuffix(t.Name, fmt.Sprintf(" #%d", n-1)), n)
		}
		out = append(out, t)
	}
	return out
}

// owners finds whom a rule of protect names for a row that it held back.
func owners(cfg *config.Config) func(string) string {
	return func(reason string) string {
		for _, p := range cfg.Protect {
			if p.Owner != "" && strings.Contains(reason, p.Why()) {
				return p.Owner
			}
		}
		return ""
	}
}

// columnNames are the words of a row's reason that may be told.
func columnNames(cfg *config.Config) []string {
	var names []string
	for _, c := range cfg.Mapping.Columns {
		if known, ok := layout.Lookup(c.Name); ok {
			names = append(names, known.Name)
		}
		names = append(names, c.Name)
	}
	return names
}

func hostOf(instance string) string {
	_, host, _ := strings.Cut(instance, "://")
	return host
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}
