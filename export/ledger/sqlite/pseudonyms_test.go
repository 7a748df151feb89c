package sqlite

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// TestPseudonyms: a ledger calls a person the same as long as it lives, in each backup too, and takes it back.
func TestPseudonyms(t *testing.T) {
	l := newLedger(t)
	p := onePart(t, l, "a.csv", 2)
	names := must[export.Pseudonyms](t)(l.Pseudonyms())
	who := names.Of("E0002").String()
	dir := filepath.Join(t.TempDir(), "saved")
	must[ledger.Copied](t)(l.Backup(dir))
	for name, again := range map[string]*Ledger{"opened again": open(t, l.dir), "a backup": open(t, dir)} {
		if got := must[export.Pseudonyms](t)(again.Pseudonyms()).Of("E0002").String(); got != who {
			t.Errorf("%s: %s, want %s", name, got, who)
		}
		if keys := must[[]string](t)(again.KeysBehind(who)); !slices.Equal(keys, []string{"E0002"}) {
			t.Errorf("%s: %s is %q", name, who, keys)
		}
	}
	other := newLedger(t)
	onePart(t, other, "a.csv", 2)
	if keys := must[[]string](t)(other.KeysBehind(who)); len(keys) != 0 {
		t.Errorf("another ledger takes it for %q", keys)
	}
	settled(t, l, p)
	unlock := must[func() error](t)(l.Lock("forget"))
	must[ledger.Forgotten](t)(l.Forget("E0002"))
	ok(t, unlock())
	if keys := must[[]string](t)(l.KeysBehind(who)); len(keys) != 0 {
		t.Errorf("forgotten, and found as %q", keys)
	}
	script(t, l.dir, "DELETE FROM pseudonyms")
	_, err := l.Pseudonyms()
	wantErr(t, err, "no key of the pseudonyms", "from a backup")
	if got := findings(t, l.dir); got == "" {
		t.Error("check finds nothing where the key is gone")
	}
}

// TestLogins gives every login of people and rows.
func TestLogins(t *testing.T) {
	l := newLedger(t)
	settled(t, l, onePart(t, l, "a.csv", 2))
	var got []string
	ok(t, l.Logins(func(login string) { got = append(got, login) }))
	slices.Sort(got)
	if want := []string{"u2", "u3"}; !slices.Equal(slices.Compact(got), want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
