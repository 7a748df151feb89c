package planningtest

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// Free are limits that hold nothing back.
var Free = export.Limits{Creates: export.Limit{Unlimited: true}, Updates: export.Limit{Unlimited: true}, Deactivations: export.Limit{Unlimited: true}}

// OpenLedger opens the ledger of a folder as a start of the program does.
func OpenLedger(t *testing.T, dir string) ledger.Ledger {
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

// Judge compares plans with limits, for a ledger without known people.
func Judge(limits export.Limits) func(*export.Plan) []export.Breach {
	return func(p *export.Plan) []export.Breach { return limits.Broken(p, export.Seen{}) }
}

// Record plans b into l and returns the run.
func Record(t *testing.T, l ledger.Ledger, b *Batch, limits export.Limits) (run string, broken []export.Breach) {
	t.Helper()
	begun, err := l.BeginRun(export.RunRecord{Command: "run", Started: Began})
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.Planner(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ready := func() error {
		if !limits.Deactivations.Unlimited {
			t.Error("a held run sends nothing, and somebody was asked whether it can be followed")
		}
		return nil
	}
	_, broken, err = planning.RecordPlan(t.Context(), p, planning.Recording{Ledger: l, Run: begun, Whole: true, Judge: Judge(limits), Ready: ready})
	if err != nil {
		t.Fatal(err)
	}
	return begun.ID, broken
}

// WantSums holds what the ledger counts of Night against what came in.
func WantSums(t *testing.T, l ledger.Ledger, run string) {
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
