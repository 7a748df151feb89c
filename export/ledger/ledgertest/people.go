package ledgertest

import (
	"path/filepath"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/pseudonym"
)

// waitingPeople: exactly the people with a row in a part without a verdict wait, whichever command planned the part.
func waitingPeople(t *world) {
	l := t.open()
	if w := Must[*baseline.Waiting](t)(l.Waiting()); !w.Empty() {
		t.Errorf("%+v", w)
	}
	open := OnePart(t, l, "open.csv", 2)
	gone := OnePart(t, l, "gone.csv", 3)
	OK(t, l.Move(export.Part{ID: gone.ID, State: export.Staged}))
	OK(t, l.Move(export.Part{ID: gone.ID, State: export.Renaming}))
	OK(t, l.Move(export.Part{ID: gone.ID, State: export.Delivered}))
	OK(t, l.Settle(export.Part{ID: gone.ID, State: export.Settled, Verdict: export.VerdictOK}, export.Applied, nil))

	run := Begin(t, l, "drop")
	tx := Plan(t, l, run)
	id := Must[int64](t)(tx.AddPart(export.Part{Name: "hand.csv", Rows: 1}, []byte("x")))
	r := Row(id, 1, 2, export.Pending)
	r.Key, r.First, r.Login = "column", "D77 ", "\u200bÄRGER "
	OK(t, tx.AddRow(r))
	OK(t, tx.Commit(export.PlanSum{Input: 1}))

	w := Must[*baseline.Waiting](t)(l.Waiting())
	for _, c := range []struct{ key, first, login, part string }{
		{key: "E0002", part: open.Name}, {key: "E0003", part: open.Name}, {key: "E0004"},
		{key: "x", first: "D77", part: "hand.csv"}, {key: "x", login: "ärger", part: "hand.csv"}, {key: "column"},
		{key: "x", login: "U2", part: open.Name}, {key: "x", first: "\ufeffD77", part: "hand.csv"}, {key: "x", login: " ärger\u200b", part: "hand.csv"},
		{key: "x", login: " "}, {},
	} {
		if part, _ := w.Behind(c.key, c.first, c.login); part != c.part {
			t.Errorf("%+v waits for %q", c, part)
		}
	}
}

// pseudonymsStay: a ledger returns the same pseudonym for a person as long as it lives, in each backup too, and finds
// the key behind it.
func pseudonymsStay(t *world) {
	l := t.open()
	p := OnePart(t, l, "a.csv", 2)
	names := Must[pseudonym.Pseudonyms](t)(l.Pseudonyms())
	who := names.Of("E0002").String()
	saved := newWorld(t, t.opener)
	saved.dir = filepath.Join(t.TempDir(), "saved")
	Must[ledger.Copied](t)(l.Backup(saved.dir))
	for name, again := range map[string]ledger.Ledger{"opened again": t.open(), "a backup": saved.open()} {
		if got := Must[pseudonym.Pseudonyms](t)(again.Pseudonyms()).Of("E0002").String(); got != who {
			t.Errorf("%s: %s, want %s", name, got, who)
		}
		if keys := Must[[]string](t)(again.KeysBehind(who)); !slices.Equal(keys, []string{"E0002"}) {
			t.Errorf("%s: %s is %q", name, who, keys)
		}
	}
	other := newWorld(t, t.opener).open()
	OnePart(t, other, "a.csv", 2)
	if keys := Must[[]string](t)(other.KeysBehind(who)); len(keys) != 0 {
		t.Errorf("another ledger takes it for %q", keys)
	}
	Settled(t, l, p)
	unlock := Must[func() error](t)(l.Lock("forget"))
	Must[ledger.Forgotten](t)(l.Forget("E0002"))
	OK(t, unlock())
	if keys := Must[[]string](t)(l.KeysBehind(who)); len(keys) != 0 {
		t.Errorf("forgotten, and found as %q", keys)
	}
}

// everyLogin: Logins returns every login of people and rows.
func everyLogin(t *world) {
	l := t.open()
	Settled(t, l, OnePart(t, l, "a.csv", 2))
	var got []string
	OK(t, l.Logins(func(login string) { got = append(got, login) }))
	slices.Sort(got)
	if want := []string{"u2", "u3"}; !slices.Equal(slices.Compact(got), want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
