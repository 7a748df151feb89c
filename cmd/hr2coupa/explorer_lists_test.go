package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
)

// lists checks the rule of the lists: a person whose list was emptied either has it again, or the ledger names the person and
// what the list held, and no start ends with 0 before. In the seed every person has a role.
func (g *theatre) lists(e ended, dead bool) error {
	if !g.way.api {
		return nil
	}
	var bare []string // by employee number: an undo may send no login
	for login := range wanted {
		if u, ok := g.twin.User(login); ok && len(u.Names("roles")) == 0 {
			bare = append(bare, u.Text("employee-number"))
		}
	}
	if len(bare) == 0 {
		return nil
	}
	if !dead && e.code == export.ExitOK {
		return fmt.Errorf("a start ended with 0, and %v have no roles", bare)
	}
	l, err := sqlite.Open(sqlite.Options{Dir: g.ledger, Now: g.clock})
	if err != nil {
		return err
	}
	defer l.Close()
	people, err := l.Unfilled()
	for _, key := range bare {
		if !slices.ContainsFunc(people, func(u export.Unfilled) bool { return u.Row.Key == key && len(u.Lists["User Role Names"]) > 0 }) {
			err = errors.Join(err, fmt.Errorf("%s has no roles, and no report says so", key))
		}
	}
	return err
}

// stripped is a theatre with a stalled part, whose call has emptied ann's roles and got no answer.
func stripped(dir string) (g *theatre, part string, err error) {
	if g, err = newTheatre(dir, fate{way: way{args: []string{"run", "--json"}, config: byAPIConfig(), api: true}}); err != nil {
		return nil, "", err
	}
	calls := &tap{}
	calls.seen = func(i int) {
		if calls.hit.blow == "" && calls.points[i].name == "Update 2" {
			calls.hit = hit{i, lostReply}
		}
	}
	if e, err := g.start(calls, g.work()...); err != nil || e.code != export.ExitStalled {
		return g, "", errors.Join(err, fmt.Errorf("the night ended with %d, want %d", e.code, export.ExitStalled))
	}
	open, _, err := g.look()
	if err == nil && len(open) == 0 {
		err = errors.New("no part is open")
	}
	if err != nil {
		return g, "", err
	}
	if u, _ := g.twin.User("ann"); len(u.Names("roles")) > 0 {
		return g, "", errors.New("ann has roles still")
	}
	return g, open[0].Name, nil
}

// wordAfter plays a person's decision about that part, with a blow to one of its calls, and repeats it until it is taken.
func wordAfter(dir string, h hit) (calls []point, err error) {
	g, part, err := stripped(dir)
	if g != nil {
		defer func() {
			if err = errors.Join(err, g.twin.Close()); err != nil {
				err = fmt.Errorf("%w\n%s", err, g.log.String())
			}
		}()
	}
	if err != nil {
		return nil, err
	}
	say := []string{"settle", part, "rejected", "--by", "A. Person", "--json"}
	struck := &tap{hit: h}
	e, err := g.start(struck, say...)
	if err != nil {
		return nil, err
	}
	if h.blow != "" && !struck.dead && e.code == export.ExitOK {
		return nil, errors.New("a blow has befallen the word, and it was taken all the same")
	}
	open, _, err := g.look()
	if err != nil {
		return nil, err
	}
	if stands := slices.ContainsFunc(open, func(p export.Part) bool { return p.Name == part }); stands && h.blow != "" {
		if e, err := g.start(&tap{}, say...); err != nil || e.code != export.ExitOK {
			return nil, errors.Join(err, fmt.Errorf("the word ended with %d", e.code))
		}
	}
	u, _ := g.twin.User("ann")
	names := u.Names("roles")
	slices.Sort(names)
	if got := strings.Join(names, ","); got != "Buyer,User" {
		return nil, fmt.Errorf("ann has the roles %q, and had Buyer and User", got)
	}
	return struck.points, nil
}

// TestEveryCrashOfAWord plays every blow to every call of a person's decision about a part that has left a person without roles.
func TestEveryCrashOfAWord(t *testing.T) {
	t.Parallel()
	calls, err := wordAfter(t.TempDir(), hit{})
	if err != nil {
		t.Fatal(err)
	}
	var all []hit
	for at, p := range calls {
		for _, b := range blows[p.kind] {
			all = append(all, hit{at, b})
		}
	}
	if len(all) < 20 {
		t.Errorf("%d worlds, and there were 20 once: some are lost", len(all))
	}
	for i := 0; i < len(all); i += everyWorld {
		if _, err := wordAfter(t.TempDir(), all[i]); err != nil {
			t.Errorf("%s at call %d (%s): %v", all[i].blow, all[i].at, calls[all[i].at].name, err)
		}
	}
	t.Logf("visited %d worlds of %d calls", len(all), len(calls))
}
