package rebuilding

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
)

// broken is a ledger that breaks off at one call.
type broken struct {
	ledger.Ledger
	at string
}

var errBroken = errors.New("broken off")

func (b broken) Plan(run string) (export.PlanTx, error) {
	if b.at == "plan" {
		return nil, errBroken
	}
	tx, err := b.Ledger.Plan(run)
	return brokenPlan{tx, b.at}, err
}

func (b broken) EndRun(r export.RunRecord) error {
	if b.at == "end" {
		return errBroken
	}
	return b.Ledger.EndRun(r)
}

type brokenPlan struct {
	export.PlanTx
	at string
}

func (p brokenPlan) AddRow(r export.RowResult) error {
	if p.at == "row" && r.Key == "2" {
		return errBroken
	}
	return p.PlanTx.AddRow(r)
}

func (p brokenPlan) Commit(sum export.PlanSum) error {
	if p.at == "commit" {
		return errBroken
	}
	return p.PlanTx.Commit(sum)
}

// TestBrokenOff: a rebuilding that breaks off leaves nothing or all, a sound ledger in both cases, and is done again.
func TestBrokenOff(t *testing.T) {
	for at, before := range map[string]int{"plan": 0, "row": 0, "commit": 0, "end": 2} {
		t.Run(at, func(t *testing.T) {
			now := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
			dir, env := filepath.Join(t.TempDir(), "ledger"), &wiring.Env{Now: func() time.Time { return now }}
			l, err := sqlite.Open(sqlite.Options{Dir: dir, Now: env.Now})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if err := read(t).record(env, broken{l, at}); !errors.Is(err, errBroken) {
				t.Fatal(err)
			}
			known(t, l, before)
			sound(t, dir, env)
			if err := read(t).record(env, l); err != nil {
				t.Fatal(err)
			}
			known(t, l, 2)
			sound(t, dir, env)
		})
	}
}

// read returns what was read of four users, two of whom are left out.
func read(t *testing.T) *state {
	t.Helper()
	key, err := baseline.NewHashKey("a key of at least thirty-two characters")
	if err != nil {
		t.Fatal(err)
	}
	element := func(column, path string) export.Element { return export.Element{Column: column, Path: path} }
	s := &state{
		hasher: key.Hasher(), res: &Result{From: "api", Key: export.ColumnNumber, Same: []string{}},
		key: element(export.ColumnNumber, "n"), login: element(export.ColumnLogin, "l"), status: export.Element{Column: export.ColumnStatus, Path: "s", Kind: export.KindStatus},
	}
	s.columns = []export.Element{s.key, s.login, s.status}
	for _, u := range [][3]string{{"1", "anna", "true"}, {"2", "ben", "false"}, {"", "robot", "true"}, {"4", "", "true"}} {
		err := s.take(export.User{ID: "7" + u[0], Values: map[string]export.Value{"n": {Text: u[0]}, "l": {Text: u[1]}, "s": {Text: u[2]}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func known(t *testing.T, l ledger.Ledger, want int) {
	t.Helper()
	people, err := l.Known()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	people.All(func(string, export.Person) { n++ })
	if n != want {
		t.Errorf("the ledger knows %d people, want %d", n, want)
	}
	if p, ok := people.Of("2"); want > 0 && (!ok || p.Login != "ben" || p.Status != export.StatusInactive) {
		t.Errorf("2 is %+v, %v", p, ok)
	}
}

func sound(t *testing.T, dir string, env *wiring.Env) {
	t.Helper()
	checked, err := sqlite.Check(sqlite.Options{Dir: dir, Now: env.Now})
	if err != nil || len(checked.Findings) > 0 {
		t.Errorf("%+v, %v", checked, err)
	}
}

// TestUnlike: a value that no cell of the import would leave is not taken for confirmed; a list, and nothing at all, are.
func TestUnlike(t *testing.T) {
	s := read(t)
	look := export.Element{Column: "Region", Path: "r", Kind: export.KindCustom}
	roles := export.Element{Column: "User Role Names", Path: "o", Kind: export.KindNames}
	s.columns = []export.Element{look, roles}
	known := func(v map[string]export.Value) []string {
		t.Helper()
		v["n"], v["l"] = export.Value{Text: "9"}, export.Value{Text: "zoe"}
		if err := s.take(export.User{ID: "79", Values: v}); err != nil {
			t.Fatal(err)
		}
		return s.people[len(s.people)-1].columns
	}
	odd := export.Value{Parts: map[string]string{"city": "Oslo", "code": "47"}}
	if got := known(map[string]export.Value{"r": odd, "o": {List: []string{"Buyer", "User"}}}); !slices.Equal(got, []string{roles.Column}) || s.res.Unlike[look.Column] != 1 {
		t.Errorf("%q are known, unlike %v", got, s.res.Unlike)
	}
	if got := known(map[string]export.Value{"r": {Text: "North"}, "o": {}}); !slices.Equal(got, []string{look.Column, roles.Column}) {
		t.Errorf("%q are known", got)
	}
	if got := known(map[string]export.Value{"o": {}}); !slices.Equal(got, []string{roles.Column}) || s.res.Unlike[look.Column] != 1 {
		t.Errorf("%q are known of a user who does not show a column, unlike %v", got, s.res.Unlike)
	}
}
