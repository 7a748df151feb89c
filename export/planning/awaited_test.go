package planning_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/export/planning/planningtest"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// TestAwaitedLaw: whoever is sent has an approver who is in Coupa already, or comes in an earlier wave, and no row waits for anyone who
// is there or comes. Managers, who is in Coupa, and whose record is wrong are drawn.
func TestAwaitedLaw(t *testing.T) {
	waited, dir := 0, t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		const people = 8
		login := func(n int) string { return fmt.Sprintf("u%d", n) }
		found, wrong, boss := map[string]export.User{}, map[int]bool{}, map[int]string{}
		text := "id,login,mail,first,last,boss\n"
		for n := range people {
			if rapid.Bool().Draw(t, "in Coupa") {
				user := export.User{ID: fmt.Sprint(n + 1), Values: map[string]export.Value{}}
				for column, value := range map[string]string{"Login": login(n), "Email": login(n) + "@x.example", "First Name": "A", "Last Name": "Old", "Employee Number": login(n)} {
					e, _ := coupa.Element(column)
					user.Values[e.Path] = export.Value{Text: value}
				}
				found[login(n)] = user
			}
			wrong[n] = rapid.IntRange(0, 3).Draw(t, "wrong") == 0
			first := "A"
			if wrong[n] {
				first = strings.Repeat("A", 300)
			}
			if m := rapid.IntRange(0, people).Draw(t, "manager"); m < people {
				boss[n] = login(m)
			}
			text += fmt.Sprintf("%s,%s,%s@x.example,%s,New,%s\n", login(n), login(n), login(n), first, boss[n])
		}
		b := &planningtest.Batch{
			Mapping: planningtest.People5 + "Approver Login = boss\n", Creates: true, ChunkRows: rapid.IntRange(1, 4).Draw(t, "chunk"),
			Feed: map[string]string{"users.csv": text}, Found: found, Element: coupa.Element,
		}
		k, err := b.Build(dir)
		if err != nil {
			t.Fatal(err)
		}
		wave := map[string]int{} // 0: not sent
		for _, p := range k.Parts {
			for _, l := range p.Lines {
				wave[l.Login] = p.Wave
			}
		}
		if sent := len(wave) + len(k.Loose); sent != people || k.Plan.Rows+k.Plan.Quarantined != people {
			t.Fatalf("%d people in, %d rows out, %+v", people, sent, k.Plan)
		}
		for n := range people {
			if _, there := found[boss[n]]; wave[login(n)] > 0 && boss[n] != "" && !there && (wave[boss[n]] == 0 || wave[boss[n]] >= wave[login(n)]) {
				t.Fatalf("%s is sent in wave %d, its approver %s in wave %d\n%s", login(n), wave[login(n)], boss[n], wave[boss[n]], text)
			}
		}
		for _, r := range k.Loose {
			if r.Faults[0].Rule != planning.RuleAwaits {
				continue
			}
			waited++
			var n int
			if _, err := fmt.Sscanf(r.Key, "u%d", &n); err != nil {
				t.Fatal(err)
			}
			if _, there := found[boss[n]]; wrong[n] || there || wave[boss[n]] > 0 || r.Faults[0].Value != boss[n] {
				t.Fatalf("%s waits in vain: %+v\n%s", r.Key, r.Faults, text)
			}
		}
	})
	if waited == 0 {
		t.Error("no row has waited")
	}
}
