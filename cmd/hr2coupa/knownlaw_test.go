package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	diffs "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
)

// knownWorld is a world with a second night: HR says something else of some people, and no one but the program changes Coupa.
type knownWorld struct {
	diffWorld
	next []employee // HR's feed of the second night
}

func drawKnownWorld(t *rapid.T) knownWorld {
	w := knownWorld{diffWorld: drawWorld(t)}
	for i, one := range w.feed { // many are in Coupa as HR has them
		same := slices.IndexFunc(w.users, func(u employee) bool { return u["person"] == one["person"] })
		if same >= 0 && rapid.Bool().Draw(t, "as Coupa has it") {
			w.feed[i] = maps.Clone(w.users[same])
		}
	}
	w.config = append(w.config, [2]string{"limits", "{creates: unlimited, deactivations: unlimited, reactivations: unlimited, logins: unlimited, emails: unlimited, numbers: unlimited, roles_taken: unlimited, shrink: unlimited, fill: unlimited}"},
		[2]string{"feed.kind", rapid.SampledFrom([]string{"changes", "snapshot"}).Draw(t, "kind")})
	for n, one := range w.feed {
		switch rapid.SampledFrom([]string{"same", "same", "same", "other", "gone"}).Draw(t, "second night") {
		case "same":
			w.next = append(w.next, w.named(one))
		case "other":
			w.next = append(w.next, w.named(atNight(t, n+1, one)))
		}
	}
	return w
}

// named returns a record that says by which account its person is found, as a record of the first night did: of one that does not
// say it, a plan that asks Coupa knows nothing, and the ledger knows the person by HR's key.
func (w *knownWorld) named(one employee) employee {
	one = maps.Clone(one)
	match := (&undoWorld{diffWorld: w.diffWorld}).match()
	for column := range diffColumns {
		for _, before := range w.feed {
			if strings.Contains(match, fieldOf(column)) && strings.TrimSpace(one[column]) == "" && before["person"] == one["person"] {
				one[column] = before[column]
			}
		}
	}
	return one
}

// knownPlan is what the law compares of a plan: all but how many people were asked about, and what differs in case alone.
type knownPlan struct {
	Input, Quarantined, Unchanged, Same int

	ByLedger int `json:"same_by_ledger"`
	Changes  map[string]int
	People   []struct {
		Key    string
		Change export.PersonChange
	}
	Rows []struct{ Key string }
}

// TestSecondNight draws two nights of HR's: where no one else changes Coupa, a plan of the second night that leaves people alone of
// whom the ledger knows that Coupa has them so is the plan that asks about everyone. And whoever was found equal in the first night is
// not asked about again as long as HR says the same.
func TestSecondNight(t *testing.T) {
	t.Parallel()
	eachWorld(t, drawKnownWorld, (*knownWorld).nights)
}

// nights plays a world in a new folder; see staged.
func (w *knownWorld) nights(dir string) string {
	said := w.staged(dir, w.law)
	if said != "" {
		return fmt.Sprintf("%s\nthe second night:\n%s", said, (&diffWorld{feed: w.next}).lines())
	}
	return ""
}

func (w *knownWorld) law(s *diffStage) error {
	var known, asked knownPlan
	var run printed
	if _, err := s.start(&run, "run"); err != nil {
		return err
	}
	if err := s.plan(&known, "changed"); err != nil {
		return err
	}
	barred := 0 // records that may be one of several, or equal but for a role that is never given, so that their people are asked about
	people := map[string]bool{}
	for _, one := range w.feed {
		if people[one["person"]] {
			barred++
		}
		people[one["person"]] = true
		if strings.Contains(one["User Role Names"], "Site Admin") {
			barred++
		}
	}
	if equal := run.Counts["unchanged"]; !w.exact && known.ByLedger < equal-barred {
		return fmt.Errorf("%d records were found equal, %d of them may be barred, and %d people are known", equal, barred, known.ByLedger)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "feed.jsonl"), (&diffWorld{feed: w.next}).lines(), 0o600); err != nil {
		return err
	}
	known = knownPlan{}
	if err := errors.Join(s.plan(&known, "changed"), s.plan(&asked, "api")); err != nil {
		return err
	}
	if asked.ByLedger != 0 {
		return fmt.Errorf("%d people were not asked about", asked.ByLedger)
	}
	known.ByLedger = 0
	if d := diffs.Diff(asked, known); d != "" {
		return fmt.Errorf("the plan that asks about everyone (-) is not the one that asks about those who differ (+):\n%s", d)
	}
	return nil
}

// plan plans with a preflight.
func (s *diffStage) plan(to *knownPlan, preflight string) error {
	s.config.set("preflight", preflight)
	if err := os.WriteFile(filepath.Join(s.dir, "hr2coupa.yaml"), s.config.yaml(), 0o600); err != nil {
		return err
	}
	if _, err := s.start(to, "plan"); err != nil {
		return err
	}
	delete(to.Changes, "case")
	for i := range to.People {
		cells := &to.People[i].Change.Cells
		*cells = slices.DeleteFunc(*cells, func(c export.CellChange) bool { return c.Kind == export.ChangeCase })
	}
	slices.SortFunc(to.People, func(a, b struct {
		Key    string
		Change export.PersonChange
	}) int {
		return cmp.Compare(a.Key, b.Key)
	})
	return nil
}
