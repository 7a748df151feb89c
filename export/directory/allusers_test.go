package directory_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/exporttest"
)

// lister lists the people of a held, which has them by ascending id.
type lister struct {
	*held
	pages atomic.Int32
	skips string // ids with this ending are not listed
	hides string // this column is not listed
	fails error
	top   uint64 // reported instead of the highest id
}

func (l *lister) Highest(context.Context) (uint64, error) {
	l.calls.Add(1)
	if l.top > 0 || len(l.people) == 0 {
		return l.top, l.fails
	}
	return strconv.ParseUint(l.people[len(l.people)-1][0], 10, 64)
}

func (l *lister) After(_ context.Context, after, through uint64, _ []export.Element) (users []export.User, more bool, err error) {
	l.calls.Add(1)
	l.pages.Add(1)
	for _, p := range l.people {
		id, err := strconv.ParseUint(p[0], 10, 64)
		if err != nil {
			return nil, false, err
		}
		if id <= after || through > 0 && id > through || l.skips != "" && strings.HasSuffix(p[0], l.skips) {
			continue
		}
		u := export.User{ID: p[0], Values: map[string]export.Value{
			"Id": exporttest.Text(p[0]), "Employee Number": exporttest.Text(p[1]), "Login": exporttest.Text(p[2]), "Email": exporttest.Text(p[3]), "First Name": exporttest.Text(""),
		}}
		delete(u.Values, l.hides)
		if users = append(users, u); len(users) == 50 {
			return users, true, l.fails
		}
	}
	return users, false, l.fails
}

// crowd returns that many users, with numbers that are every apart.
func crowd(users, every int) (people [][4]string) {
	for i := range users {
		v := strconv.Itoa(i)
		people = append(people, [4]string{strconv.Itoa(1 + i*every), "E" + v, "login" + v, v + "@x"})
	}
	return people
}

// asked asks about rows and returns the faults of each, the users found, and the number of calls.
func asked(t *testing.T, h *held, l *lister, key string, rows []*export.Row) (faults [][]export.Fault, found []export.User, calls int) {
	t.Helper()
	p := preflight(h, key)
	p.Columns, p.MayCreate = wide, true
	if l != nil {
		p.All = l
	}
	for _, r := range rows {
		p.Note(r.Origin.String(), r)
	}
	if err := p.Ask(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		u, _ := p.Found(r.Origin.String())
		faults, found = append(faults, p.Faults(r.Origin.String(), r)), append(found, u)
	}
	return faults, found, int(h.calls.Load())
}

// changed draws rows about a crowd: unchanged, with new values, with values of other users, about unknown people, and
// by other columns.
func changed(rnd *rand.Rand, people [][4]string, n int, share float64) (rows []*export.Row) {
	for i := range n {
		p := people[i%len(people)]
		cells := []string{"", p[1], p[2], p[3], "Archer"}
		other := people[rnd.IntN(len(people))]
		if i >= len(people) {
			cells = []string{"", fmt.Sprint("N", i), fmt.Sprint("new", i), fmt.Sprint("new", i, "@x"), "Archer"}
		}
		if rnd.Float64() < share {
			switch rnd.IntN(8) {
			case 0, 1:
				cells[3] = fmt.Sprint("new", i, "@x")
			case 2:
				cells[2], cells[3] = fmt.Sprint("new", i), fmt.Sprint("new", i, "@x")
			case 3:
				cells[3] = strings.ToUpper(other[3])
			case 4:
				cells[2] = other[2]
			case 5:
				cells[1] = fmt.Sprint("N", i)
			case 6:
				cells[0], cells[1] = p[0], other[1]
			case 7:
				cells[1] = ""
			}
		}
		rows = append(rows, row(i+2, cells...))
	}
	return rows
}

// TestAllReadIsTheSame: reading all users and looking them up by key find the same people and the same faults, also
// where the list shows too little.
func TestAllReadIsTheSame(t *testing.T) {
	var read int32
	for seed := range uint64(24) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		people := crowd(300+rnd.IntN(900), 1+rnd.IntN(3))
		key := []string{"Employee Number", "Login"}[seed%2]
		if key == "Employee Number" {
			people[1][1] = people[len(people)-1][1] // two users with one number
		}
		rows := changed(rnd, people, 600+rnd.IntN(900), []float64{0.3, 1}[seed/2%2])
		for name, spoil := range map[string]func(*lister){
			"as it is": func(*lister) {}, "some are left out": func(l *lister) { l.skips = "7" }, "no e-mail is shown": func(l *lister) { l.hides = "Email" },
			"not in order": func(l *lister) { l.fails = errors.New("not in order") },
		} {
			l := &lister{held: &held{people: people}}
			spoil(l)
			wantFaults, wantFound, byKey := asked(t, &held{people: people, hides: l.hides}, nil, key, rows)
			l.held.hides = l.hides
			faults, found, calls := asked(t, l.held, l, key, rows)
			for i, r := range rows {
				if !reflect.DeepEqual(faults[i], wantFaults[i]) || !reflect.DeepEqual(found[i], wantFound[i]) {
					t.Fatalf("seed %d, %s, %v: got %v, %v; want %v, %v", seed, name, r.Cells, faults[i], found[i], wantFaults[i], wantFound[i])
				}
			}
			if name == "as it is" && calls > byKey+2 {
				t.Errorf("seed %d: %d calls, %d by key", seed, calls, byKey)
			}
			read += l.pages.Load()
		}
	}
	if read == 0 {
		t.Error("nobody was read")
	}
}

// TestAllReadCalls: all users are read where that saves calls, and not where it does not.
func TestAllReadCalls(t *testing.T) {
	const n = 1000 // people; that is 21 calls by each column
	same, mail, both := []int{}, []int{3}, []int{2, 3}
	for _, tt := range []struct {
		name         string
		users, every int
		columns      []int // columns with new values
		least        int
		spoil        func(*lister)
		calls, pages int
	}{
		{name: "nothing is new", users: n, every: 1, columns: same, calls: 21},
		{name: "new addresses", users: n, every: 1, columns: mail, calls: 23, pages: 21},
		{name: "new logins and addresses", users: n, every: 1, columns: both, calls: 23, pages: 21},
		{name: "new logins and addresses, among twice as many", users: 2 * n, every: 1, columns: both, calls: 43, pages: 41},
		{name: "new addresses, among twice as many", users: 2 * n, every: 1, columns: mail, calls: 44, pages: 1},
		{name: "so many are known beforehand", users: 2 * n, every: 1, columns: mail, least: 2 * n, calls: 42},
		{name: "numbers far apart", users: n, every: 1000, columns: mail, calls: 23, pages: 21},
		{name: "numbers that begin far up", users: n, every: 1, columns: mail, calls: 23, pages: 21, spoil: func(l *lister) {
			for i := range l.people {
				l.people[i][0] = strconv.Itoa(1_000_000 + i)
			}
		}},
		{name: "more and more", users: 4 * n, every: 1, columns: mail, calls: 57, pages: 14, spoil: func(l *lister) {
			for i := range l.people {
				l.people[i][0] = strconv.Itoa(1 + 1000*min(i, 400) + max(0, i-400))
			}
		}},
		{name: "a list that ends too early", users: n, every: 1, columns: mail, calls: 64, pages: 21, spoil: func(l *lister) { l.top = n + 1 }},
		{name: "the highest number is none", users: 4 * n, every: 1, columns: mail, calls: 44, pages: 1, spoil: func(l *lister) { l.top = 9 }},
		{name: "the highest number is too low", users: 4 * n, every: 1, columns: mail, calls: 50, pages: 7, spoil: func(l *lister) { l.top = 200 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &held{people: crowd(tt.users, tt.every)}
			var rows []*export.Row
			for i, p := range h.people[:n] {
				cells := []string{"", p[1], p[2], p[3], "Archer"}
				for _, c := range tt.columns {
					cells[c] = "new" + cells[c]
				}
				rows = append(rows, row(i+2, cells...))
			}
			l := &lister{held: h}
			if tt.spoil != nil {
				tt.spoil(l)
			}
			p := preflight(h, "Employee Number")
			p.Columns, p.All, p.Least = wide, l, tt.least
			if got := said(t, p, rows...); strings.Join(got, "") != "" {
				t.Errorf("held against somebody: %s", strings.Join(got, ""))
			}
			if calls, pages := int(h.calls.Load()), int(l.pages.Load()); calls != tt.calls || pages != tt.pages {
				t.Errorf("%d calls, of them %d pages; want %d, %d", calls, pages, tt.calls, tt.pages)
			}
		})
	}
}

// TestFirstLook: the first look-up, which proves that Coupa can be asked, is not an extra call.
func TestFirstLook(t *testing.T) {
	h := &held{people: crowd(120, 1)}
	p := preflight(h, "Employee Number")
	p.Columns = wide
	firsts := 0
	p.First = func(ctx context.Context, look func(context.Context) error) error {
		firsts++
		return look(ctx)
	}
	said(t, p, changed(rand.New(rand.NewPCG(1, 1)), h.people, 120, 0)...)
	if firsts != 1 || h.calls.Load() != 3 {
		t.Errorf("%d first look-ups, %d calls", firsts, h.calls.Load())
	}
	no := errors.New("no")
	p.First = func(context.Context, func(context.Context) error) error { return no }
	if err := p.Ask(t.Context()); !errors.Is(err, no) {
		t.Errorf("got %v", err)
	}
}

// TestOwnersAreKnown: the owner of a login or an address is not looked up where the answers by number have shown it.
func TestOwnersAreKnown(t *testing.T) {
	h := &held{people: [][4]string{{"1", "100", "ann", "ann@x"}, {"2", "200", "bob", "bob@x"}}}
	p := preflight(h, "Employee Number")
	p.Columns = wide
	got := said(t, p, row(2, "", "100", "ann", "BOB@x", "Archer"), row(3, "", "200", "ann", "bob@x", "Bow"))
	if got[0] != "Email: belongs to another user in Coupa (Coupa id 2)" || got[1] != "Login: belongs to another user in Coupa (Coupa id 1)" || h.calls.Load() != 1 {
		t.Errorf("%q, %d calls", got, h.calls.Load())
	}
}

var _ directory.Lister = (*lister)(nil)
