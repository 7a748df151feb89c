package instance

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// account is one user: what the API shows, and what was loaded into columns without an API element.
type account struct {
	id            int64
	shown, hidden payload.Record
}

func (u *account) clone() *account {
	return &account{id: u.id, shown: u.shown.Clone(), hidden: u.hidden.Clone()}
}

func (u *account) put(c *column, v any) {
	if c.hidden {
		u.hidden.Put(c.path, v)
		return
	}
	u.shown.Put(c.path, v)
}

func (u *account) same(other *account) bool {
	return reflect.DeepEqual(u.shown, other.shown) && reflect.DeepEqual(u.hidden, other.hidden)
}

func (u *account) asManager() payload.Record {
	return payload.Record{"id": u.id, "login": u.shown.Text("login"), "email": u.shown.Text("email")}
}

// Users are the users of the instance. The exported methods take the lock where they need it, and the others expect it to be
// held.
type Users struct {
	board *switchboard.Board
	now   func() time.Time
	cols  []*column
	refs  *references

	mu      sync.Mutex
	users   map[int64]*account
	ids     []int64                     // of all users, in order
	unique  map[string]map[string]int64 // element, folded value, id
	folds   bool                        // whether values were folded for unique
	reports map[int64]map[int64]bool    // id of a manager, ids of those who show them
	nextID  int64
	looked  int // see Looked
}

// newUsers takes the users of the seed as they are. They must have logins and must not share keys.
func newUsers(s beginning, board *switchboard.Board, now func() time.Time) (*Users, error) {
	cols := userColumns(s.custom)
	d := &Users{board: board, now: now, cols: cols, refs: newReferences(s, cols), users: map[int64]*account{}, unique: map[string]map[string]int64{}, nextID: 1,
		folds: board.Get().LoginCase == "fold", reports: map[int64]map[int64]bool{}}
	for _, c := range cols {
		if c.Unique {
			d.unique[c.path[0]] = map[string]int64{}
		}
	}
	for _, rec := range s.users {
		if id, ok := rec["id"].(int64); ok && id >= d.nextID {
			d.nextID = id + 1
		}
	}
	for i, rec := range s.users {
		if err := d.seat(rec); err != nil {
			return nil, fmt.Errorf("seed: users[%d]: %w", i, err)
		}
	}
	d.linkManagers()
	return d, nil
}

func (d *Users) seat(rec payload.Record) error {
	if rec.Text("login") == "" {
		return fmt.Errorf("login is missing")
	}
	u := &account{shown: rec, hidden: payload.Record{}}
	u.id, _ = rec["id"].(int64)
	if u.id == 0 {
		u.id = d.nextID
		d.nextID++
	}
	for element, keys := range d.unique {
		if id, taken := keys[d.fold(payload.TextOf(keyOf(u, element)))]; taken {
			return fmt.Errorf("%s belongs to user %d as well", element, id)
		}
	}
	d.complete(u)
	d.store(u)
	return nil
}

// complete adds to a new account what Coupa fills in by itself.
func (d *Users) complete(u *account) {
	now := payload.Stamp(d.now())
	defaults := payload.Record{"id": u.id, "active": true, "created-at": now, "updated-at": now, "employee-number": nil,
		"manager": nil, "department": nil, "roles": []any{}}
	for element, v := range defaults {
		if _, ok := u.shown[element]; !ok || element == "id" {
			u.shown[element] = v
		}
	}
	if u.shown["default-currency"] == nil {
		u.shown["default-currency"] = d.refs.reportingCurrency()
	}
	u.shown["fullname"] = fullName(u.shown)
}

func fullName(r payload.Record) string {
	return strings.TrimSpace(r.Text("firstname") + " " + r.Text("lastname"))
}

// store replaces the account with the same id and maintains the indexes.
func (d *Users) store(u *account) {
	if old := d.users[u.id]; old != nil {
		for element, keys := range d.unique {
			delete(keys, d.fold(payload.TextOf(keyOf(old, element))))
		}
		d.unlink(old)
	}
	d.users[u.id] = u
	d.enlist(u.id)
	d.link(u)
	for element, keys := range d.unique {
		if text := payload.TextOf(keyOf(u, element)); text != "" {
			keys[d.fold(text)] = u.id
		}
	}
}

func keyOf(u *account, element string) any { return u.shown[element] }

// fold makes two spellings of a key equal, or keeps them distinct, as the switch says.
func (d *Users) fold(text string) string {
	if d.board.Get().LoginCase == "exact" {
		return text
	}
	return strings.ToLower(text)
}

func (d *Users) find(element, text string) *account {
	if text == "" {
		return nil
	}
	return d.users[d.unique[element][d.fold(text)]]
}

func (d *Users) byLogin(login string) *account { return d.find("login", login) }

// linkManagers completes what users show of their managers, once all users are known.
func (d *Users) linkManagers() {
	for _, u := range d.users {
		boss, ok := u.shown["manager"].(payload.Record)
		if !ok {
			continue
		}
		found := d.byLogin(boss.Text("login"))
		if id, isID := boss["id"].(int64); isID && d.users[id] != nil {
			found = d.users[id]
		}
		if found != nil {
			d.unlink(u)
			u.shown["manager"] = found.asManager()
			d.link(u)
		}
	}
}

// showManager updates what the reports of a manager show, since logins change.
func (d *Users) showManager(boss *account) {
	for id := range d.reports[boss.id] {
		d.users[id].shown["manager"] = boss.asManager()
		d.looked++
	}
}

// takenKeys returns an error in Coupa's words for each key of the draft that belongs to another user.
func (d *Users) takenKeys(draft *account) []FieldError {
	var errs []FieldError
	for _, c := range d.cols {
		if !c.Unique || c.Name == "Id" {
			continue
		}
		text := draft.shown.Text(c.path...)
		if owner := d.find(c.path[0], text); owner != nil && owner.id != draft.id {
			errs = append(errs, FieldError{c.attr, text, c.label + " has already been taken"})
		}
	}
	return errs
}

// blankRequired returns an error for each required element of the draft that is blank.
func (d *Users) blankRequired(draft *account) []FieldError {
	var errs []FieldError
	for _, c := range d.cols {
		if c.Required && draft.shown.Text(c.path...) == "" {
			errs = append(errs, FieldError{c.attr, "", c.label + " can't be blank"})
		}
	}
	return errs
}

// commit makes the draft the account, a new one if it has no id, and reports whether that changed anything.
func (d *Users) commit(draft *account) (changed bool) {
	draft.shown["fullname"] = fullName(draft.shown)
	old := d.users[draft.id]
	if old == nil {
		draft.id = d.nextID
		d.nextID++
		draft.shown["id"] = draft.id
		d.complete(draft)
		d.nameMention(draft)
		d.store(draft)
		return true
	}
	if old.same(draft) {
		return false
	}
	draft.shown["updated-at"] = payload.Stamp(d.now())
	d.store(draft)
	if old.shown.Text("login") != draft.shown.Text("login") || old.shown.Text("email") != draft.shown.Text("email") {
		d.showManager(draft)
	}
	return true
}

// nameMention derives the mention name from first and last name ("Users Import"); the id keeps it unique.
func (d *Users) nameMention(u *account) {
	if u.shown.Text("mention-name") != "" {
		return
	}
	base := strings.ReplaceAll(fullName(u.shown), " ", "")
	name := base
	for n := u.id; d.find("mention-name", name) != nil; n++ {
		name = base + strconv.FormatInt(n, 10)
	}
	u.shown["mention-name"] = name
}

// All returns copies of all accounts, sorted by id.
func (d *Users) All() []payload.Record {
	return d.List(payload.Query{Limit: math.MaxInt, OrderBy: []string{"id"}}, false)
}

// List returns copies of a page of the accounts that q asks for. With fold, case does not matter.
func (d *Users) List(q payload.Query, fold bool) []payload.Record {
	d.mu.Lock()
	defer d.mu.Unlock()
	records := d.candidates(q)
	page := q.Run(records, fold)
	for i := range page {
		page[i] = page[i].Clone()
	}
	return page
}

// Get returns a copy of the account with this id.
func (d *Users) Get(id int64) (payload.Record, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, ok := d.users[id]
	if !ok {
		return nil, false
	}
	return u.shown.Clone(), true
}

// GetByLogin returns a copy of the account with this login.
func (d *Users) GetByLogin(login string) (payload.Record, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.byLogin(login)
	if u == nil {
		return nil, false
	}
	return u.shown.Clone(), true
}
