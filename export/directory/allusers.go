package directory

import (
	"context"
	"errors"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	leastCalls = 10      // by key: with fewer calls, reading all users is not considered
	probeCalls = 20      // by key: from this many calls on, one call that shows how densely numbers are taken is worth it
	spareCalls = 3       // calls allowed in addition to a quarter more than expected
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

// worth reports whether calls are fewer than the calls that they save, with a margin for a wrong estimate.
func worth(calls, saves int) bool { return calls <= saves*4/5 }

// errMore ends a reading that would take more calls than it saves.
var errMore = errors.New("more users than it is worth to read")

// reading is the state of reading all users.
type reading struct {
	*Preflight
	walk
	others []export.Element
	keys   []export.Element
	asked  []map[string][]*identity // by key, the people who are or may be looked up by a value
	saves  int                      // calls that it saves
	most   int                      // calls that it may take: numbers may be taken more densely than expected
	all    *allUsers
	found  map[*identity][]export.User
}

// reading prepares to read all users, for the people who have not been looked up.
func (f *Preflight) reading(people []*identity, saves int) (*reading, error) {
	others := f.others()
	r := &reading{Preflight: f, saves: saves, found: map[*identity][]export.User{}}
	r.walk = walk{list: f.All, want: f.wanted(), workers: f.Workers, take: r.take, enough: r.tooMany}
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

// run reads all users, unless it shows that looking people up by key takes fewer calls.
func (r *reading) run(ctx context.Context) (err error) {
	if err = r.begin(ctx); err != nil {
		return err
	}
	if !worth(pages(r.highest)+1, r.saves) && r.saves < probeCalls {
		return errMore
	}
	last, more, err := r.page(ctx, 0, 0)
	if err == nil && more {
		err = r.above(ctx, last)
	}
	return r.end(err)
}

// above reads the users with numbers above last, the end of the first page.
func (r *reading) above(ctx context.Context, last uint64) error {
	left := r.left()
	if last > r.highest || !worth(r.calls+left, r.saves) {
		return errMore
	}
	r.Log.Infof("reading all users of Coupa by ascending id: about %s, instead of about %d by key", Ahead(r.calls+left, r.Rate), r.saves)
	r.most = min(r.saves, r.calls+left+left/4+spareCalls)
	return r.rest(ctx, last)
}

// tooMany returns errMore as soon as more calls are needed than are worth it.
func (r *reading) tooMany(last uint64) error {
	if r.calls+r.left() > r.most || last > r.highest+2*pageUsers || r.users > mostUsers {
		return errMore
	}
	return nil
}

// take notes a user: the people whose key matches, and the user's values.
func (r *reading) take(u export.User) error {
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
	return nil
}
