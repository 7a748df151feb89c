package planning

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// RuleApprover marks a row that is sent with an approver who is inactive.
const RuleApprover = "approver"

const (
	sayLeaves       = "names a person whose status is inactive at %s"
	sayInactive     = "names a user who is inactive in Coupa (Coupa id %s)"
	sayInactiveSent = "names a person who was last sent as inactive"
	askApprover     = "name an approver in HR who stays"
)

// superiors are the approvers whom the rows of a chunk or of a plan name, and the people who become inactive by it. Who is
// named may leave in a later row, so they are compared when all rows are known.
type superiors struct {
	named [][]naming // by chunk
	shown []seenInactive
	unmet []follower
	// refused are the people whose rows are quarantined.
	refused []leaving
	left    []leaving
	back    []uint64 // logins of people who become active again
}

// naming is a row that names an approver, in few bytes: there may be one for each record.
type naming struct {
	approver   uint64 // hash of the login
	file, line uint32
}

// seenInactive is a row with an approver whom Coupa shows as inactive.
type seenInactive struct {
	naming
	id string
}

// leaving is a row that makes or leaves its person inactive, or one that is quarantined.
type leaving struct {
	login uint64
	at    export.Origin
}

// approver returns the column of approvers; -1 where the survey does not look at it, or where the plan is only a first look.
func (s *survey) approver(p *Planner) int {
	if !s.look.on || p.Notes != nil {
		return -1
	}
	return s.look.approver
}

// superior notes what a sound row says of approvers. A person who becomes inactive needs none, and neither does a row that is
// not sent since Coupa holds it.
func (e *encoder) superior(b *built, one *rowDraft, kinds export.ChangeKinds, outcome export.Outcome) {
	if e.approver < 0 {
		return
	}
	var buf [128]byte
	login := e.text(one, e.login)
	if e.text(one, e.status) == export.StatusInactive {
		b.approvers.left = append(b.approvers.left, leaving{hashFold(e.s.seed, login, buf[:0]), one.row.Origin})
		return
	}
	if kinds.Has(export.ChangeReactivation) {
		b.approvers.back = append(b.approvers.back, hashFold(e.s.seed, login, buf[:0]))
	}
	approver := one.row.Cells[e.approver].SetText()
	if approver == "" || outcome == export.Unchanged {
		return
	}
	n := naming{hashFold(e.s.seed, approver, buf[:0]), e.fileOf(one.row.Origin.File), uint32(one.row.Origin.Line)}
	if e.p.Answers != nil {
		if id, inactive := e.p.Answers.Inactive(approver); inactive {
			b.approvers.shown = append(b.approvers.shown, seenInactive{n, id})
			return
		}
		if e.p.Answers.Unmet(approver) {
			b.approvers.unmet = append(b.approvers.unmet, follower{n, hashFold(e.s.seed, login, buf[:0])})
		}
	}
	if b.approvers.named == nil {
		b.approvers.named = [][]naming{make([]naming, 0, b.input)}
	}
	b.approvers.named[0] = append(b.approvers.named[0], n)
}

// fileOf returns the index of a file of the feed. It is usually that of the row before.
func (e *encoder) fileOf(name string) uint32 {
	if e.files[e.file] != name {
		e.file = slices.Index(e.files, name)
	}
	return uint32(e.file)
}

// add adds those of another chunk.
func (s *superiors) add(more *superiors) {
	s.named = append(s.named, more.named...)
	s.unmet, s.refused = append(s.unmet, more.unmet...), append(s.refused, more.refused...)
	s.shown, s.left, s.back = append(s.shown, more.shown...), append(s.left, more.left...), append(s.back, more.back...)
}

// doubts returns a warning for each row whose approver is inactive once the plan is loaded, in the order of the feed.
func (s *superiors) doubts(p *Planner, seen *survey) []export.Fault {
	if len(s.named)+len(s.shown) == 0 {
		return nil
	}
	left := make(map[uint64]export.Origin, len(s.left))
	for _, l := range s.left {
		if _, known := left[l.login]; !known {
			left[l.login] = l.at
		}
	}
	sent := s.sentInactive(p, seen)
	var may sieve
	for login := range left {
		may.put(login)
	}
	for login := range sent {
		may.put(login)
	}
	type doubt struct {
		naming
		message string
	}
	var found []doubt
	say := func(n naming, otherwise string) {
		if at, leaves := left[n.approver]; leaves {
			otherwise = fmt.Sprintf(sayLeaves, at)
		}
		if otherwise != "" {
			found = append(found, doubt{n, otherwise})
		}
	}
	for _, chunk := range s.named {
		for _, n := range chunk {
			if may.has(n.approver) {
				say(n, sent[n.approver])
			}
		}
	}
	for _, n := range s.shown {
		if slices.Contains(s.back, n.approver) {
			say(n.naming, "")
		} else {
			say(n.naming, fmt.Sprintf(sayInactive, n.id))
		}
	}
	slices.SortStableFunc(found, func(a, b doubt) int { return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line)) })
	names, doubts := p.Feed.Names(), make([]export.Fault, len(found))
	for i, d := range found {
		doubts[i] = export.Fault{
			Origin: export.Origin{File: names[d.file], Line: int(d.line)}, Field: export.ColumnApprover, Rule: RuleApprover, Message: d.message, Hint: askApprover,
		}
	}
	return doubts
}

// sieve is a small set of hashes that also has some others. Nearly no approver leaves, and this spares a look into a map for
// each row.
type sieve [1 << 10]uint64

func (v *sieve) put(h uint64)      { v[h>>48>>6] |= 1 << (h >> 48 & 63) }
func (v *sieve) has(h uint64) bool { return v[h>>48>>6]>>(h>>48&63)&1 == 1 }

// sentInactive returns what is doubtful of the logins, as hashes, of people who were last sent as inactive and are not sent as
// active now. It is for plans of which Coupa was not asked. An earlier number of a person may be inactive and a newer one active.
func (s *superiors) sentInactive(p *Planner, seen *survey) map[uint64]string {
	if p.Answers != nil || p.Memory == nil || p.Compare == nil || s.named == nil {
		return nil
	}
	var buf [128]byte
	inactive := map[uint64]string{}
	p.Memory.Each(func(known export.Person) {
		if known.Status == export.StatusInactive && known.Login != "" {
			inactive[hashFold(seen.seed, known.Login, buf[:0])] = sayInactiveSent
		}
	})
	if len(inactive) == 0 {
		return nil
	}
	p.Memory.Each(func(known export.Person) {
		if known.Status != export.StatusInactive {
			delete(inactive, hashFold(seen.seed, known.Login, buf[:0]))
		}
	})
	for _, login := range s.back {
		delete(inactive, login)
	}
	return inactive
}
