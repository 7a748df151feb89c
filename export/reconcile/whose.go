package reconcile

import (
	"github.com/hr2coupa/hr2coupa/export"
)

// noOne is a user who is no person's, or of whom several people claim to be the one.
const noOne = -1

// meet finds the one user of each person, and whose each user is. Of nearly everybody nothing is read.
func (p *Pairing) meet() error {
	p.mine = make([]int32, len(p.people))
	for i := range p.users {
		p.users[i].whose = noOne
	}
	several := map[int32][]int32{} // people who lead to one user
	for at := range p.people {
		p.mine[at] = noOne
		found, _ := p.pair(at)
		if len(found) != 1 {
			continue
		}
		one := found[0]
		p.mine[at] = one
		switch u := &p.users[one]; {
		case u.whose == noOne:
			u.whose = int32(at)
		case several[one] == nil:
			several[one] = []int32{u.whose, int32(at)}
		default:
			several[one] = append(several[one], int32(at))
		}
	}
	for one, people := range several {
		whose, err := p.whose(one, people)
		if err != nil {
			return err
		}
		p.users[one].whose = whose
	}
	return nil
}

// whose decides whose a user is to whom several people lead, by rule and not by the order in which they come: the one person who has
// not ended, or else the one whose number the user has.
func (p *Pairing) whose(one int32, people []int32) (int32, error) {
	var open, numbered []int32
	for _, at := range people {
		c, err := p.claim(at)
		if err != nil {
			return noOne, err
		}
		if !c.ended {
			open = append(open, at)
		}
		if p.hasNumber(at, one) {
			numbered = append(numbered, at)
		}
	}
	switch {
	case len(open) == 1:
		return open[0], nil
	case len(numbered) == 1:
		return numbered[0], nil
	}
	return noOne, nil
}

// hasNumber reports whether a user has the employee number that HR gives a person.
func (p *Pairing) hasNumber(at, one int32) bool {
	k := p.number
	if k < 0 {
		return false
	}
	said := p.said[int(at)*len(p.keyed)+k]
	return said != 0 && said == p.held[int(one)*len(p.keyed)+k]
}

// claim is what decides between people who lead to one user.
type claim struct {
	key   string
	ended bool
}

func (p *Pairing) claim(at int32) (claim, error) {
	b, err := p.o.People.Read(p.people[at].place, nil)
	if err != nil {
		return claim{}, err
	}
	cells := make([]export.Cell, p.o.Mapped)
	key, life := p.readPerson(b, cells)
	return claim{key, life.ended || p.saysInactive(cells)}, nil
}

// saysInactive reports whether HR's status of a person is inactive.
func (c *Comparison) saysInactive(cells []export.Cell) bool {
	return c.status >= 0 && c.status < len(cells) && cells[c.status].State == export.Set && export.Truth(cells[c.status].Text) == "false"
}

// shared judges a person whose one user is another person's, or that of several. A record that has ended has no user of its own then,
// unless the user has its number and not that of the other.
func (w *walk) shared(f *Finding, at, one int32, ended bool) error {
	f.Class, f.Doubt = Unclear, TakenTwice
	whose := w.users[one].whose
	if whose == noOne {
		return nil
	}
	owner, err := w.claim(whose)
	if err != nil {
		return err
	}
	f.Whose = owner.key
	if ended && (!w.hasNumber(at, one) || w.hasNumber(whose, one)) {
		f.Class, f.Doubt, f.Column = HandedOver, NoDoubt, ""
	}
	return nil
}

// leaver judges a person who has ended and has no user. Where an active user has their login, address or number, it may be theirs
// after all; unless it is that of another person of HR's, whom the account has gone over to.
func (w *walk) leaver(f *Finding, said []uint64) error {
	alone := f.Class
	for _, k := range w.unique {
		if said[k] == 0 {
			continue
		}
		var err error
		near, used, owned := w.byColumn[k].find(said[k]), false, int32(noOne)
		for _, one := range near {
			switch u := &w.users[one]; {
			case !u.active:
			case u.whose == noOne:
				used = true
			default:
				owned = u.whose
			}
		}
		switch {
		case used:
			if f.Class, f.Whose = alone, ""; alone == LeaverGone {
				f.Class = Unclear
			}
			return w.doubt(f, k, near)
		case owned != noOne && f.Class == alone:
			var owner claim
			owner, err = w.claim(owned)
			f.Class, f.Doubt, f.Column, f.Others, f.Whose = HandedOver, NoDoubt, "", nil, owner.key
		case len(near) > 0 && f.Class == alone && f.Doubt == NoDoubt:
			err = w.doubt(f, k, near)
		}
		if err != nil {
			return err
		}
	}
	if f.Class == HandedOver {
		f.Cause = NoCause
	}
	return nil
}
