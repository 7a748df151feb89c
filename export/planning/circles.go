package planning

import (
	"context"
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	ruleCircle  = "circle"
	saySelf     = "names the person themselves, and Coupa does not know the person yet"
	sayCircle   = "the approvers go in a circle over %s and back, and Coupa does not know one of these people yet"
	sayToCircle = "names the person of %s, who is not sent: the approvers there go in a circle"
	breakCircle = "deliver one of these people once with a blank approver, and all of them with the approvers after that"
	freeCircle  = "fix the circle first, then plan this row again with hr2coupa run --again"
)

// circleShown is how many other records of a circle a message names.
const circleShown = 3

// circles are the new people who cannot be put after their approvers: Coupa takes a person only once the approver is there.
type circles struct {
	approver map[uint64]uint64 // by person, all as hashes: whom the person waits for
	within   map[uint64]bool   // they are in a circle, and do not only lead to one
	at       map[uint64]export.Origin
}

// newCircles finds those who are in circles or wait for them. made are the people whom Coupa does not know; nil where it was not
// asked, since then everyone may be there already.
func newCircles(people, logins, approvers []uint64, made []bool) circles {
	c := circles{approver: map[uint64]uint64{}, within: map[uint64]bool{}}
	if made == nil {
		return c
	}
	named := map[uint64]bool{}
	for _, a := range approvers {
		named[a] = true
	}
	owner := map[uint64]uint64{} // by login: the new person who gets it
	for i, login := range logins {
		if made[i] && login != 0 && named[login] {
			owner[login] = people[i]
		}
	}
	if len(owner) == 0 {
		return c
	}
	waits := map[uint64]uint64{}
	var order []uint64
	for i, p := range people {
		if a, ok := owner[approvers[i]]; ok && p != 0 {
			if _, again := waits[p]; !again {
				order = append(order, p)
			}
			waits[p] = a
		}
	}
	const walking, free, stuck = 1, 2, 3
	state := map[uint64]int{}
	for _, start := range order {
		var path []uint64
		p, more := start, true
		for more && state[p] == 0 {
			state[p] = walking
			path = append(path, p)
			if next, ok := waits[p]; ok {
				p = next
			} else {
				more = false
			}
		}
		end := free
		if more && state[p] != free {
			end = stuck
		}
		if more && state[p] == walking {
			for q := p; !c.within[q]; q = waits[q] {
				c.within[q] = true
			}
		}
		for _, q := range path {
			if state[q] = end; end == stuck {
				c.approver[q] = waits[q]
			}
		}
	}
	return c
}

// places reads where the people of the circles stand in the feed.
func (p *Planner) places(ctx context.Context, s *survey) error {
	type place struct {
		person uint64
		at     export.Origin
	}
	s.circles.at = map[uint64]export.Origin{}
	return parallel(ctx, p, func(w *worker, c export.Chunk) (out []place, err error) {
		err = p.each(w, c, func(rec *export.Record, person string, m export.RowMapper) error {
			if h := hash(s.seed, person); m != nil && s.circles.approver[h] != 0 {
				out = append(out, place{h, export.Origin{File: w.file(rec), Line: rec.Line}})
			}
			return nil
		})
		return out, err
	}, func(found []place) error {
		for _, f := range found {
			s.circles.at[f.person] = f.at
		}
		return nil
	})
}

// circular returns why the person of a row cannot be sent: the approvers go in a circle.
func (s *survey) circular(row *export.Row, person string) []export.Fault {
	if len(s.circles.approver) == 0 {
		return nil
	}
	self := hash(s.seed, person)
	next, stuck := s.circles.approver[self]
	if !stuck {
		return nil
	}
	f := export.Fault{Origin: row.Origin, Field: export.ColumnApprover, Rule: ruleCircle, Message: saySelf, Hint: breakCircle}
	switch {
	case !s.circles.within[self]:
		f.Message, f.Hint = fmt.Sprintf(sayToCircle, s.circles.at[next]), freeCircle
	case next != self:
		f.Message = fmt.Sprintf(sayCircle, s.circles.round(self))
	}
	return []export.Fault{f}
}

// round names the other records of a person's circle, in the order in which they name each other.
func (c *circles) round(self uint64) string {
	text, n := "", 0
	for p := c.approver[self]; p != self; p = c.approver[p] {
		if n++; n > circleShown {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += c.at[p].String()
	}
	if n > circleShown {
		text += fmt.Sprintf(" and %d more", n-circleShown)
	}
	return text
}
