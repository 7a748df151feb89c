package instance

import (
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

// Indexes over the users, so that neither a row nor a query has to go through all of them. All methods but Looked expect
// the lock to be held.

// Looked returns how many users were looked at for queries and managers. A test uses it to measure what a row costs.
func (d *Users) Looked() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.looked
}

// link and unlink maintain the index of which users show whom as manager.
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

// enlist adds an id to the sorted list.
func (d *Users) enlist(id int64) {
	if i, known := slices.BinarySearch(d.ids, id); !known {
		d.ids = slices.Insert(d.ids, i, id)
	}
}

// candidates returns, sorted by id, all users that q can match: those with a key that it names, or else all users.
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

// named returns the ids of the users whose key one of the conditions names. It returns false if no condition does, or if keys
// are now compared in another way than when the index was made.
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
			if value == "" { // users without the key
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
