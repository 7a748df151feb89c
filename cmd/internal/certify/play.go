package certify

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rowstore"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/regular"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// caseResult is all that one case left and that its steps may look at.
type caseResult struct {
	accounts    accounts
	folder      string         // the folder that Coupa reads
	feed        string         // HR's file
	code        int            // exit code of the run
	said        string         // the run's error and its hints, "" for none
	rep         *export.Report // nil if there was nothing to report
	part        *export.Part   // nil if nothing was sent
	columns     []string       // of the part
	moves       []ledger.Move  // of the part
	log         []string
	calls       []call
	notices     []notify.Message
	ownReceiver bool // certify receives the notices itself
	targets     int  // how many targets the config notifies
	before      map[string]export.User
	after       map[string]export.User // by login; a user who does not exist is missing
	lookUpErr   error                  // why the users could not be looked up
}

// playScenario plays the cases of a scenario, one after the other, and checks the steps of each.
func (s *certification) playScenario(ctx context.Context, r *routeSheet, sc scenario) (*scenarioSheet, error) {
	out := &scenarioSheet{Number: sc.number, Title: sc.title, Steps: []stepSheet{}}
	for n, c := range sc.cases {
		if s.over != "" {
			out.Why = s.over
			for _, st := range c.steps {
				out.Steps = append(out.Steps, stepSheet{Asks: st.asks, stepResult: unseen(notPlayed)})
			}
			continue
		}
		name := fmt.Sprintf("%s.csv", sc.number)
		if n > 0 {
			name = fmt.Sprintf("%s-%d.csv", sc.number, n+1)
		}
		seen, err := s.play(ctx, c, name)
		if err != nil {
			return nil, err
		}
		for _, st := range c.steps {
			out.Steps = append(out.Steps, stepSheet{Asks: st.asks, stepResult: st.check(seen)})
		}
		r.codes = append(r.codes, seen.code)
		if seen.ended() {
			s.over = fmt.Sprintf("%s ended with %d", sc.number, seen.code)
		}
	}
	out.judge(len(sc.cases) > 0)
	return out, nil
}

// play hands HR's record to the main job and collects the result.
func (s *certification) play(ctx context.Context, c scenarioCase, name string) (*caseResult, error) {
	seen := &caseResult{accounts: c.accounts, feed: name, folder: s.pipe.Config.SFTP.Folder, ownReceiver: s.receiver != nil, targets: len(s.pipe.Config.Notify.Targets)}
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, hrFile(c.record), 0o600); err != nil {
		return nil, err
	}
	s.pipe.Config.Limits.Creates = export.Limit{}
	if c.creates {
		s.pipe.Config.Limits.Creates.Count = 1
	}
	seen.before, seen.lookUpErr = seen.accounts.lookUp(ctx, s.users)
	if seen.lookUpErr == nil {
		if err := s.run(ctx, path, seen); err != nil {
			return nil, err
		}
		seen.after, seen.lookUpErr = seen.accounts.lookUp(ctx, s.users)
	}
	seen.notices = s.receiver.take()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if seen.lookUpErr != nil && seen.rep == nil {
		seen.code, seen.said = export.ExitNotDelivered, seen.lookUpErr.Error() // Coupa cannot be asked
	}
	return seen, s.open(seen)
}

// run does what hr2coupa run does with one file, from the main job to the notices, and keeps its log and its calls.
func (s *certification) run(ctx context.Context, file string, seen *caseResult) error {
	log, logged, err := s.newRunLog()
	if err != nil {
		return err
	}
	w := &callRecorder{}
	player := &wiring.Env{
		Getenv: s.env.Getenv, Stdin: strings.NewReader(""), Stdout: terminal.New(io.Discard), Stderr: terminal.New(io.Discard), Now: s.env.Now, Log: log, HTTP: w.client(), Apart: true,
	}
	played, err := job.StartRun(ctx, player, s.pipe, job.RunOptions{Files: []string{file}})
	seen.code = show.Finish(player, show.ConcludeReport(ctx, player, played, err))
	seen.said = strings.Join(append(export.PlainLines(err), export.HintsOf(err)...), "; ")
	seen.rep, seen.log, seen.calls = played.Rep, logged.lines(), w.seen()
	return logged.file.Close()
}

// open reads what the ledger has of the part that was sent.
func (s *certification) open(seen *caseResult) error {
	if seen.rep == nil || len(seen.rep.Parts) == 0 {
		return nil
	}
	seen.part = &seen.rep.Parts[0]
	l, err := wiring.OpenLedger(s.env, s.pipe.Config.Ledger)
	if err != nil {
		return err
	}
	defer l.Close() // only read from
	if seen.moves, err = l.Moves(seen.part.ID); err != nil {
		return err
	}
	data, err := l.Bytes(*seen.part)
	if err != nil {
		return err
	}
	return rowstore.PartLines(*seen.part, data, func(line layout.Line) bool { seen.columns = line.Cells; return false })
}

// ended reports whether no further case can be played after this one.
func (s *caseResult) ended() bool {
	return s.code != export.ExitOK && s.code != export.ExitPartial && s.code != export.ExitFailed
}

// why says in a few words how a run ended.
func (s *caseResult) why() string {
	why := s.said
	if s.rep != nil {
		why = cmp.Or(why, s.rep.Why, s.rep.Verdict.String())
		for _, p := range s.rep.Parts {
			if p.Notes != nil {
				why += "; " + p.Notes.Text()
			}
		}
	}
	return why
}

// looked are the columns that certify reads of a user.
var looked = []string{
	"Login", "Email", "First Name", "Last Name", "Status", "Purchasing User", "Expense User", "Sourcing User", "Inventory User",
	"Default Currency", "User Role Names",
}

// lookUp returns the users that Coupa has of these accounts, by login.
func (a accounts) lookUp(ctx context.Context, users export.Directory) (map[string]export.User, error) {
	var want []export.Element
	for _, column := range looked {
		e, ok := coupa.Element(column)
		if !ok {
			return nil, export.Ours(fmt.Errorf("coupa shows no %s of a user", column))
		}
		want = append(want, e)
	}
	logins := []string{a.login, a.absent}
	found, err := users.Find(ctx, want[0], logins, want)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", strings.Join(logins, " and "), err)
	}
	out := map[string]export.User{}
	for _, login := range logins {
		u, err := export.One(found, want[0], login)
		if none, ok := errors.AsType[*export.NotOneError](err); ok && len(none.IDs) == 0 {
			continue
		}
		if err != nil {
			return nil, err
		}
		out[login] = u
	}
	return out, nil
}

// runLog keeps what a run logs: in a file of its folder, in memory for the steps, and in certify's own log.
type runLog struct {
	file *os.File
	to   *logrus.Logger

	mu     sync.Mutex
	buffer []string
}

func (s *certification) newRunLog() (*logrus.Logger, *runLog, error) {
	f, err := regular.OpenFile(filepath.Join(s.dir, "run.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	d := &runLog{file: f, to: s.env.Log}
	log := terminal.NewLog(f)
	log.SetLevel(max(logrus.InfoLevel, s.env.Log.GetLevel()))
	log.AddHook(d)
	return log, d, nil
}

// Levels returns all levels.
func (*runLog) Levels() []logrus.Level { return logrus.AllLevels }

// Fire keeps one line and passes it on to certify's own log.
func (d *runLog) Fire(e *logrus.Entry) error {
	line := e.Level.String() + ": " + e.Message
	for _, k := range slices.Sorted(maps.Keys(e.Data)) {
		line += fmt.Sprintf(" %s=%v", k, e.Data[k])
	}
	d.mu.Lock()
	d.buffer = append(d.buffer, line)
	d.mu.Unlock()
	d.to.WithTime(e.Time).WithFields(e.Data).Log(e.Level, e.Message)
	return nil
}

func (d *runLog) lines() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.buffer)
}

// call is one request of a run to Coupa's API, with the status of the answer; 0 if none came.
type call struct {
	method, path, filter string
	status               int
}

// String returns the request on one line, such as "GET /api/users?login=X: 200".
func (c call) String() string {
	at := c.path
	if c.filter != "" {
		at += "?" + c.filter
	}
	return fmt.Sprintf("%s %s: %d", c.method, at, c.status)
}

// callRecorder stands between a run's client and the network and records each request.
type callRecorder struct {
	wire http.RoundTripper

	mu    sync.Mutex
	calls []call
}

func (w *callRecorder) client() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	t.MaxResponseHeaderBytes = 256 << 10
	w.wire = t
	return &http.Client{Transport: w}
}

// RoundTrip passes a request on and records it, without the parameters that only shape the answer.
func (w *callRecorder) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.wire.RoundTrip(r)
	q := r.URL.Query()
	for _, k := range []string{"fields", "limit", "offset", "order_by", "dir"} {
		q.Del(k)
	}
	c := call{method: r.Method, path: r.URL.Path, filter: q.Encode()}
	if err == nil {
		c.status = resp.StatusCode
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, c)
	return resp, err
}

func (w *callRecorder) seen() []call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}
