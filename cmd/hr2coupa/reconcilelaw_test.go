package main

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

// reconcileWorld is a world that is run, and compared afterwards.
type reconcileWorld struct{ diffWorld }

// shownRows is what run --json prints, as much of it as the law needs.
type shownRows struct {
	printed
	Rows []struct{ Key, Outcome string }
}

// shownBoth is what reconcile --json prints, as much of it as the law needs.
type shownBoth struct {
	Agree  bool
	HR     reconcile.Side
	People []reconcile.Finding
	Rows   []struct{ Key string }
}

// TestReconcileAfterRun draws what Coupa has and what HR says, and runs: then both sides are equal but for people whose records did
// not reach Coupa, each of whom the run has named, and a second run of the same feed sends nothing.
func TestReconcileAfterRun(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *rapid.T) reconcileWorld { return reconcileWorld{drawWorld(t)} }, (*reconcileWorld).compare)
}

// compare plays a world in a new folder; see staged.
func (w *reconcileWorld) compare(dir string) string { return w.staged(dir, w.law) }

func (w *reconcileWorld) law(s *diffStage) error {
	var run, second shownRows
	if _, err := s.start(&run, "run"); err != nil {
		return err
	}
	named := map[string]bool{}
	for _, r := range run.Rows {
		named[r.Key] = true
	}
	var both shownBoth
	code, err := s.start(&both, "reconcile")
	if err != nil {
		return err
	}
	if len(w.feed) > 0 && both.HR.Compared > 0 && both.Agree != (code == export.ExitOK) {
		return fmt.Errorf("agree is %v, and the exit code %d", both.Agree, code)
	}
	for _, f := range both.People {
		if f.Key != "" && !f.Class.Agrees() && f.Class != reconcile.LeftOut && !named[f.Key] && !keptBack(f.Cells) {
			return fmt.Errorf("%s is %s, %s, and the run has named no record of theirs: %+v", f.Key, f.Class, f.Doubt, f.Cells)
		}
		for _, c := range f.Cells { // of a value that Coupa took and showed, only HR could have changed it
			if c.Cause == reconcile.CoupaChanged {
				return fmt.Errorf("%s: %s was changed in Coupa, and no one did", f.Key, c.Column)
			}
		}
	}
	before := len(s.twin.Loads())
	if _, err := s.start(&second, "run", "--replan"); err != nil {
		return err
	}
	if open := run.Counts["rejected"] + run.Counts["drifted"] + run.Counts["pending"] + run.Counts["held"]; open == 0 && (second.Counts["applied"] > 0 || len(s.twin.Loads()) > before) {
		return fmt.Errorf("the second run has sent something: %v", second.Counts)
	}
	return nil
}

// keptBack reports whether cells are the roles of somebody who is inactive, and are never given: such a row goes without them, and
// says nothing of it.
func keptBack(cells []reconcile.Cell) bool {
	return len(cells) == 1 && cells[0].Column == "User Role Names" && strings.Contains(cells[0].New, "Site Admin")
}
