package planning

import (
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// waveColumns are the mapped columns that decide the order of loads; on is false where nothing needs to wait.
type waveColumns struct {
	on                      bool
	login, approver, status int
}

func (p *Planner) waveColumns() waveColumns {
	cols := p.Mapping.Columns()
	w := waveColumns{login: slices.Index(cols, "Login"), approver: slices.Index(cols, export.ColumnApprover), status: slices.Index(cols, "Status")}
	w.on = w.login >= 0 && w.approver >= 0 && (p.MayCreate || p.Memory != nil || p.Answers != nil)
	return w
}

// waves holds the wave of each person's row. A row waits for another only where this batch itself may create, rename or
// reactivate the approver it names (Users Import: the approver must be an existing user; Using the Flat File Format:
// load what others depend on first and wait). Deactivations come last and are not handled here.
type waves struct {
	of   map[uint64]int // by person; absent is wave 1
	last int
}

func newWaves(people, logins, approvers []uint64, moved []bool) waves {
	w := waves{of: map[uint64]int{}, last: 1}
	if !slices.Contains(moved, true) {
		return w
	}
	g := newLadder(people, logins, approvers, moved)
	for i := range people {
		if g.node(i) != i {
			continue // handled with the person's first record
		}
		if d := g.climb(i); d > 1 {
			w.of[people[i]] = d
			w.last = max(w.last, d)
		}
	}
	return w
}

// ladder is the graph of people who wait for others. A node is a person, identified by the index of the first of their
// records.
type ladder struct {
	people, approvers []uint64
	first             map[uint64]int   // by person, only for people with several records
	more              map[int][]uint64 // approvers named in their other records
	makes             map[uint64][]int // login -> nodes that may create it
	depth             []int            // 0: not known yet, -1: being computed
}

func newLadder(people, logins, approvers []uint64, moved []bool) *ladder {
	g := &ladder{
		people: people, approvers: approvers, first: map[uint64]int{}, more: map[int][]uint64{},
		makes: map[uint64][]int{}, depth: make([]int, len(people)),
	}
	several := repeated([][]uint64{people})
	makes := map[uint64]bool{} // people with several records, one of which may create
	for i, p := range people {
		if several[p] == 0 {
			continue
		}
		if at, ok := g.first[p]; !ok {
			g.first[p] = i
		} else if approvers[i] != 0 {
			g.more[at] = append(g.more[at], approvers[i])
		}
		makes[p] = makes[p] || moved[i]
	}
	for i, p := range people {
		if logins[i] == 0 || !moved[i] && !makes[p] {
			continue
		}
		if n := g.node(i); !slices.Contains(g.makes[logins[i]], n) {
			g.makes[logins[i]] = append(g.makes[logins[i]], n)
		}
	}
	return g
}

func (g *ladder) node(i int) int {
	if at, ok := g.first[g.people[i]]; ok {
		return at
	}
	return i
}

// above calls f for every node that node i waits for.
func (g *ladder) above(i int, f func(int)) {
	look := func(approver uint64) {
		if approver == 0 {
			return
		}
		for _, a := range g.makes[approver] {
			if a != i {
				f(a)
			}
		}
	}
	look(g.approvers[i])
	for _, approver := range g.more[i] {
		look(approver)
	}
}

// climb walks up the approvers without recursion, since a chain may be as long as the feed. It cuts a ring of approvers
// where the walk meets itself.
func (g *ladder) climb(start int) int {
	stack := []int{start}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		if g.depth[i] > 0 {
			stack = stack[:len(stack)-1]
			continue
		}
		g.depth[i] = -1
		d, ready := 1, true
		g.above(i, func(a int) {
			switch {
			case g.depth[a] > 0:
				d = max(d, g.depth[a]+1)
			case g.depth[a] == 0:
				stack, ready = append(stack, a), false
			}
		})
		if ready {
			g.depth[i] = d
			stack = stack[:len(stack)-1]
		}
	}
	return g.depth[start]
}

func (w *waves) wave(person uint64) int { return max(1, w.of[person]) }
