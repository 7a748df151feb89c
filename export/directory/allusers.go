package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/hr2coupa/hr2coupa/export"
)

// Lister lists all of Coupa's users, page by page. Its errors are those of export.Directory.
type Lister interface {
	// Highest returns the highest number of a user; 0 where there are no users.
	Highest(ctx context.Context) (uint64, error)
	// After returns users by ascending number: those above after and at most through; a through of 0 means no end. more
	// reports whether others may follow. An answer in another order is an error.
	After(ctx context.Context, after, through uint64, want []export.Element) (users []export.User, more bool, err error)
}

const (
	pageUsers  = 50      // users in a page (Querying Options)
	leastCalls = 10      // by key: with fewer calls, reading all users is not considered
	probeCalls = 20      // by key: from this many calls on, one call that shows how densely numbers are taken is worth it
	spareCalls = 3       // calls allowed in addition to a quarter more than expected
	rangePages = 10      // pages that justify one more worker, since each worker costs a page at its end
	mostUsers  = 500_000 // users with keys kept in memory
)

// allUsers is what reading all users has shown.
type allUsers struct {
	columns []string // see others
	ids     []string
	shown   [][]string // by column, the values of all users in the order of ids
	hides   []bool     // by column: a user's value was not shown
}

// shows reports whether the value of every user in a column is known.
func (e *allUsers) shows(column string) bool {
	return e != nil && !e.hides[slices.Index(e.columns, column)]
}

// each calls note with every user's value in a column.
func (e *allUsers) each(column string, note func(id, value string)) {
	if e == nil {
		return
	}
	values := e.shown[slices.Index(e.columns, column)]
	for i, id := range e.ids {
		if values[i] != "" {
			note(id, values[i])
		}
	}
}

func (e *allUsers) add(u export.User, at []export.Element) {
	e.ids = append(e.ids, u.ID)
	for i, element := range at {
		v, shown := u.Value(element)
		e.shown[i] = append(e.shown[i], v.Text)
		e.hides[i] = e.hides[i] || !shown
	}
}

// readAll reads all users where that takes fewer calls than look-ups by key, and notes those who match the people. As
// soon as it needs more calls it stops, and all people are looked up by key.
func (f *Preflight) readAll(ctx context.Context, people, some []*identity) error {
	byKey, after := f.callsAhead(people, some)
	saves := byKey - after
	if f.All == nil || saves < leastCalls || !worth(pages(uint64(max(f.Least, foundAmong(people, some)))), saves) {
		return nil
	}
	r, err := f.reading(people, saves)
	if err == nil {
		err = r.run(ctx)
	}
	_, lost := errors.AsType[*export.NotDeliveredError](err)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case lost:
		return err
	case errors.Is(err, errMore):
		return nil
	case err != nil:
		f.Log.Infof("all users cannot be read, they are asked for by key: %v", err)
		return nil
	}
	f.all = r.all
	for one, found := range r.found {
		for !one.looked {
			by, _ := f.Element(one.key)
			f.byKey(one, by, found)
		}
	}
	return nil
}

// callsAhead estimates from a sample how many calls by key are still to come, and how many of these would remain after
// reading all users: those for people without a user in Coupa.
func (f *Preflight) callsAhead(people, some []*identity) (byKey, after int) {
	if len(some) == 0 {
		return 0, 0
	}
	open := 0
	for _, column := range f.keyOrder() {
		n := len(those(people, func(one *identity) bool { return !one.looked && one.key == column }))
		byKey, open = byKey+Calls(n), open+n
	}
	likely := func(of int, which func(*identity) bool) int {
		return Calls((len(those(some, which))*of + len(some) - 1) / len(some))
	}
	unknown := func(one *identity) bool { return one.id == "" && !one.bad }
	byKey += likely(open, func(one *identity) bool { return one.key != f.firstKey(one) })
	after = likely(open, unknown)
	for _, column := range f.others() {
		byKey += likely(len(people), func(one *identity) bool { return f.asks(one, column) })
		after += likely(len(people), func(one *identity) bool { return f.asks(one, column) && unknown(one) })
	}
	return byKey, after
}

// foundAmong estimates from a sample how many of the people Coupa knows.
func foundAmong(people, some []*identity) int {
	return len(those(some, func(one *identity) bool { return one.id != "" })) * len(people) / len(some)
}

// pages returns how many pages that many users fill.
func pages(users uint64) int { return int(min(users/pageUsers, 1<<40)) + 1 }

// worth reports whether calls are fewer than the calls that they save, with a margin for a wrong estimate.
func worth(calls, saves int) bool { return calls <= saves*4/5 }

// errMore ends a reading that would take more calls than it saves.
var errMore = errors.New("more users than it is worth to read")

// reading is the state of reading all users.
type reading struct {
	*Preflight
	want    []export.Element
	others  []export.Element
	keys    []export.Element
	asked   []map[string][]*identity // by key, the people who are or may be looked up by a value
	saves   int                      // calls that it saves
	most    int                      // calls that it may take: numbers may be taken more densely than expected
	highest uint64

	mu    sync.Mutex
	all   *allUsers
	found map[*identity][]export.User
	calls int
	below uint64 // no user has this number or a lower one
	read  uint64 // numbers above below that have been read
	top   uint64 // the highest number seen
}

// reading prepares to read all users, for the people who have not been looked up.
func (f *Preflight) reading(people []*identity, saves int) (*reading, error) {
	others := f.others()
	r := &reading{Preflight: f, want: f.wanted(), saves: saves, found: map[*identity][]export.User{}}
	r.all = &allUsers{columns: others, shown: make([][]string, len(others)), hides: make([]bool, len(others))}
	for _, column := range others {
		e, ok := f.Element(column)
		if !ok {
			return nil, errMore
		}
		r.others = append(r.others, e)
	}
	for _, column := range f.keyOrder() {
		e, ok := f.Element(column)
		if !ok {
			return nil, errMore
		}
		asked := map[string][]*identity{}
		for _, one := range people {
			if value := export.FoldText(one.says(column)); !one.looked && value != "" && (one.key == column || f.Match != nil) {
				asked[value] = append(asked[value], one)
			}
		}
		r.keys, r.asked = append(r.keys, e), append(r.asked, asked)
		if !slices.ContainsFunc(r.want, func(w export.Element) bool { return w.Path == e.Path }) {
			r.want = append(r.want, e)
		}
	}
	return r, nil
}

// run reads all users: first one page, which shows how densely numbers are taken, then the higher numbers in as many
// ranges as there are useful workers. The last range has no end, since new users may be added.
func (r *reading) run(ctx context.Context) (err error) {
	if r.highest, err = r.All.Highest(ctx); err != nil {
		return err
	}
	r.calls++
	if !worth(pages(r.highest)+1, r.saves) && r.saves < probeCalls {
		return errMore
	}
	last, more, err := r.page(ctx, 0, 0)
	if err == nil && more {
		err = r.rest(ctx, last)
	}
	if err == nil && r.top < r.highest {
		err = fmt.Errorf("they end with id %d, and %d is there", r.top, r.highest)
	}
	return err
}

// rest reads the users with numbers above last, the end of the first page.
func (r *reading) rest(ctx context.Context, last uint64) error {
	left := r.left()
	if last > r.highest || !worth(r.calls+left, r.saves) {
		return errMore
	}
	r.Log.Infof("reading all users of Coupa by ascending id: about %s, instead of about %d by key", Ahead(r.calls+left, r.Rate), r.saves)
	r.most = min(r.saves, r.calls+left+left/4+spareCalls)
	n := uint64(min(max(left/rangePages, 1), max(r.Workers, 1)))
	step := (r.highest - last) / n
	return atOnce(ctx, r.Workers, int(n), func(ctx context.Context, i int) error {
		after, through := last+uint64(i)*step, last+uint64(i+1)*step
		if uint64(i) == n-1 {
			through = 0
		}
		return r.span(ctx, after, through)
	})
}

// span reads the users of one range.
func (r *reading) span(ctx context.Context, after, through uint64) error {
	for {
		last, more, err := r.page(ctx, after, through)
		if err != nil || !more {
			return err
		}
		after = last
		r.mu.Lock()
		tooMany := r.calls+r.left() > r.most || last > r.highest+2*pageUsers || len(r.all.ids) > mostUsers
		r.mu.Unlock()
		if tooMany {
			return errMore
		}
	}
}

// page reads one page.
func (r *reading) page(ctx context.Context, after, through uint64) (last uint64, more bool, err error) {
	users, more, err := r.All.After(ctx, after, through, r.want)
	if err != nil {
		return 0, false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	last = max(through, after)
	for i, u := range users {
		r.take(u)
		id, err := strconv.ParseUint(u.ID, 10, 63)
		if err != nil {
			return 0, false, err
		}
		if r.top = max(r.top, id); more {
			last = id
		}
		if after == 0 && i == 0 {
			r.below = id - 1
		}
	}
	r.read += last - min(max(after, r.below), last)
	return last, more && last != through, nil
}

// left estimates how many pages are still to be read, if numbers are taken as densely as so far. The caller must hold
// the lock while workers run.
func (r *reading) left() int {
	if r.read == 0 || r.highest <= r.below+r.read {
		return 0
	}
	rest := float64(r.highest-r.below-r.read) * float64(len(r.all.ids)) / float64(r.read)
	return int(rest)/pageUsers + 1
}

// take notes a user: the people whose key matches, and the user's values.
func (r *reading) take(u export.User) {
	r.all.add(u, r.others)
	r.meet(u)
	for i, key := range r.keys {
		v, shown := u.Value(key)
		if !shown {
			continue
		}
		for _, one := range r.asked[i][export.FoldText(v.Text)] {
			if same := func(f export.User) bool { return f.ID == u.ID }; !slices.ContainsFunc(r.found[one], same) {
				r.found[one] = append(r.found[one], u)
			}
		}
	}
}
