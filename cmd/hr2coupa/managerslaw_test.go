package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/transport/twin"
)

// managersWorld is a company of which some people are in Coupa, with any managers: circles, people who are their own, managers whose
// record is wrong and managers who are not in the feed.
type managersWorld struct{ diffWorld }

func drawManagersWorld(t *rapid.T) managersWorld {
	var w managersWorld
	const people = diffPeople + 3
	for n := 1; n <= people; n++ {
		one := drawPerson(t, n)
		one["Status"], one["Approver Login"], one["Content Groups"] = "active", "", "Everyone"
		if rapid.Bool().Draw(t, "in Coupa") {
			w.users = append(w.users, maps.Clone(one))
		}
		if manager := rapid.IntRange(0, people+1).Draw(t, "manager"); manager > 0 {
			one["Approver Login"] = "P" + strconv.Itoa(manager) // the last one is in no feed
		}
		if rapid.IntRange(0, 3).Draw(t, "wrong") == 0 {
			one["Email"] = fmt.Sprintf("no address %d", n)
		}
		w.feed = append(w.feed, one)
	}
	w.feed = rapid.Permutation(w.feed).Draw(t, "order of the feed")
	w.config = drawSetting(t)
	return w
}

// TestManagers draws managers and loads them: Coupa refuses no one, everyone who is not quarantined has the approver that HR says, and
// a second run sends nothing.
func TestManagers(t *testing.T) {
	t.Parallel()
	var waited atomic.Int64
	eachWorld(t, drawManagersWorld, func(w *managersWorld, dir string) string {
		return w.staged(dir, func(s *diffStage) error { return w.law(s, &waited) })
	})
	if waited.Load() == 0 {
		t.Error("no one has waited for an approver")
	}
}

func (w *managersWorld) law(s *diffStage, waited *atomic.Int64) error {
	s.config.set("mapping.columns.Approver Login", "person(approver_login).login")
	if err := os.WriteFile(filepath.Join(s.dir, "hr2coupa.yaml"), s.config.yaml(), 0o600); err != nil {
		return err
	}
	var reasons struct {
		Rows []struct{ Key, Reason string }
	}
	var plan shownPlan
	var run printed
	var text json.RawMessage
	if _, err := s.start(&text, "plan"); err != nil {
		return err
	}
	if err := errors.Join(json.Unmarshal(text, &plan), json.Unmarshal(text, &reasons)); err != nil {
		return err
	}
	if _, err := s.start(&run, "run"); err != nil {
		return err
	}
	if n := run.Counts["rejected"] + run.Counts["drifted"] + run.Counts["pending"]; n > 0 {
		return fmt.Errorf("%d records did not arrive: %v", n, run.Counts)
	}
	stays := map[string]bool{} // who is not sent
	for _, r := range reasons.Rows {
		stays[r.Key] = true
		if strings.Contains(r.Reason, "waits for the person of") {
			waited.Add(1)
		}
	}
	users := s.twin.Users()
	for _, one := range w.feed {
		at := slices.IndexFunc(users, func(u twin.Record) bool { return u.Text("employee-number") == one["Employee Number"] })
		if stays[one["person"]] {
			continue
		}
		if at < 0 {
			return fmt.Errorf("%s is not in Coupa", one["person"])
		}
		want := strings.Replace(one["Approver Login"], "P", "user", 1)
		if got := users[at].Text("manager", "login"); got != want {
			return fmt.Errorf("the approver of %s is %q, and HR says %q", one["person"], got, want)
		}
	}
	return s.nothingLeft(&plan)
}
