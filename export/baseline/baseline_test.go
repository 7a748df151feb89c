package baseline

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
)

func testKey(t testing.TB, text string) HashKey {
	t.Helper()
	k, err := NewHashKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestHashEquality: two cells have the same hash where reading back takes one for the other.
func TestHashEquality(t *testing.T) {
	at := func(kind export.ElementKind) export.Element {
		return export.Element{Column: "C", Path: "c", Kind: kind}
	}
	set := func(text string) export.Cell { return export.Cell{Text: text, State: export.Set} }
	reset := export.Element{Column: "C", Path: "c", Kind: export.KindNames, Empty: export.NullWord}
	none := export.Cell{State: export.Clear}
	h := testKey(t, strings.Repeat("k", 32)).Hasher()
	for _, test := range []struct {
		name string
		e    export.Element
		a, b export.Cell
		same bool
	}{
		{"text", at(export.KindText), set("Ann"), set("Ann"), true},
		{"another text", at(export.KindText), set("Ann"), set("ann"), false},
		{"blanks around", at(export.KindText), set(" Ann "), set("Ann"), true},
		{"line breaks", at(export.KindText), set("a\r\nb"), set("a\nb"), true},
		{"NFC and NFD", at(export.KindText), set("Zoe\u0308"), set("Zo\u00eb"), true},
		{"null and empty", at(export.KindText), none, set(""), true},
		{"null and blank", at(export.KindText), none, set("  "), true},
		{"null and a value", at(export.KindText), none, set("x"), false},
		{"case of a login", at(export.KindFold), set("Ann@ACME.example"), set("ann@acme.example"), true},
		{"NFD of a login", at(export.KindFold), set("ZOE\u0308"), set("zo\u00eb"), true},
		{"yes and true", at(export.KindBool), set("Yes"), set("true"), true},
		{"no and null", at(export.KindBool), set("No"), none, true},
		{"yes and no", at(export.KindBool), set("Yes"), set("No"), false},
		{"status", at(export.KindStatus), set("active"), set("Active"), true},
		{"statuses", at(export.KindStatus), set("active"), set("inactive"), false},
		{"zeros before an integer", at(export.KindInteger), set("007"), set("7"), true},
		{"order of a list", at(export.KindNames), set("Buyer,User"), set("User, Buyer,User"), true},
		{"NFD in a list", at(export.KindNames), set("Acheteur confirme\u0301,User"), set("User,Acheteur confirm\u00e9"), true},
		{"a shorter list", at(export.KindNames), set("Buyer,User"), set("User"), false},
		{"one name and two", at(export.KindNames), set("Buyer User"), set("Buyer,User"), false},
		{"the word for no list", reset, set(export.NullWord), none, true},
		{"that word elsewhere", at(export.KindText), set(export.NullWord), none, false},
		{"phone", at(export.KindPhone), set("+1 212-555-0100"), set("212-5550100"), true},
		{"phones", at(export.KindPhone), set("212-555-0100"), set("212-555-0101"), false},
		{"limit", at(export.KindLimit), set("500.00 usd"), set("500 USD"), true},
		{"currencies", at(export.KindLimit), set("500 EUR"), set("500 USD"), false},
		{"name of a limit", at(export.KindLimit), set("Limit A"), set("limit a"), false},
		{"custom number", at(export.KindCustom), set("1.50"), set("1.5"), true},
		{"custom code", at(export.KindCustom), set("007"), set("7"), false},
		{"custom flag", at(export.KindCustom), set("Yes"), set("true"), true},
		{"column that is shown nowhere", export.Element{Column: "C"}, set("a "), set("a"), true},
		{"removed", at(export.KindRemoval), set("Yes"), set("true"), true},
	} {
		a, okA := h.Hash(export.ElementCell{Element: test.e, Cell: test.a})
		b, okB := h.Hash(export.ElementCell{Element: test.e, Cell: test.b})
		if !okA || !okB || (a == b) != test.same {
			t.Errorf("%s: %q and %q have the hashes %x and %x", test.name, test.a.Text, test.b.Text, a, b)
		}
	}
	for name, silent := range map[string]export.ElementCell{
		"absent": {Element: at(export.KindText)}, "action": {Element: at(export.KindAction), Cell: set("Yes")}, "no removal": {Element: at(export.KindRemoval), Cell: set("No")},
	} {
		if _, ok := h.Hash(silent); ok {
			t.Errorf("%s: it says nothing of a value, and has a hash", name)
		}
	}
	one, _ := h.Hash(export.ElementCell{Element: at(export.KindText), Cell: set("x")})
	if again, _ := testKey(t, " "+strings.Repeat("k", 32)+"\n").Hash(at(export.KindText), set("x")); again != one {
		t.Error("blanks around the key count")
	}
	if other, _ := testKey(t, strings.Repeat("l", 32)).Hash(at(export.KindText), set("x")); other == one {
		t.Error("another key gives the same hash")
	}
	if other, _ := h.Hash(export.ElementCell{Element: export.Element{Column: "D", Path: "c"}, Cell: set("x")}); other == one {
		t.Error("another column gives the same hash")
	}
}

// TestHashAgreesWithReadBack: what reading back confirms, if Coupa holds what another cell asks for, has that cell's hash.
func TestHashAgreesWithReadBack(t *testing.T) {
	h := testKey(t, strings.Repeat("k", 32)).Hasher()
	texts := []string{"", " ", "x", "X", "Zo\u00eb", "Zoe\u0308", "Yes", "no", "true", "active", "Inactive", "0", "007", "7", "a,b", "b, a", "a", "+1 212-555-0100", "212-5550100"}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]export.ElementKind{export.KindText, export.KindFold, export.KindBool, export.KindStatus, export.KindInteger, export.KindNames, export.KindPhone, export.KindCustom}).Draw(t, "kind")
		e := export.Element{Column: "C", Path: "c", Kind: kind}
		cell := func(label string) export.ElementCell {
			return export.ElementCell{Element: e, Cell: export.Cell{Text: rapid.SampledFrom(texts).Draw(t, label), State: rapid.SampledFrom([]export.CellState{export.Set, export.Set, export.Clear}).Draw(t, label)}}
		}
		a, b := cell("a"), cell("b")
		held := export.Value{}
		switch {
		case b.Cell.State == export.Clear:
		case kind == export.KindNames:
			held.List = export.SplitNames(b.Cell.Text)
		default:
			held.Text = b.Cell.Text
		}
		ha, _ := h.Hash(a)
		hb, _ := h.Hash(b)
		out := export.Compare([]export.ElementCell{a}, export.User{Values: map[string]export.Value{"c": held}})
		if confirmed := out[0].Verdict == export.CellConfirmed; confirmed != (ha == hb) {
			t.Fatalf("%v: %q is confirmed by %q: %v; same hash: %v", kind, a.Cell, b.Cell, confirmed, ha == hb)
		}
	})
}

// TestHashKeyIsSecret: nothing that prints a key shows it.
func TestHashKeyIsSecret(t *testing.T) {
	k := testKey(t, "correct horse battery staple, and so on")
	for _, text := range []string{fmt.Sprint(k), fmt.Sprintf("%+v %#v", k, k), fmt.Sprintf("%+v", struct{ K HashKey }{k})} {
		if strings.Contains(text, k.secret.Reveal()) || strings.Contains(text, "correct") {
			t.Errorf("it prints %s", text)
		}
	}
	if _, err := NewHashKey("only short"); err == nil || strings.Contains(err.Error(), "short") {
		t.Errorf("a short key: %v", err)
	}
	if !(HashKey{}).IsZero() || k.IsZero() || k.Mark() == testKey(t, strings.Repeat("k", 32)).Mark() {
		t.Error("keys cannot be told apart")
	}
}

// TestKeyed: the compact store returns what was put into it, whatever its sizes.
func TestKeyed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := newKeyed(rapid.IntRange(0, 50).Draw(t, "room"))
		want := map[string]string{}
		for i := range rapid.IntRange(0, 200).Draw(t, "keys") {
			key := fmt.Sprintf("%d %s", i, rapid.StringN(0, 300, -1).Draw(t, "key")) // the blank: 1 and "51" is not 15 and "1"
			want[key] = rapid.StringN(0, 200, -1).Draw(t, "value")
			if rapid.IntRange(0, 99).Draw(t, "large") == 0 {
				want[key] = strings.Repeat("v", chunkSize)
			}
			k.add(key, want[key])
		}
		for key, value := range want {
			if got, ok := k.of(key); !ok || got != value {
				t.Fatalf("%q: %.20q, %v", key, got, ok)
			}
			if _, ok := k.of(key + "?"); ok {
				t.Fatalf("%q? is there", key)
			}
		}
		if k.n != len(want) {
			t.Fatalf("%d of %d", k.n, len(want))
		}
	})
}

// TestStore: everyone has the columns and hashes that they were given.
func TestStore(t *testing.T) {
	b := NewStore(3)
	asked := 0
	for i := range 1000 {
		columns := [][]string{{"Login", "Email"}, {"Email"}}[i%2]
		var hashes []byte
		for c := range columns {
			hashes = append(hashes, 0, 0, 0, 0, 0, byte(c), byte(i>>8), byte(i))
		}
		if err := b.Add(fmt.Sprint(i), fmt.Sprint(i%2), func() ([]string, error) { asked++; return columns, nil }, string(hashes)); err != nil {
			t.Fatal(err)
		}
	}
	one, ok := b.Of("702")
	email, shown := one.Of("Email")
	_, never := one.Of("Status")
	if !ok || !shown || never || email != 1<<16|702 || asked != 2 || b.Len() != 1000 {
		t.Errorf("%v %v %v %x, asked %d times, %d people", ok, shown, never, email, asked, b.Len())
	}
	var none *Store
	if _, ok := none.Of("1"); ok || none.Len() != 0 {
		t.Error("nil knows someone")
	}
}
