package planning_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/export/planning/planningtest"
)

// TestHeldRun: beyond a limit only a held run is recorded; within it the same feed is sent.
func TestHeldRun(t *testing.T) {
	dir := t.TempDir()
	l := planningtest.OpenLedger(t, dir)
	tight := planningtest.Free
	tight.Deactivations = export.Limit{}
	run, broken := planningtest.Record(t, l, planningtest.Night(), tight)
	if len(broken) != 1 || !strings.Contains(broken[0].String(), "limits.deactivations") {
		t.Fatalf("broken: %q", broken)
	}
	planningtest.WantSums(t, l, run)
	// A start that died before it could record the limits does not know them: the rows show that the run is held.
	if rep, err := export.NewReport(l, run, export.Finding{Creates: planningtest.Free.Creates}, planningtest.Began); err != nil || rep.Exit != export.ExitHeld {
		t.Errorf("a held run found by the next start: %+v, %v", rep, err)
	}
	rep, err := export.NewReport(l, run, export.Finding{Creates: planningtest.Free.Creates}, planningtest.Began)
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
	if run, broken = planningtest.Record(t, l, planningtest.Night(), planningtest.Free); broken != nil {
		t.Errorf("broken: %q", broken)
	}
	if parts, err := l.Parts(run); err != nil || len(parts) != 4 {
		t.Errorf("%d parts, %v", len(parts), err)
	}
}

// TestPlanThatFails: a failed plan leaves nothing in the ledger: for an unusable feed, and without a way to ask for
// loads.
func TestPlanThatFails(t *testing.T) {
	errToken := &export.NotDeliveredError{What: export.NoToken, Msg: "refused"}
	for _, c := range []struct {
		name  string
		boss  string // the feed's name for the approver
		ready error
	}{{"a field is missing", "chief", nil}, {"nobody can be asked", "boss", errToken}} {
		l := planningtest.OpenLedger(t, t.TempDir())
		b := planningtest.Night()
		b.Feed["users.csv"] = strings.Replace(b.Feed["users.csv"], "boss", c.boss, 1)
		run, err := l.BeginRun(export.RunRecord{Command: "run", Started: planningtest.Began})
		if err != nil {
			t.Fatal(err)
		}
		p, err := b.Planner(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = planning.RecordPlan(t.Context(), p, planning.Recording{Ledger: l, Run: run, Whole: true, Judge: planningtest.Judge(planningtest.Free), Ready: func() error { return c.ready }})
		var unusable *export.UnusableFeedError
		if c.ready != nil && !errors.Is(err, c.ready) || c.ready == nil && !errors.As(err, &unusable) {
			t.Errorf("%s: got %v", c.name, err)
		}
		if parts, err := l.Parts(run.ID); err != nil || len(parts) > 0 {
			t.Errorf("%s: %d parts, %v", c.name, len(parts), err)
		}
		if _, ok, err := l.Seen("users.csv"); ok || err != nil {
			t.Errorf("%s: the feed counts as seen: %v, %v", c.name, ok, err)
		}
	}
}
