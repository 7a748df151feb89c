package planning

import (
	"fmt"
	"slices"
	"testing"
)

// TestCircles: who is in a circle of new people is told from who only waits for one, and people whom Coupa knows break it.
func TestCircles(t *testing.T) {
	type who struct {
		login, approver uint64
		made            bool
	}
	for name, c := range map[string]struct {
		in             []who
		within, behind []uint64 // people, who are numbered from 1
	}{
		"no one is new":            {in: []who{{1, 2, false}, {2, 1, false}}},
		"a chain":                  {in: []who{{1, 2, true}, {2, 3, true}, {3, 0, true}}},
		"two":                      {in: []who{{1, 2, true}, {2, 1, true}}, within: []uint64{1, 2}},
		"one of two is there":      {in: []who{{1, 2, true}, {2, 1, false}}},
		"oneself":                  {in: []who{{1, 1, true}}, within: []uint64{1}},
		"oneself, and there":       {in: []who{{1, 1, false}}},
		"three, and two behind":    {in: []who{{5, 4, true}, {4, 1, false}, {1, 2, true}, {2, 3, true}, {3, 1, true}}, within: []uint64{3, 4, 5}, behind: []uint64{2}},
		"a chain into a circle":    {in: []who{{1, 2, true}, {2, 3, true}, {3, 3, true}}, within: []uint64{3}, behind: []uint64{1, 2}},
		"the circle comes first":   {in: []who{{3, 3, true}, {2, 3, true}, {1, 2, true}}, within: []uint64{1}, behind: []uint64{2, 3}},
		"two circles":              {in: []who{{1, 2, true}, {2, 1, true}, {3, 4, true}, {4, 3, true}}, within: []uint64{1, 2, 3, 4}},
		"blank approver, no login": {in: []who{{0, 0, true}, {1, 0, true}}},
	} {
		var people, logins, approvers []uint64
		var made []bool
		for i, w := range c.in {
			people, logins, approvers, made = append(people, uint64(i+1)), append(logins, w.login), append(approvers, w.approver), append(made, w.made)
		}
		found := newCircles(people, logins, approvers, made)
		var within, behind []uint64
		for p := range found.approver {
			if found.within[p] {
				within = append(within, p)
			} else {
				behind = append(behind, p)
			}
		}
		slices.Sort(within)
		slices.Sort(behind)
		if fmt.Sprint(within, behind) != fmt.Sprint(c.within, c.behind) {
			t.Errorf("%s: within %v, behind %v, want %v, %v", name, within, behind, c.within, c.behind)
		}
	}
}
