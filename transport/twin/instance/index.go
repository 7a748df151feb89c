package instance

import (
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

// What the directory keeps beside the users, so that neither a row nor a question costs a walk through all of them. All
// of it expects the lock held.

// Looked counts the users that were looked at for questions and for managers, for a test of what a row costs.
func (d *Users) Looked() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.looked
}

// link and unlink keep who shows whom as manager.
func (d *Users) link(u *account) {
	boss, ok := bossOf(u)
	if !ok {
		return
	}
	if d.reports[boss] == nil {
		d.reports[boss] = map[int64]bool{}
	}
	d.reports[boss][u.id] = true
}

func (d *Users) unlink(u *account) {
	if boss, ok := bossOf(u); ok {
		delete(d.reports[boss], u.id)
	}
}

func bossOf(u *account) (int64, bool) {
	boss, _ := u.shown["manager"].(payload.Record)
	id, ok := boss["id"].(int64)
	return id, ok
}

// enlist keeps the ids in their order.
func (d *Users) enlist(id int64) {
	if i, known := slices.BinarySearch(d.ids, id); !known {
		d.ids = slices.Insert(d.ids, i, id)
	}
}

// candidates returns, by id, the users among whom all are that q asks for: those with a key that it names, or else all.
func (d *Users) candidates(q payload.Query) []payload.Record {
	ids, ok := d.named(q)
	if !ok {
		ids = d.ids
	}
	records := make([]payload.Record, 0, len(ids))
	for _, id := range ids {
		records = append(records, d.users[id].shown)
		d.looked++
	}
	return records
}

// named returns the ids of those whose key one of the conditions names; false where none does, or where keys are
// compared otherwise by now than they were when the index was made.
func (d *Users) named(q payload.Query) ([]int64, bool) {
	if d.folds != (d.board.Get().LoginCase == "fold") {
		return nil, false
	}
	for _, c := range q.Conditions {
		keys, unique := d.unique[c.Path[0]]
		if !unique || len(c.Path) > 1 || c.Op != "" && c.Op != "in" {
			continue
		}
		values := []string{c.Value}
		if c.Op == "in" {
			values = strings.Split(c.Value, ",")
		}
		var ids []int64
		for _, value := range values {
			value = strings.TrimSpace(value)
			if n, err := payload.ParseInt(value); err == nil && c.Path[0] == "id" {
				value = payload.TextOf(n) // +7 and 007 are 7
			}
			if value == "" { // those who have none
				return nil, false
			}
			if id, ok := keys[d.fold(value)]; ok {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		return slices.Compact(ids), true
	}
	return nil, false
}
