package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// undoWorld is a world whose run is taken back. Somebody has changed the first name of some users between the two.
type undoWorld struct {
	diffWorld
	touched []bool // by the index of users
}

func drawUndoWorld(t *rapid.T) undoWorld {
	w := undoWorld{diffWorld: drawWorld(t)}
	for range w.users {
		w.touched = append(w.touched, rapid.IntRange(0, 3).Draw(t, "touched") == 0)
	}
	return w
}

// shownUndo is what undo --json prints, as much of it as the law needs.
type shownUndo struct {
	Counts map[string]int
	Rows   []struct{ Key, Outcome string }
	Undo   struct {
		Cells []struct{ Key, Column, Reason string }
	}
}

// reason returns why a cell was said to stay; "" if it was not.
func (u *shownUndo) reason(key, column string) string {
	for _, c := range u.Undo.Cells {
		if c.Key == key && (c.Column == column || c.Column == "" && c.Reason != "created") {
			return c.Reason
		}
	}
	return ""
}

// TestUndoBringsBack draws what Coupa has and what HR says, runs, and takes the run back: each cell that the run has changed is as
// before, or the undo has said why not, and nothing else has changed.
func TestUndoBringsBack(t *testing.T) {
	t.Parallel()
	eachWorld(t, drawUndoWorld, (*undoWorld).undo)
}

// undo plays a world in a new folder; see staged.
func (w *undoWorld) undo(dir string) string {
	if said := w.staged(dir, w.takeBack); said != "" {
		return fmt.Sprintf("touched: %v\n%s", w.touched, said)
	}
	return ""
}

func (w *undoWorld) takeBack(s *diffStage) error {
	before := snapshot(s.twin)
	var plan shownPlan
	var run printed
	if _, err := s.start(&plan, "plan"); err != nil {
		return err
	}
	if _, err := s.start(&run, "run"); err != nil {
		return err
	}
	if run.Counts["applied"] == 0 { // there is nothing to undo
		return nil
	}
	return w.back(s, before, plan.keyOf)
}

// back takes the last run back, once somebody has changed something. keyOf returns what the run calls a user.
func (w *undoWorld) back(s *diffStage, before map[string]seenUser, keyOf func(id, login string) string) error {
	ran := snapshot(s.twin)
	if err := w.touch(s); err != nil {
		return err
	}
	touched := snapshot(s.twin)
	var undo shownUndo
	if _, err := s.start(&undo, "undo", "latest"); err != nil {
		return err
	}
	if n := undo.Counts["rejected"] + undo.Counts["drifted"] + undo.Counts["pending"]; n > 0 {
		return fmt.Errorf("%d records of the undo did not arrive: %v", n, undo.Counts)
	}
	now := snapshot(s.twin)
	for id, is := range now {
		was, old := before[id]
		l := undoLaw{undo: &undo, id: id, key: keyOf(id, ran[id].looks["Login"]), touched: touched[id].looks, ran: ran[id].looks, was: was.looks, byAPI: w.byAPI(), match: w.match()}
		if !old {
			l.was = map[string]string{}
			for column, text := range l.ran {
				l.was[column] = text
			}
			l.was["Status"] = "inactive" // it can only be deactivated
		}
		if err := l.holds(is.looks); err != nil || is.rest != ran[id].rest {
			return fmt.Errorf("user %s (%s): %w, rest %t", id, l.key, err, is.rest == ran[id].rest)
		}
	}
	return nil
}

// byAPI and match are what the law needs of the config.
func (w *undoWorld) byAPI() bool { return slices.Contains(w.config, [2]string{"route", "api"}) }

func (w *undoWorld) match() string {
	for _, kv := range w.config {
		if kv[0] == "layout.match" {
			return kv[1]
		}
	}
	return ""
}

// keyOf returns HR's key of a user whom a plan has named; "" for one who is in none.
func (p *shownPlan) keyOf(id, login string) string {
	for _, one := range p.People {
		is := func(c export.CellChange) bool { return c.Column == "Login" && shownText("Login", c.New) == login }
		if one.Change.CoupaID == id || one.Change.CoupaID == "" && slices.ContainsFunc(one.Change.Cells, is) {
			return one.Key
		}
	}
	return ""
}

// undoLaw is what becomes of the cells of one user.
type undoLaw struct {
	undo              *shownUndo
	id, key           string // Coupa's number, by which an undo calls whom a file by hand has named, and HR's key
	was, ran, touched looks  // before, after the run, and after somebody has changed something
	byAPI             bool
	match             string
}

// holds returns an error if a cell is not what it has to be.
func (l *undoLaw) holds(is looks) error {
	quarantined := slices.ContainsFunc(l.undo.Rows, func(r struct{ Key, Outcome string }) bool { return r.Key == l.key || r.Key == "Coupa id "+l.id })
	for column := range diffColumns {
		want, reason := l.touched[column], l.undo.reason(l.key, column)
		changed := l.was[column] != l.ran[column]
		if changed && reason == "" && !quarantined {
			want = l.was[column]
		}
		if is[column] != want {
			return fmt.Errorf("%s is %q, want %q: before %q, after the run %q, then %q, and said was %q", column, is[column], want, l.was[column], l.ran[column], l.touched[column], reason)
		}
		if changed && !quarantined && !l.may(column, reason) {
			return fmt.Errorf("%s is %q: before %q, after the run %q, then %q, and %q is no reason", column, is[column], l.was[column], l.ran[column], l.touched[column], reason)
		}
	}
	return nil
}

// may reports whether a cell that the run has changed may stay for a reason, or go back for none.
func (l *undoLaw) may(column, reason string) bool {
	switch reason {
	case "":
		return l.touched[column] == l.ran[column] || l.touched[column] == l.was[column]
	case "changed_since":
		return l.touched[column] != l.ran[column]
	case "as_before":
		return l.touched[column] == l.was[column]
	case "empty":
		return !l.byAPI && l.was[column] == ""
	case "identity":
		return l.match == "["+fieldOf(column)+"]"
	}
	return false
}

// touch gives some users another first name, as somebody in Coupa would.
func (w *undoWorld) touch(s *diffStage) error {
	client, err := coupa.NewClient(coupa.Config{
		URL: s.twin.URL(), ClientID: "twin", ClientSecret: export.NewSecret(plantedSecret), Scopes: []string{"core.user.write"}, TokenSettle: -1,
	}, nil)
	if err != nil {
		return err
	}
	e, _ := coupa.Element("First Name")
	for i, is := range w.touched {
		if is {
			_, wrong := client.Users().Update(context.Background(), strconv.Itoa(i+3), []export.ElementCell{{Element: e, Cell: export.Cell{Text: "Zed", State: export.Set}}})
			err = errors.Join(err, wrong)
		}
	}
	return err
}
