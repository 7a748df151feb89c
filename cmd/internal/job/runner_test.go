package job

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// night is a feed of everything: two waves and a leaver, a person with two records, a row held back.
func night() *batch {
	return &batch{
		mapping: people5 + "Approver Login = boss\nStatus = status\n", creates: true, maxRows: 2,
		feed: map[string]string{"users.csv": `id,login,mail,first,last,boss,status
E1,ann,ann@example.com,Ann,Archer,bob,active
E2,bob,bob@example.com,Bob,Baker,,active
E3,cyd,cyd@example.com,Cyd,Cooper,,active
E3,cyd,cyd@example.com,Cyd,Carter,,active
E4,dan,dan@example.com,Dan,Draper,,active
E5,eve,eve@example.com,Eve,Eden,,inactive
E6,fay,no address,Fay,Fox,,active
`},
	}
}

// openLedger opens the ledger of a folder as a start of the program does.
func openLedger(t *testing.T, dir string) ledger.Ledger {
	t.Helper()
	l, err := sqlite.Open(sqlite.Options{Dir: filepath.Join(dir, "ledger"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// record plans b into l and gives the run.
func record(t *testing.T, l ledger.Ledger, b *batch, limits export.Limits) (run string, broken []export.Breach) {
	t.Helper()
	run, err := l.BeginRun(export.RunRecord{Command: "run", State: export.RunWorking, Started: planned0})
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.planner(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ready := func() error {
		if !limits.Deactivations.Unlimited {
			t.Error("a held run sends nothing, and somebody was asked whether it can be followed")
		}
		return nil
	}
	_, broken, err = planning.RecordPlan(t.Context(), p, l, run, true, judge(limits), ready)
	if err != nil {
		t.Fatal(err)
	}
	return run, broken
}

var (
	free      = export.Limits{Creates: export.Limit{Unlimited: true}, Updates: export.Limit{Unlimited: true}, Deactivations: export.Limit{Unlimited: true}}
	errSignal = errors.New("interrupted by a signal")
)

func judge(limits export.Limits) func(*export.Plan) []export.Breach {
	return func(p *export.Plan) []export.Breach { return limits.Broken(p, export.Seen{}) }
}

// folder is the far end: temporaries, the drop folder, and how often each name came into it. point is called before and
// after every deed; a call that finds its context cancelled then loses its answer.
type folder struct {
	temps   map[string]bool
	arrived map[string]int
	point   func()
}

func (f *folder) met(ctx context.Context) error {
	f.point()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

func (f *folder) do(ctx context.Context, deed func() error) error {
	if err := f.met(ctx); err != nil {
		return err
	}
	if err := deed(); err != nil {
		return err
	}
	return f.met(ctx)
}

func (f *folder) dial(ctx context.Context) (export.Session, error) { return f, f.met(ctx) }
func (f *folder) Temp(name string) string                          { return "/staging/" + name }
func (f *folder) Close() error                                     { return nil }

func (f *folder) Stage(ctx context.Context, name string, _ []byte) error {
	return f.do(ctx, func() error { f.temps[name] = true; return nil })
}

func (f *folder) Commit(ctx context.Context, name, _ string) error {
	return f.do(ctx, func() error {
		if !f.temps[name] {
			return export.ErrGone
		}
		delete(f.temps, name)
		f.arrived[name]++
		return nil
	})
}

func (f *folder) Write(context.Context, string, []byte) error { panic("nothing is written directly") }

func (f *folder) Look(context.Context, string) (export.Sighting, error) { panic("nobody looks") }

// loads is the way of asking beside a folder: each load is done at the second question.
type loads struct {
	*folder
	asked map[string]int
}

func (l *loads) Via() string                 { return "api" }
func (l *loads) Check(context.Context) error { return nil }

func (l *loads) Ask(ctx context.Context, q export.LoadQuery) (*export.Load, error) {
	if err := l.met(ctx); err != nil {
		return nil, err
	}
	got := &export.Load{ID: "7", Via: "api", Status: "Loading", FileSize: -1, Processed: -1, Created: -1, Updated: -1}
	if l.asked[q.Name]++; l.asked[q.Name] > 1 {
		got.Status, got.Created, got.Updated = "Done", 1, 1
	}
	return got, nil
}

// goOn drives everything that is not final in the ledger, as a start of the program does.
func goOn(ctx context.Context, t *testing.T, l ledger.Ledger, src *loads) error {
	t.Helper()
	log := logrus.New()
	log.Out = io.Discard
	r := &delivery.Runner{
		Ledger: l, Dial: src.dial, Loads: []export.LoadSource{src}, Poll: time.Microsecond, Pickup: time.Minute, Wait: time.Minute,
		Now: time.Now, Log: log,
	}
	parts, err := l.Unfinished()
	if err != nil {
		t.Fatal(err)
	}
	return r.Drive(ctx, parts)
}

// TestInterruptedAnywhere plans into a real ledger, cancels the run before or after a deed of the far end, and goes on from
// the ledger's files. Every part arrives once, in the order of the waves, and the sums are those of the
// feed at every moment.
func TestInterruptedAnywhere(t *testing.T) {
	points := 0
	for stop := 1; !t.Failed(); stop += 3 { // every third: export tries them all, on a ledger in memory
		dir := t.TempDir()
		l := openLedger(t, dir)
		run, _ := record(t, l, night(), free)
		ctx, cancel := context.WithCancelCause(t.Context())
		n := 0
		far := &folder{temps: map[string]bool{}, arrived: map[string]int{}, point: func() {
			if n++; n == stop {
				cancel(errSignal)
			}
		}}
		src := &loads{far, map[string]int{}}
		err := goOn(ctx, t, l, src)
		interrupted := ctx.Err() != nil
		if interrupted && !errors.Is(err, errSignal) {
			t.Errorf("point %d: got %v, want the cause", stop, err)
		}
		cancel(nil)
		wantSums(t, l, run)

		again := openLedger(t, dir)
		if err := goOn(t.Context(), t, again, src); err != nil {
			t.Fatal(err)
		}
		rep, err := export.NewReport(again, run, export.Finding{Creates: free.Creates}, planned0)
		if err != nil {
			t.Fatal(err)
		}
		want := map[export.Outcome]int{export.Applied: 6, export.Quarantined: 1}
		if d := cmp.Diff(want, rep.Counts.By); d != "" || rep.Exit != export.ExitPartial {
			t.Errorf("point %d: exit %d, %s", stop, rep.Exit, d)
		}
		if len(rep.Parts) != 4 || len(far.arrived) != 4 {
			t.Errorf("point %d: %d parts, %d files", stop, len(rep.Parts), len(far.arrived))
		}
		for i, p := range rep.Parts {
			if p.State != export.Settled || far.arrived[p.Name] != 1 {
				t.Errorf("point %d: %s is %s and was sent %d times", stop, p.Name, p.State, far.arrived[p.Name])
			}
			if i > 0 && p.Wave > rep.Parts[i-1].Wave && p.Sent.Before(rep.Parts[i-1].Sent) {
				t.Errorf("point %d: wave %d was sent before wave %d", stop, p.Wave, rep.Parts[i-1].Wave)
			}
		}
		if !interrupted {
			break
		}
		points++
	}
	if points < 8 {
		t.Errorf("only %d points were met", points)
	}
}

// wantSums holds what the ledger counts against what came in.
func wantSums(t *testing.T, l ledger.Ledger, run string) {
	t.Helper()
	rec, ok, err := l.Run(run)
	if err != nil || !ok {
		t.Fatalf("run %s: %v, %v", run, ok, err)
	}
	by, err := l.Counts(run)
	if err != nil {
		t.Fatal(err)
	}
	if sum := (export.Counts{By: by}).Sum(); sum != rec.Input || sum != 7 {
		t.Errorf("%d records in, %d accounted for: %v", rec.Input, sum, by)
	}
}

// TestHeldRun: beyond a limit nothing is made but the record of a held run; within it the same feed goes.
func TestHeldRun(t *testing.T) {
	dir := t.TempDir()
	l := openLedger(t, dir)
	tight := free
	tight.Deactivations = export.Limit{}
	run, broken := record(t, l, night(), tight)
	if len(broken) != 1 || !strings.Contains(broken[0].String(), "limits.deactivations") {
		t.Fatalf("broken: %q", broken)
	}
	wantSums(t, l, run)
	// a start that died before it could say so knows nothing of the limits: the rows tell
	if rep, err := export.NewReport(l, run, export.Finding{Creates: free.Creates}, planned0); err != nil || rep.Exit != export.ExitHeld {
		t.Errorf("a held run found by the next start: %+v, %v", rep, err)
	}
	rep, err := export.NewReport(l, run, export.Finding{Creates: free.Creates}, planned0)
	if err != nil {
		t.Fatal(err)
	}
	want := map[export.Outcome]int{export.Held: 6, export.Quarantined: 1}
	if d := cmp.Diff(want, rep.Counts.By); d != "" || rep.Exit != export.ExitHeld || rep.Verdict.String() != "held" || len(rep.Parts) != 0 {
		t.Errorf("exit %d, verdict %s, %d parts, %s", rep.Exit, rep.Verdict, len(rep.Parts), d)
	}
	if rec, _, err := l.Run(run); err != nil || rec.State != export.RunHeld {
		t.Errorf("the run is %s, %v", rec.State, err)
	}
	if left, err := l.Unfinished(); err != nil || len(left) > 0 {
		t.Errorf("%d parts are left to send, %v", len(left), err)
	}
	if spooled, err := filepath.Glob(filepath.Join(dir, "ledger", "spool", "[0-9]*.csv")); err != nil || len(spooled) > 0 {
		t.Errorf("the spool holds %q, %v", spooled, err)
	}
	if run, broken = record(t, l, night(), free); broken != nil {
		t.Errorf("broken: %q", broken)
	}
	if parts, err := l.Parts(run); err != nil || len(parts) != 4 {
		t.Errorf("%d parts, %v", len(parts), err)
	}
}

// TestPlanThatFails leaves nothing behind in the ledger: a feed that cannot be used, nobody to ask what becomes of it.
func TestPlanThatFails(t *testing.T) {
	errToken := &export.NotDeliveredError{What: export.NoToken, Msg: "refused"}
	for _, c := range []struct {
		name  string
		boss  string // what the feed calls the approver
		ready error
	}{{"a field is missing", "chief", nil}, {"nobody can be asked", "boss", errToken}} {
		l := openLedger(t, t.TempDir())
		b := night()
		b.feed["users.csv"] = strings.Replace(b.feed["users.csv"], "boss", c.boss, 1)
		run, err := l.BeginRun(export.RunRecord{Command: "run", State: export.RunWorking, Started: planned0})
		if err != nil {
			t.Fatal(err)
		}
		p, err := b.planner(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = planning.RecordPlan(t.Context(), p, l, run, true, judge(free), func() error { return c.ready })
		var unusable *export.UnusableFeedError
		if c.ready != nil && !errors.Is(err, c.ready) || c.ready == nil && !errors.As(err, &unusable) {
			t.Errorf("%s: got %v", c.name, err)
		}
		if parts, err := l.Parts(run); err != nil || len(parts) > 0 {
			t.Errorf("%s: %d parts, %v", c.name, len(parts), err)
		}
		if _, ok, err := l.Seen("users.csv"); ok || err != nil {
			t.Errorf("%s: the feed counts as seen: %v, %v", c.name, ok, err)
		}
	}
}
