package export_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

// counted returns a compared plan of people who change in one way each: "a:login b:deactivation".
func counted(t *testing.T, u *export.Usage, people string) *export.Plan {
	t.Helper()
	p := &export.Plan{Compared: true, Changes: export.NewChanges(), Tally: u.NewTally()}
	for _, word := range strings.Fields(people) {
		key, kinds := kindsOf(t, word)
		p.Rows++
		p.Changes.Add(&export.RowResult{Key: key, Kinds: kinds, Change: &export.PersonChange{}}, nil)
		p.Tally.Add(key, kinds)
		if kinds.Has(export.ChangeDeactivation) {
			p.Deactivations++
		}
		if kinds.Has(export.ChangeCreate) {
			p.Creates++
		}
	}
	return p
}

func kindsOf(t *testing.T, word string) (key string, kinds export.ChangeKinds) {
	t.Helper()
	key, list, _ := strings.Cut(word, ":")
	for _, name := range strings.Split(list, "+") {
		var k export.ChangeKind
		if err := k.UnmarshalText([]byte(name)); err != nil {
			t.Fatal(err)
		}
		kinds = kinds.With(k)
	}
	return key, kinds
}

// named returns whom an approval names with ceilings for a run that would have changed these people.
func named(t *testing.T, ceilings map[string]int, people string) export.Named {
	t.Helper()
	n := export.Named{}
	err := n.Add(export.Approval{Ceilings: ceilings}, func(f func(string, export.ChangeKinds, ...string)) error {
		for _, word := range strings.Fields(people) {
			if key, rest, _ := strings.Cut(word, ":"); rest == "" {
				f(key, 0)
				continue
			}
			f(kindsOf(t, word))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestUsage: a limit counts the people of the plan and those of earlier starts, each once; what an approval names passes up
// to its ceiling and is not counted again.
func TestUsage(t *testing.T) {
	limits := export.Limits{
		Deactivations: export.Limit{Count: 3}, Logins: export.Limit{Count: 2}, Creates: export.Limit{Count: 1}, Updates: export.Limit{Count: 4},
		Reactivations: export.Limit{Unlimited: true}, Numbers: export.Limit{Unlimited: true}, Emails: export.Limit{Unlimited: true},
		RolesTaken: export.Limit{Unlimited: true}, RolesGiven: export.Limit{Unlimited: true},
	}
	type start struct{ run, people, covered string }
	leave := map[string]int{export.DeactivationsLimit: 4}
	for _, c := range []struct {
		rule    string
		before  []start
		ceiling map[string]int
		names   string // people of the approved run
		plan    string
		want    string
	}{
		{rule: "a plan alone", plan: "a:deactivation b:deactivation c:deactivation"},
		{rule: "a plan alone, beyond", plan: "a:login b:login c:login", want: "limits.logins allows 2 (0 people known) and the plan has 3"},
		{rule: "the sum goes beyond", before: []start{{"R1", "a:deactivation b:deactivation", ""}, {"R2", "c:deactivation x:login", ""}}, plan: "d:deactivation",
			want: "limits.deactivations allows 3 (0 people known) and the plan has 1; earlier starts have used 3 (R1: 2, R2: 1)"},
		{rule: "the same person counts once", before: []start{{"R1", "a:deactivation b:deactivation", ""}, {"R2", "a:deactivation c:deactivation", ""}}, plan: "a:deactivation b:deactivation"},
		{rule: "a person of the plan counts for the plan", before: []start{{"R1", "a:deactivation b:deactivation", ""}, {"R2", "c:deactivation", ""}}, plan: "a:deactivation d:deactivation",
			want: "limits.deactivations allows 3 (0 people known) and the plan has 2; earlier starts have used 2 (R1: 1, R2: 1)"},
		{rule: "another kind counts apart", before: []start{{"R1", "a:login b:login", ""}}, plan: "a:deactivation c:deactivation"},
		{rule: "whoever adds nobody is not held", before: []start{{"R1", "a:create b:create", ""}}, plan: "a:create c:other"},
		{rule: "two kinds of a person", plan: "a:login+deactivation b:login c:login+email", want: "limits.logins allows 2 (0 people known) and the plan has 3"},
		{rule: "updates are everyone else", before: []start{{"R1", "a:other b:email", ""}}, plan: "c:other d:other e:filled f:deactivation",
			want: "limits.updates allows 4 (0 people known) and the plan has 3; earlier starts have used 2 (R1: 2)"},
		{rule: "the approved pass", ceiling: leave, names: "a:deactivation b:deactivation c:deactivation d:deactivation", plan: "a:deactivation b:deactivation c:deactivation d:deactivation"},
		{rule: "the approved pass on a day that is used up", before: []start{{"R1", "x:deactivation y:deactivation z:deactivation", ""}}, ceiling: leave, names: "a:deactivation b:deactivation", plan: "a:deactivation b:deactivation"},
		{rule: "others count as ever", before: []start{{"R1", "x:deactivation y:deactivation", ""}}, ceiling: leave, names: "a:deactivation b:deactivation c:login", plan: "a:deactivation b:deactivation c:deactivation d:deactivation",
			want: "limits.deactivations allows 3 (0 people known) and the plan has 2 beside the 2 that are approved; earlier starts have used 2 (R1: 2)"},
		{rule: "an approval of another kind covers nothing", ceiling: map[string]int{export.LoginsLimit: 9}, names: "a:deactivation b:deactivation c:deactivation d:deactivation",
			plan: "a:deactivation b:deactivation c:deactivation d:deactivation", want: "limits.deactivations allows 3 (0 people known) and the plan has 4"},
		{rule: "a ceiling that is too low", ceiling: leave, names: "a:deactivation b:deactivation c:deactivation d:deactivation e:deactivation",
			plan: "a:deactivation b:deactivation c:deactivation d:deactivation e:deactivation", want: "limits.deactivations allows 3 (0 people known) and the plan has 5"},
		{rule: "an approved run of an older version is only numbers", ceiling: leave, names: "a b", plan: "x:deactivation y:deactivation z:deactivation w:deactivation"},
		{rule: "what was covered is not counted again", before: []start{{"R1", "a:deactivation b:deactivation c:deactivation d:deactivation e:deactivation", "a:deactivation b:deactivation c:deactivation d:deactivation"}},
			plan: "x:deactivation y:deactivation"},
	} {
		u := limits.NewUsage(named(t, c.ceiling, c.names))
		for _, s := range c.before {
			for _, word := range strings.Fields(s.people) {
				key, kinds := kindsOf(t, word)
				u.Add(s.run, key, kinds, named(t, leave, s.covered))
			}
		}
		l := limits
		l.Approved = []export.Approval{{Ceilings: c.ceiling}}
		var got []string
		for _, b := range l.Broken(counted(t, u, c.plan), export.Seen{}) {
			got = append(got, b.String())
		}
		if d := cmp.Diff(c.want, strings.Join(got, "; ")); d != "" {
			t.Errorf("%s: %s", c.rule, d)
		}
	}
}

// TestUsageIsOneSum: however the people of a day are cut into starts, and in whatever order, the last one counts the same sum.
func TestUsageIsOneSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	limits := export.Limits{} // nothing is allowed
	words := []string{"create", "deactivation", "reactivation", "login", "number", "email", "role_taken", "role_given"}
	for range 200 {
		var people []string
		distinct := map[string]map[string]bool{}
		for range 1 + rng.IntN(30) {
			key, word := fmt.Sprintf("p%d", rng.IntN(12)), words[rng.IntN(len(words))]
			if distinct[word] == nil {
				distinct[word] = map[string]bool{}
			}
			distinct[word][key] = true
			people = append(people, key+":"+word)
		}
		rng.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
		u := limits.NewUsage(nil)
		for i, word := range people {
			key, kinds := kindsOf(t, word)
			u.Add(fmt.Sprintf("R%d", i/(1+rng.IntN(5))), key, kinds, nil)
		}
		last := people[rng.IntN(len(people))]
		_, word, _ := strings.Cut(last, ":")
		fresh := "new:" + word
		got := limits.Broken(counted(t, u, last+" "+fresh), export.Seen{})
		want := len(distinct[word]) + 1
		if sum := got[0].Has + got[0].Used; sum != want {
			t.Fatalf("%v then %s: %d people, want %d", people, fresh, sum, want)
		}
		by := 0
		for _, r := range got[0].UsedBy {
			by += r.People
		}
		if by != got[0].Used {
			t.Fatalf("%+v", got[0])
		}
	}
}
