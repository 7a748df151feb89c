package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	diffs "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
)

// confirmedWorld is a world in which Coupa is never asked before anything is sent: a first night that Coupa takes, and what HR says in
// the second one.
type confirmedWorld struct {
	diffWorld
	next []employee
	lost bool // the key of the ledger's hashes, after the first night
}

func drawConfirmedWorld(t *rapid.T) (w confirmedWorld) {
	for n := 1; n <= diffPeople; n++ {
		if rapid.Bool().Draw(t, "in Coupa") {
			w.users = append(w.users, drawPerson(t, n))
		}
		one := drawPerson(t, n)
		first := n == 1 || rapid.IntRange(0, 3).Draw(t, "first night") > 0
		if first {
			w.feed = append(w.feed, one)
		}
		if !first || n == 1 || rapid.IntRange(0, 3).Draw(t, "second night") > 0 {
			w.next = append(w.next, nextNight(t, n, one))
		}
	}
	w.lost = rapid.IntRange(0, 3).Draw(t, "lost key") == 0
	w.config = [][2]string{
		{"preflight", "off"}, {"verify", rapid.SampledFrom([]string{"api", "off"}).Draw(t, "verify")}, {"layout.max_rows", rapid.SampledFrom([]string{"2", "5000"}).Draw(t, "rows of a part")},
		{"limits", "{creates: unlimited, deactivations: unlimited, reactivations: unlimited, logins: unlimited, emails: unlimited, numbers: unlimited, roles_taken: unlimited, shrink: unlimited, fill: unlimited}"},
	}
	return w
}

// needed are the columns that Coupa wants in every row, and the key: no one is asked who could complete a row.
var needed = []string{"Login", "Email", "First Name", "Last Name", "Employee Number"}

// nextNight returns what HR says of a person in the second night. People do not get in each other's way, and keep their numbers.
func nextNight(t *rapid.T, n int, was employee) employee {
	now, other := maps.Clone(was), drawPerson(t, n)
	for _, column := range slices.Sorted(maps.Keys(diffColumns)) {
		switch rapid.SampledFrom([]string{"", "", "", "", "form", "draw", "blank", "new"}).Draw(t, column) {
		case "form":
			if column != "Status" && now[column] != "" { // a status with blanks around it is quarantined, and a cell of blanks alone is sent
				now[column] = anotherForm(t, column, now[column])
			}
		case "draw":
			now[column] = other[column]
		case "blank":
			if !slices.Contains(needed, column) {
				now[column] = ""
			}
		case "new":
			switch column {
			case "Login", "Last Name":
				now[column] = "Other" + strconv.Itoa(n)
			case "Email":
				now[column] = "other" + strconv.Itoa(n) + "@acme.example"
			}
		}
	}
	return now
}

// confirmedCell is how a cell differs from what was last confirmed.
type confirmedCell struct {
	Kind  string
	Known bool // false: nothing was confirmed there
}

// differs returns the cells of a record that differ from what was last confirmed of the person.
func differs(now, was employee) map[string]confirmedCell {
	cells := map[string]confirmedCell{}
	for column := range diffColumns {
		text, old := shownText(column, now[column]), shownText(column, was[column])
		fold := column == "Login" || column == "Email"
		if text == "" || column == "Employee Number" || text == old || fold && strings.EqualFold(text, old) {
			continue
		}
		cells[column] = confirmedCell{confirmedKind(column, text, old != ""), old != ""}
	}
	return cells
}

// confirmedKind returns the kind of a cell that gets another value. Of a list it is not known what is lost.
func confirmedKind(column, text string, known bool) string {
	switch {
	case column == "Status" && text == "inactive":
		return "deactivation"
	case column == "Status" && known:
		return "reactivation"
	case slices.Contains(diffLists, column):
		return "role_taken"
	case column == "Login", column == "Email":
		return strings.ToLower(column)
	}
	return "other"
}

// confirmedPlan is what an unchecked plan says: of each person whom something would change of, the cells; nil where nothing of the
// person was confirmed.
type confirmedPlan struct {
	Cells map[string]map[string]confirmedCell
	Kinds map[string]int
	Same  int
}

// expected returns what the plan of the second night is to say.
func (w *confirmedWorld) expected() confirmedPlan {
	p := confirmedPlan{map[string]map[string]confirmedCell{}, map[string]int{}, 0}
	for _, now := range w.next {
		was := w.before(now["person"])
		cells := differs(now, was)
		if len(cells) == 0 {
			p.Same++
			continue
		}
		kinds := map[string]bool{}
		for _, c := range cells {
			kinds[c.Kind] = true
			kinds["unchecked"] = kinds["unchecked"] || !c.Known
		}
		for kind, has := range kinds {
			if has {
				p.Kinds[kind]++
			}
		}
		if was == nil {
			cells = nil
		}
		p.Cells[now["person"]] = cells
	}
	return p
}

// before returns a person's record of the first night; nil if there is none.
func (w *confirmedWorld) before(person string) employee {
	for _, one := range w.feed {
		if one["person"] == person {
			return one
		}
	}
	return nil
}

// TestUncheckedPlanIsWhatWasConfirmed draws two nights in which Coupa is not asked: the plan of the second one says of each person
// what differs from what was confirmed in the first, cell by cell and counted by kind, and Coupa changes in nothing else. Without the key
// of the hashes nothing is known: the program says so, and no one is the same, nor is anyone known to differ.
func TestUncheckedPlanIsWhatWasConfirmed(t *testing.T) {
	t.Parallel()
	eachWorld(t, drawConfirmedWorld, func(w *confirmedWorld, dir string) string {
		said := w.staged(dir, w.law)
		if said != "" {
			return fmt.Sprintf("%s\nthe second night:\n%s", said, (&diffWorld{feed: w.next}).lines())
		}
		return ""
	})
}

func (w *confirmedWorld) law(s *diffStage) error {
	var run printed
	if _, err := s.start(&run, "run"); err != nil {
		return err
	}
	if run.Counts["applied"] != len(w.feed) {
		return fmt.Errorf("of %d records of the first night not all were applied: %v", len(w.feed), run.Counts)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "feed.jsonl"), (&diffWorld{feed: w.next}).lines(), 0o600); err != nil {
		return err
	}
	if w.lost {
		return w.lostKey(s)
	}
	plan, said, err := s.unchecked()
	if err != nil {
		return err
	}
	if plan.Checked {
		return fmt.Errorf("the plan is checked")
	}
	if d := diffs.Diff(w.expected(), said); d != "" {
		return fmt.Errorf("what differs from what was confirmed (-) is not what the plan says (+):\n%s", d)
	}
	before := snapshot(s.twin)
	if _, err := s.start(&run, "run"); err != nil {
		return err
	}
	return w.nothingElse(before, snapshot(s.twin))
}

// unchecked plans.
func (s *diffStage) unchecked() (plan struct {
	shownPlan
	Same int
}, said confirmedPlan, err error) {
	if _, err = s.start(&plan, "plan"); err != nil {
		return plan, said, err
	}
	said = confirmedPlan{map[string]map[string]confirmedCell{}, map[string]int{}, plan.Same}
	for kind, n := range plan.Changes {
		if n > 0 {
			said.Kinds[kind] = n
		}
	}
	for _, one := range plan.People {
		var cells map[string]confirmedCell
		for _, c := range one.Change.Cells {
			if cells == nil {
				cells = map[string]confirmedCell{}
			}
			cells[c.Column] = confirmedCell{c.Kind.String(), c.Known}
		}
		said.Cells[one.Key] = cells
	}
	return plan, said, nil
}

// nothingElse compares what has become of Coupa's users with what the second night was to change of them. A login or an address in
// other letters goes along with a row that is sent.
func (w *confirmedWorld) nothingElse(before, after map[string]seenUser) error {
	said := map[string]map[string]confirmedCell{} // by number
	for _, now := range w.next {
		said[strings.TrimSpace(now["Employee Number"])] = differs(now, w.before(now["person"]))
	}
	for id, was := range before {
		number := was.looks["Employee Number"]
		for column, text := range was.looks {
			is := after[id].looks[column]
			if column == "Approver Login" && was.manager == after[id].manager || strings.EqualFold(is, text) && (column == "Login" || column == "Email") {
				continue
			}
			if _, ok := said[number][column]; !ok && is != text {
				return fmt.Errorf("%s of %s has become %q from %q, and the plan did not say so", column, number, is, text)
			}
		}
	}
	return nil
}

// lostKey plans the second night without the key of the hashes, and then with a new one.
func (w *confirmedWorld) lostKey(s *diffStage) error {
	if err := os.Remove(filepath.Join(s.dir, "ledger", "ledger.key")); err != nil {
		return err
	}
	var nothing struct{}
	if code, _ := s.start(&nothing, "plan"); code != export.ExitFault || !strings.Contains(s.log.String(), "ledger new-key") {
		return fmt.Errorf("a plan without the ledger's key ended with %d", code)
	}
	if code, _ := s.start(&nothing, "ledger", "new-key", "--by", "law"); code != export.ExitOK { // it prints a sentence
		return fmt.Errorf("ledger new-key ended with %d", code)
	}
	plan, said, err := s.unchecked()
	if err != nil {
		return err
	}
	for key, cells := range said.Cells {
		if cells != nil {
			return fmt.Errorf("without the key, %s is known to change %v", key, cells)
		}
	}
	if plan.Same != 0 || len(said.Cells) != len(w.next) || said.Kinds["unchecked"] != len(w.next) {
		return fmt.Errorf("without the key, of %d people %d are the same, and %d unchecked", len(w.next), plan.Same, said.Kinds["unchecked"])
	}
	return nil
}
