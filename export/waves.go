package export

import "slices"

// waveColumns are the mapped columns the order of loads hangs on; on is false where nothing needs to wait.
type waveColumns struct {
	on              bool
	login, approver int
}

func (p *Planner) waveColumns() waveColumns {
	cols := p.Mapping.Columns()
	w := waveColumns{login: slices.Index(cols, "Login"), approver: slices.Index(cols, "Approver Login")}
	w.on = w.login >= 0 && w.approver >= 0 && (p.MayCreate || p.Known != nil)
	return w
}

// waves tells which wave a person's row goes in. A row waits for another only where this batch itself may create or
// rename the approver it names (Users Import: the approver must be an existing user; Using the Flat File Format: load
// what others depend on first and wait). Deactivations come last and are not known here.
type waves struct {
	of   map[uint64]int // by person; absent is wave 1
	last int
}

func newWaves(people, logins, approvers []uint64, moved []bool) waves {
	w := waves{of: map[uint64]int{}, last: 1}
	makes := map[uint64][]int{} // login -> records that may create it
	for i, m := range moved {
		if m && logins[i] != 0 {
			makes[logins[i]] = append(makes[logins[i]], i)
		}
	}
	if len(makes) == 0 {
		return w
	}
	depth := make([]int, len(people)) // 0 not known yet, -1 being looked at
	for i := range people {
		d := waveOf(i, logins, approvers, makes, depth)
		if d > 1 {
			w.of[people[i]] = max(w.of[people[i]], d)
			w.last = max(w.last, d)
		}
	}
	return w
}

// waveOf walks up the approvers without recursion, since a feed may hold a chain as long as itself. A ring of approvers
// is cut where the walk meets itself.
func waveOf(start int, logins, approvers []uint64, makes map[uint64][]int, depth []int) int {
	stack := []int{start}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		if depth[i] > 0 {
			stack = stack[:len(stack)-1]
			continue
		}
		depth[i] = -1
		d, ready := 1, true
		for _, a := range makes[approvers[i]] {
			if approvers[i] == 0 || approvers[i] == logins[i] {
				break
			}
			switch {
			case depth[a] > 0:
				d = max(d, depth[a]+1)
			case depth[a] == 0:
				stack, ready = append(stack, a), false
			}
		}
		if ready {
			depth[i] = d
			stack = stack[:len(stack)-1]
		}
	}
	return depth[start]
}

func (w *waves) wave(person uint64) int { return max(1, w.of[person]) }
