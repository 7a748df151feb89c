package planning

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// reporting is what a hand-over has to know of a person of the feed.
type reporting struct {
	key                     string
	at                      export.Origin
	login, status, approver string
}

func (r *reporting) leaves() bool { return strings.EqualFold(r.status, export.StatusInactive) }

// HandOver reads the feed once more and returns who of it reports to a person who is inactive, or becomes so: sent or not, and also
// where the row is quarantined or as Coupa has it. All people of the feed are in memory meanwhile. The mapping has the columns of approvers and of logins.
func (p *Planner) HandOver(ctx context.Context) (*export.HandOver, error) {
	cols := p.Mapping.Columns()
	login, approver, status := slices.Index(cols, export.ColumnLogin), slices.Index(cols, export.ColumnApprover), slices.Index(cols, export.ColumnStatus)
	at, people := map[string]int{}, []reporting{}
	err := parallel(ctx, p, func(w *worker, c export.Chunk) (out []reporting, err error) {
		err = p.each(w, c, func(rec *export.Record, person string, m export.RowMapper) error {
			if m == nil {
				return nil
			}
			text := func(col int) string {
				if col < 0 { // Status may not be mapped
					return ""
				}
				cell, _ := m.MapColumn(rec, col) // its fault is told by the plan
				return strings.TrimSpace(strings.Clone(cell.SetText()))
			}
			known, _ := p.before(person)
			out = append(out, reporting{
				strings.Clone(person), export.Origin{File: w.file(rec), Line: rec.Line}, cmp.Or(text(login), known.Login), cmp.Or(text(status), known.Status), text(approver),
			})
			return nil
		})
		return out, err
	}, func(found []reporting) error {
		for _, one := range found {
			i, again := at[one.key]
			if !again {
				at[one.key] = len(people)
				people = append(people, one)
				continue
			}
			one.approver = cmp.Or(one.approver, people[i].approver) // a record that leaves it open takes nothing from an earlier one
			people[i] = one
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p.handOver(people), nil
}

// handOver finds the leavers among the approvers of people.
func (p *Planner) handOver(people []reporting) *export.HandOver {
	h := &export.HandOver{Leavers: []export.Leaver{}}
	inFeed := map[string]*reporting{}
	for i := range people {
		login := export.FoldText(people[i].login)
		if inFeed[login] == nil || !people[i].leaves() { // an ended record and a new one of the same account: who is there stays
			inFeed[login] = &people[i]
		}
	}
	sent := p.lastInactive()
	leavers := map[string]*export.Leaver{} // by login; nil for an approver who stays
	find := func(login string) *export.Leaver {
		key := export.FoldText(login)
		one, known := leavers[key]
		if known {
			return one
		}
		boss := inFeed[key]
		switch {
		case boss != nil && boss.leaves():
			one = &export.Leaver{Login: boss.login, Key: boss.key, Origin: boss.at, From: export.ByFeed}
		case boss != nil && boss.status != "":
		case p.inactive(login):
			one = &export.Leaver{Login: login, From: export.ByCoupa}
		case sent[key]:
			one = &export.Leaver{Login: login, From: export.ByLedger}
		}
		leavers[key] = one
		return one
	}
	for _, one := range people {
		if one.approver == "" || one.leaves() {
			continue
		}
		h.Compared++
		if boss := find(one.approver); boss != nil {
			boss.Reports = append(boss.Reports, export.Follower{Key: one.key, Login: one.login, Origin: one.at})
		}
	}
	for _, one := range leavers {
		if one != nil {
			h.Leavers = append(h.Leavers, *one)
		}
	}
	slices.SortFunc(h.Leavers, func(a, b export.Leaver) int {
		return cmp.Or(cmp.Compare(export.FoldText(a.Login), export.FoldText(b.Login)), cmp.Compare(a.Login, b.Login))
	})
	return h
}

// inactive reports whether Coupa shows the user with a login as inactive.
func (p *Planner) inactive(login string) bool {
	if p.Answers == nil {
		return false
	}
	_, inactive := p.Answers.Inactive(login)
	return inactive
}

// lastInactive returns the folded logins of people who were last sent as inactive, for plans that do not ask Coupa about everyone. An
// earlier number of a person may be inactive and a newer one active.
func (p *Planner) lastInactive() map[string]bool {
	if p.Memory == nil || p.Answers != nil && !p.Trusting {
		return nil
	}
	out := map[string]bool{}
	p.Memory.Each(func(known export.Person) {
		if login := export.FoldText(known.Login); login != "" && known.Status == export.StatusInactive {
			out[login] = true
		}
	})
	p.Memory.Each(func(known export.Person) {
		if known.Status != export.StatusInactive {
			delete(out, export.FoldText(known.Login))
		}
	})
	return out
}
