package directory

import (
	"context"
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
)

// Adoptions say which accounts go over to another record of HR. Where one is false, such rows are held back for a person to
// decide.
type Adoptions struct {
	Rehire   bool // an inactive account with the person's login and another employee number
	Number   bool // an active one
	Handover bool // the account of an ended record, to the record of the same feed that has its login or e-mail address now
}

const (
	sayHandover   = "%s has it too: its account (Coupa id %s) may go over from one record to the other"
	sayTwoOfOne   = "%s has it too, and both have an account in Coupa (Coupa ids %s and %s)"
	sayInactive   = "an inactive account has it with another number (Coupa id %s): the person may be back under a new one"
	sayHandedOver = "the record has ended, and the account is that of %s"
	sayAsked      = "its account has the login or the e-mail address of another record, and whose it is must be decided first (Coupa id %s, %s)"
	sayNoAccount  = "Coupa has no user of this person, so there is none to deactivate"
	saySwap       = "%s has it in Coupa (Coupa id %s) and is to get another one, which leads back to this row: they swap"
	ruleHandover  = "handover"
)

// strange is a user that a person's login leads to and that has another number than HR.
type strange struct {
	user   *export.User // nil where it is the person's user already
	column string
	rule   string
	say    string
}

// renumbered notes that the login leads to a user with another number. What becomes of it is decided once all people were
// looked up.
func (f *Preflight) renumbered(one *identity, rule, say string) {
	one.strange = &strange{nil, export.ColumnNumber, rule, say}
}

// former looks for users with the login of people whose number leads to no one.
func (f *Preflight) former(ctx context.Context, people []*identity) error {
	if f.Match != nil || !f.Adopt.Rehire && !f.Adopt.Number {
		return nil
	}
	open := those(people, func(one *identity) bool {
		return one.id == "" && !one.bad && one.key == export.ColumnNumber && one.says(export.ColumnLogin) != ""
	})
	return f.find(ctx, open, export.ColumnLogin, f.wanted(), func(one *identity, by export.Element, found []export.User) {
		u, err := export.One(found, by, one.says(export.ColumnLogin))
		if err != nil {
			one.asked = len(found) == 0
			return // several are told where the owners of values are looked up
		}
		one.strange = &strange{&u, export.ColumnLogin, "number", fmt.Sprintf(sayOtherNumber, u.ID)}
	})
}

// adopts decides which of the strange users become those of the people whose logins lead to them.
func (f *Preflight) adopts(people []*identity) {
	numbers := map[string]*identity{}
	for _, one := range people {
		if n := one.says(export.ColumnNumber); n != "" && !f.leaves(one) {
			numbers[export.FoldText(n)] = one
		}
	}
	for _, one := range people {
		s := one.strange
		if s == nil || one.bad {
			continue
		}
		was := *one
		if s.user != nil {
			f.take(&was, *s.user)
		}
		number, shown := was.value(export.ColumnNumber)
		status, known := f.status(&was)
		inactive := known && status == export.StatusInactive
		_, claimed := numbers[export.FoldText(number)]
		switch {
		case shown && number != "" && !claimed && known && (inactive && f.Adopt.Rehire || !inactive && f.Adopt.Number):
			if s.user != nil {
				f.take(one, *s.user)
			}
		case inactive && !claimed:
			f.asker(was.id, one)
			one.asked = true
			f.fault(one, s.column, s.rule, fmt.Sprintf(sayInactive, was.id))
		case s.user != nil: // its owner is looked up with those of the other values
		default:
			f.fault(one, s.column, s.rule, s.say)
		}
	}
}

// status returns the status of a person's user in the words of the column Status, and whether the answer showed it.
func (f *Preflight) status(one *identity) (status string, shown bool) {
	e, ok := f.Element(export.ColumnStatus)
	text, shown := one.value(export.ColumnStatus)
	return export.Value{Text: text}.Show(e.Kind), ok && shown
}

// leaves reports whether a row only makes its person inactive.
func (f *Preflight) leaves(one *identity) bool { return f.Leaving != nil && f.Leaving(one.origin) }

// leavers decides about the rows that only make people inactive, once all others are. An account that has gone over to another record
// is not theirs any more. One that another record asks for is left alone until it is decided whose it is.
func (f *Preflight) leavers(people []*identity) {
	has := map[string]*identity{}
	for _, one := range people {
		switch {
		case one.id == "" || f.leaves(one):
		case len(f.faults[one.person]) > 0:
			f.asker(one.id, one)
		default:
			has[one.id] = one
		}
	}
	for _, one := range people {
		if one.bad || !f.leaves(one) {
			continue
		}
		heir, asker := has[one.id], f.askers[one.id]
		switch {
		case one.id == "":
			f.moot(one, export.Fault{Rule: "gone", Message: sayNoAccount})
		case heir != nil:
			f.moot(one, export.Fault{Rule: ruleHandover, Message: fmt.Sprintf(sayHandedOver, heir.origin)})
		case asker != nil:
			f.fault(one, "", ruleHandover, fmt.Sprintf(sayAsked, one.id, asker.origin))
		}
	}
}

// moot notes that nothing is to be sent of a person.
func (f *Preflight) moot(one *identity, why export.Fault) {
	one.id, one.whole, one.strange, one.bad = "", nil, nil, true
	f.moots[one.person] = why
}

// asker notes that a row has the login or the e-mail address of an account that is not its own.
func (f *Preflight) asker(id string, one *identity) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if before := f.askers[id]; before == nil || byOrigin(one, before) < 0 {
		f.askers[id] = one
	}
}

// pair is an ended record of the feed and another one, of which one has the login or the e-mail address of the other. Where both have
// ended, now is the one that has the account.
type pair struct {
	ended, now *identity
	column     string
}

// owns reports whether a record of the pair has the number of the account that was found.
func (p pair) owns(one *identity) bool {
	of := p.ended
	if of.id == "" {
		of = p.now
	}
	number, _ := of.value(export.ColumnNumber)
	return of.id != "" && one.says(export.ColumnNumber) != "" && export.FoldText(one.says(export.ColumnNumber)) == export.FoldText(number)
}

// pairs finds the pairs among the people. Who shares values with several others is in none.
func (f *Preflight) pairs(people []*identity) (out []pair) {
	in := map[*identity]*pair{}
	mixed := map[*identity]bool{}
	for _, column := range []string{export.ColumnLogin, export.ColumnEmail} {
		by := map[string][]*identity{}
		for _, one := range people {
			if text := export.FoldText(one.says(column)); text != "" {
				by[text] = append(by[text], one)
			}
		}
		for _, one := range people {
			same := by[export.FoldText(one.says(column))]
			if len(same) < 2 || same[0] != one {
				continue
			}
			p := pair{same[0], same[1], column}
			if !p.ended.ended || p.now.ended && p.owns(p.ended) {
				p.ended, p.now = p.now, p.ended
			}
			before, twice := in[p.ended], in[p.now]
			switch {
			case before != nil && before == twice && before.now == p.now: // by both columns
			case len(same) > 2 || !p.ended.ended || before != nil || twice != nil:
				for _, other := range same {
					mixed[other] = true
				}
			default:
				in[p.ended], in[p.now] = &p, &p
				out = append(out, p)
			}
		}
	}
	clean := out[:0]
	for _, p := range out {
		if !mixed[p.ended] && !mixed[p.now] {
			clean = append(clean, p)
		}
	}
	return clean
}

// handOver decides about the pairs. The ended record has no account of its own any more where it has gone over already, or goes
// over now: then nothing of it is sent.
func (f *Preflight) handOver(people []*identity) {
	for _, p := range f.pairs(people) {
		switch {
		case p.ended.bad || p.now.bad:
			continue
		case p.ended.id != "" && p.now.id != "" && p.ended.id != p.now.id:
			f.fault(p.ended, p.column, "unique", fmt.Sprintf(sayTwoOfOne, p.now.origin, p.ended.id, p.now.id))
			f.fault(p.now, p.column, "unique", fmt.Sprintf(sayTwoOfOne, p.ended.origin, p.now.id, p.ended.id))
			p.ended.bad, p.now.bad = true, true
		case p.ended.id == "" || p.ended.id == p.now.id && p.owns(p.now): // it never had one, or it has gone over
			f.gone(p)
		case p.now.id != "" && !p.owns(p.ended): // one account, and the number of neither of them: decided as for anybody else
		case f.Adopt.Handover:
			p.now.id, p.now.values, p.now.shown, p.now.whole, p.now.strange = p.ended.id, p.ended.values, p.ended.shown, p.ended.whole, nil
			for i := range p.now.also {
				p.now.also[i].value, p.now.also[i].shown = p.ended.also[i].value, p.ended.also[i].shown
			}
			f.gone(p)
		default:
			f.fault(p.ended, p.column, ruleHandover, fmt.Sprintf(sayHandover, p.now.origin, p.ended.id))
			f.fault(p.now, p.column, ruleHandover, fmt.Sprintf(sayHandover, p.ended.origin, p.ended.id))
			p.ended.bad, p.now.bad = true, true
		}
	}
}

// gone notes that nothing is to be sent of the ended record of a pair.
func (f *Preflight) gone(p pair) {
	f.moot(p.ended, export.Fault{Rule: ruleHandover, Message: fmt.Sprintf(sayHandedOver, p.now.origin)})
	f.owns[p.now.person] = true
}

// Moot returns why nothing is to be sent of a person: the account has gone over to another record, or there is none to take away.
// ok is false for nearly everybody.
func (f *Preflight) Moot(person string) (why export.Fault, ok bool) {
	why, ok = f.moots[person]
	return why, ok
}

// Sorted reports whether it is known who has the account that two records of the feed claim, one of which has ended.
func (f *Preflight) Sorted(person string) bool { return f.owns[person] }

// swaps replaces the faults of people who are to get each other's login or e-mail address, in a circle of any length: no order
// of the rows could do that, and planning them again does not help.
func (f *Preflight) swaps(people []*identity) {
	for _, column := range []string{export.ColumnLogin, export.ColumnEmail} {
		has := map[string]*identity{}
		for _, one := range people {
			if value, shown := one.value(column); shown && one.id != "" && value != "" {
				has[export.FoldText(value)] = one
			}
		}
		next := func(one *identity) *identity {
			if one == nil || one.says(column) == "" || one.id == "" || !one.differs(column) {
				return nil
			}
			return has[export.FoldText(one.says(column))]
		}
		for _, one := range people {
			first := next(one)
			at := first
			for steps := 0; at != nil && at != one && steps < len(people); steps++ {
				at = next(at)
			}
			if at != nil && at == one {
				f.swap(one, first, column)
			}
		}
	}
}

func (f *Preflight) swap(one, other *identity, column string) {
	found := f.faults[one.person]
	for i := range found {
		if found[i].Field == column && found[i].Rule == "taken" {
			found[i].Rule, found[i].Message = "swap", fmt.Sprintf(saySwap, other.origin, other.id)
		}
	}
}
