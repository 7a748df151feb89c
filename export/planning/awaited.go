package planning

import (
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
)

// RuleAwaits marks a row whose approver is new and does not come: the approver's own row is not sent.
const RuleAwaits = "awaits"

const (
	sayAwaits   = "waits for the person of %s, who is quarantined"
	sayAwaitsOn = "waits for the person of %s, who waits too"
	freeAwaits  = "fix the row of the approver first, then hr2coupa run --again"
)

// follower is a row with an approver whom Coupa does not know.
type follower struct {
	naming
	login uint64 // hash of the login of the row's own person
}

// awaited is an approver whose row is not sent.
type awaited struct {
	at    export.Origin
	waits bool // the row breaks no rule, and waits for an approver itself
}

// refuse notes the login of a quarantined row: others may name it as approver.
func (e *encoder) refuse(b *built, one *rowDraft) {
	if e.approver < 0 || e.p.Answers == nil {
		return
	}
	if login := e.text(one, e.login); login != "" {
		var buf [128]byte
		b.approvers.refused = append(b.approvers.refused, leaving{hashFold(e.s.seed, login, buf[:0]), one.row.Origin})
	}
}

// awaits returns why a sound row is not sent: Coupa does not know its approver, who does not come with this plan. A person who
// becomes inactive needs none.
func (e *encoder) awaits(one *rowDraft, outcome export.Outcome) *export.Fault {
	if e.approver < 0 || outcome != "" && outcome != export.Held || e.text(one, e.status) == export.StatusInactive {
		return nil
	}
	var buf [128]byte
	approver := one.row.Cells[e.approver].SetText()
	boss, stays := e.s.awaited[hashFold(e.s.seed, approver, buf[:0])]
	if !stays || !e.p.Answers.Unmet(approver) {
		return nil
	}
	f := &export.Fault{
		Origin: one.row.Origin, Field: export.ColumnApprover, Rule: RuleAwaits, Message: fmt.Sprintf(sayAwaits, boss.at), Hint: freeAwaits,
		Value: export.AtStake(export.ColumnApprover, approver),
	}
	if boss.waits {
		f.Message = fmt.Sprintf(sayAwaitsOn, boss.at)
	}
	return f
}

// awaited returns the approvers who do not come and whom rows name, as hashes of their logins: those who are quarantined, and those
// who wait for one of them.
func (s *superiors) awaited(p *Planner) map[uint64]awaited {
	if len(s.unmet) == 0 || len(s.refused) == 0 {
		return nil
	}
	behind := map[uint64][]follower{}
	for _, f := range s.unmet {
		behind[f.approver] = append(behind[f.approver], f)
	}
	names, out := p.Feed.Names(), map[uint64]awaited{}
	var open []uint64
	stop := func(login uint64, by awaited) {
		if _, known := out[login]; !known && len(behind[login]) > 0 {
			out[login], open = by, append(open, login)
		}
	}
	for _, r := range s.refused {
		stop(r.login, awaited{at: r.at})
	}
	for len(open) > 0 {
		next := open[0]
		open = open[1:]
		for _, f := range behind[next] {
			stop(f.login, awaited{export.Origin{File: names[f.file], Line: int(f.line)}, true})
		}
	}
	return out
}
