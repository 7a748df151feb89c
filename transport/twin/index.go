package twin

import (
	"slices"
	"strings"
)

// What the directory keeps beside the users, so that neither a row nor a question costs a walk through all of them. All
// of it expects the lock held.

// link and unlink keep who shows whom as manager.
func (d *directory) link(u *user) {
	boss, ok := bossOf(u)
	if !ok {
		return
	}
	if d.reports[boss] == nil {
		d.reports[boss] = map[int64]bool{}
	}
	d.reports[boss][u.id] = true
}

func (d *directory) unlink(u *user) {
	if boss, ok := bossOf(u); ok {
		delete(d.reports[boss], u.id)
	}
}

func bossOf(u *user) (int64, bool) {
	boss, _ := u.shown["manager"].(Record)
	id, ok := boss["id"].(int64)
	return id, ok
}

// enlist keeps the ids in their order.
func (d *directory) enlist(id int64) {
	if i, known := slices.BinarySearch(d.ids, id); !known {
		d.ids = slices.Insert(d.ids, i, id)
	}
}

// candidates returns, by id, the users among whom all are that q asks for: those with a key that it names, or else all.
func (d *directory) candidates(q query) []Record {
	ids, ok := d.named(q)
	if !ok {
		ids = d.ids
	}
	records := make([]Record, 0, len(ids))
	for _, id := range ids {
		records = append(records, d.users[id].shown)
		d.looked++
	}
	return records
}

// named returns the ids of those whose key one of the conditions names; false where none does, or where keys are
// compared otherwise by now than they were when the index was made.
func (d *directory) named(q query) ([]int64, bool) {
	if d.folds != (d.sw.Load().LoginCase == "fold") {
		return nil, false
	}
	for _, c := range q.conditions {
		keys, unique := d.unique[c.path[0]]
		if !unique || len(c.path) > 1 || c.op != "" && c.op != "in" {
			continue
		}
		values := []string{c.value}
		if c.op == "in" {
			values = strings.Split(c.value, ",")
		}
		var ids []int64
		for _, value := range values {
			value = strings.TrimSpace(value)
			if n, err := parseInt(value); err == nil && c.path[0] == "id" {
				value = textOf(n) // +7 and 007 are 7
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
