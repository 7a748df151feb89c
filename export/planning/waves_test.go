package planning

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// member is one record for the waves: the person, the approver it names, and whether this batch may create or rename
// the person.
type member struct {
	login, approver uint64
	moved           bool
}

func wavesOf(members ...member) ([]int, int) {
	var people, logins, approvers []uint64
	var moved []bool
	for i, m := range members {
		people = append(people, uint64(i+1))
		logins, approvers, moved = append(logins, m.login), append(approvers, m.approver), append(moved, m.moved)
	}
	w := newWaves(people, logins, approvers, moved)
	got := make([]int, len(members))
	for i := range got {
		got[i] = w.wave(uint64(i + 1))
	}
	return got, w.last
}

func TestWaves(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []member
		want []int
	}{
		{"nobody is made", []member{{1, 2, false}, {2, 3, false}}, []int{1, 1}},
		{"no approver", []member{{1, 0, true}, {2, 0, true}}, []int{1, 1}},
		{"no login", []member{{0, 0, true}, {2, 0, true}}, []int{1, 1}},
		{"the approver is new", []member{{1, 2, false}, {2, 0, true}}, []int{2, 1}},
		{"the approver is in Coupa already", []member{{1, 2, true}, {2, 0, false}}, []int{1, 1}},
		{"the approver is not in the feed", []member{{1, 9, true}}, []int{1}},
		{"a chain", []member{{1, 2, true}, {2, 3, true}, {3, 4, true}, {4, 0, true}}, []int{4, 3, 2, 1}},
		{"a chain the other way round", []member{{4, 0, true}, {3, 4, true}, {2, 3, true}, {1, 2, true}}, []int{1, 2, 3, 4}},
		{"a chain cut by somebody who is there", []member{{1, 2, true}, {2, 3, false}, {3, 0, true}}, []int{1, 2, 1}},
		{"many behind one", []member{{1, 9, false}, {2, 9, false}, {9, 0, true}, {3, 9, false}}, []int{2, 2, 1, 2}},
		{"his own approver", []member{{1, 1, true}, {2, 1, false}}, []int{1, 2}},
	} {
		got, last := wavesOf(c.in...)
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
		highest := 1
		for _, w := range c.want {
			highest = max(highest, w)
		}
		if last != highest {
			t.Errorf("%s: the last wave is %d, want %d", c.name, last, highest)
		}
	}
}

// TestWavesRing: a ring cannot be loaded in order. The walk ends, and a person below the ring comes after their
// approver.
func TestWavesRing(t *testing.T) {
	got, _ := wavesOf(member{1, 2, true}, member{2, 3, true}, member{3, 1, true}, member{4, 1, false})
	if got[3] <= got[0] {
		t.Errorf("waves %v: the fourth names the first as approver", got)
	}
	for i, w := range got[:3] {
		if w < 1 || w > 3 {
			t.Errorf("row %d of a ring of three is in wave %d", i+1, w)
		}
	}
}

// TestWavesOfOnePerson: several records of a person are sent as one row, in the latest wave that any of them needs.
func TestWavesOfOnePerson(t *testing.T) {
	w := newWaves([]uint64{1, 2, 1}, []uint64{1, 2, 1}, []uint64{2, 0, 0}, []bool{false, true, false})
	if w.wave(1) != 2 || w.wave(2) != 1 || w.wave(77) != 1 {
		t.Errorf("got waves %d, %d and %d for somebody unknown; want 2, 1, 1", w.wave(1), w.wave(2), w.wave(77))
	}
}

// TestWavesLongChain: a chain may be as long as the feed, and must not use the stack.
func TestWavesLongChain(t *testing.T) {
	const n = 100_000
	members := make([]member, n)
	for i := range members {
		members[i] = member{uint64(i + 1), uint64(i + 2), true}
	}
	got, last := wavesOf(members...)
	if got[0] != n || got[n-1] != 1 || last != n {
		t.Errorf("first %d, last %d, highest %d", got[0], got[n-1], last)
	}
}

// TestWavesOrder: outside rings every row comes after the approver that this batch creates.
func TestWavesOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "people")
		members := make([]member, n)
		for i := range members { // an approver has a higher index, so there are no rings
			boss := rapid.IntRange(i+1, n).Draw(t, "approver")
			members[i] = member{uint64(i + 1), uint64(boss+1) % uint64(n+1), rapid.Bool().Draw(t, "made")}
		}
		order := rapid.Permutation(members).Draw(t, "order")
		got, _ := wavesOf(order...)
		of := map[uint64]int{}
		made := map[uint64]bool{}
		for i, m := range order {
			of[m.login], made[m.login] = got[i], m.moved
		}
		for i, m := range order {
			want := 1
			if made[m.approver] && m.approver != m.login {
				want = of[m.approver] + 1
			}
			if got[i] != want {
				t.Fatalf("row %+v is in wave %d, want %d", m, got[i], want)
			}
		}
	})
}
