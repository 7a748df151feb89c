package main

import (
	"fmt"
	"slices"
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
// not reach Coupa, each of whom the run has named, and a second run of the same feed sends
// nothing but rows that were quarantined because of a value which the first run has freed.
func TestReconcileAfterRun(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *rapid.T) reconcileWorld {
		w := drawWorld(t)
		w.config = append(w.config, [2]string{"limits.fill", "unlimited"}) // a night on which HR leaves much blank is not what the law is about
		return reconcileWorld{w}
	}, (*reconcileWorld).compare)
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
		if f.Key != "" && !f.Class.Agrees() && f.Class != reconcile.LeftOut && !named[f.Key] && !w.beside(f.Key, named) {
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
	freed := max(0, run.Counts["quarantined"]-second.Counts["quarantined"]) // rows whose value another user had before the first run
	if open := run.Counts["rejected"] + run.Counts["drifted"] + run.Counts["pending"] + run.Counts["held"]; open == 0 && (second.Counts["applied"] > freed || freed == 0 && len(s.twin.Loads()) > before) {
		return fmt.Errorf("the second run has sent something: %v", second.Counts)
	}
	return nil
}

// beside reports whether a person shares a login, an address or a number with one whom the run has named: whose the account is
// cannot be told then, and a run that has seen the other record leaves it alone.
func (w *reconcileWorld) beside(key string, named map[string]bool) bool {
	return slices.ContainsFunc(w.feed, func(one employee) bool {
		return one["person"] == key && slices.ContainsFunc(w.feed, func(other employee) bool {
			return named[other["person"]] && slices.ContainsFunc([]string{"Login", "Email", "Employee Number"}, func(column string) bool {
				return export.FoldText(one[column]) != "" && export.FoldText(one[column]) == export.FoldText(other[column])
			})
		})
	})
}
