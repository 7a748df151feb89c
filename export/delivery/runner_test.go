package delivery_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/planning/planningtest"
)

// folder is the far end: temporaries, the drop folder, and how often each name came into it. point is called before and
// after every operation; a call that finds its context cancelled then loses its answer.
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

// loads is the source for a folder: each load is done at the second question.
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

// TestInterruptedInALedger plans into a real ledger, cancels the run before or after an operation of the far end, and
// goes on from the ledger's files. Every part arrives once, in the order of the waves, and the sums always equal those
// of the feed.
func TestInterruptedInALedger(t *testing.T) {
	points := 0
	for stop := 1; !t.Failed(); stop += 3 { // every third point: TestInterruptedAnywhere tries them all, on a ledger in memory
		dir := t.TempDir()
		l := planningtest.OpenLedger(t, dir)
		run, _ := planningtest.Record(t, l, planningtest.Night(), planningtest.Free)
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
		planningtest.WantSums(t, l, run)

		again := planningtest.OpenLedger(t, dir)
		if err := goOn(t.Context(), t, again, src); err != nil {
			t.Fatal(err)
		}
		rep, err := export.NewReport(again, run, export.Finding{Creates: planningtest.Free.Creates}, planningtest.Began)
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
