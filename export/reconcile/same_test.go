package reconcile

import (
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
)

var kinds = []export.ElementKind{
	export.KindText, export.KindFold, export.KindBool, export.KindStatus, export.KindInteger, export.KindNames, export.KindPhone, export.KindLimit, export.KindCustom, export.KindRemoval, export.KindAction,
}

var limits = []string{"500 USD", "500.00 USD", "500.00 usd", "0500 USD", "500.50 USD", "1/2 USD", "0.5 USD", "500", "500 US", "500 USD ", "500.000000000000000000 USD", "1000000000000000000 USD", "Gold", "gold", "Gold 1", "Büro", "", " ", "--NULL--"}

var texts = rapid.OneOf(
	rapid.SampledFrom(limits),
	rapid.SampledFrom([]string{"Yes", "yes", "No", "active", "Inactive", "inactive", "true", "t", "0", "+49 222-333-4444", "222-333-4444", "+49 222-333-4444 ext. 5", "+1234 5-6", "+ 5", "-", "+49 -", "1 2-3", "A.B@Acme.example", "Bu\u0308ro", "a\r\nb"}),
	rapid.StringMatching(`[+]?[0-9]{0,4}[ ]?[0-9-]{0,14}`),
	rapid.StringMatching(`[0-9]{1,20}([.][0-9]{0,3})? ?[A-Za-z]{0,4}`),
	rapid.StringMatching(`[ -~]{0,12}`),
	rapid.StringN(0, 8, -1),
	rapid.StringOfN(rapid.RuneFrom(nil, letters), 0, 4, -1),
	rapid.SampledFrom([]string{"\u00a0a", "a\u0085", "\xc3", "\xe5\x80", "\xc2\xa1\x80", "\u0130", "\u0344", "\u0483"}),
)

// letters are those around the ranges that are known to be normal.
var letters = &unicode.RangeTable{R16: []unicode.Range16{{0x20, 0x7F, 1}, {0x80, 0x4FF, 1}, {0x1100, 0x11FF, 1}, {0x4FF0, 0x5010, 1}, {0x9FF0, 0xA010, 1}, {0xF900, 0xFAFF, 1}}}

// TestNormal: every character that is known to be normal is, beside any other one.
func TestNormal(t *testing.T) {
	known := 0
	for r := rune(1); r <= unicode.MaxRune; r++ {
		text := string(r)
		if !normal(text) {
			continue
		}
		known++
		for _, text := range []string{text, "a" + text, text + "e", "\u00e9" + text + "\u4e00"} {
			e := export.Element{Column: "X", Path: "x"}
			if want, _ := (export.ElementCell{Element: e, Cell: export.Cell{State: export.Set, Text: text}}).Canonical(); want != text {
				t.Errorf("%U: %q is %q", r, text, want)
			}
		}
	}
	if known < 20_000 {
		t.Errorf("%d characters are known", known)
	}
}

// TestSameText: the look at the bytes of a text finds what the comparison of read-back has for it.
func TestSameText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := export.Element{Column: "X", Path: "x", Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Empty: rapid.SampledFrom([]string{"", "--NULL--"}).Draw(t, "empty")}
		text := texts.Draw(t, "text")
		same, ok := sameText(e, text)
		want, says := export.ElementCell{Element: e, Cell: export.Cell{State: export.Set, Text: text}}.Canonical()
		if same != want || ok != says {
			t.Errorf("%v %q: %q, %v; want %q, %v", e.Kind, text, same, ok, want, says)
		}
	})
}

// TestLooks: a cell and a value that look alike are equal by the comparison of read-back, limits in parts too.
func TestLooks(t *testing.T) {
	alike := map[export.ElementKind]bool{}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		elements := []export.Element{{Column: export.ColumnLogin, Path: "login", Kind: export.KindFold}, {Column: "X", Path: "x", Kind: kind, Empty: rapid.SampledFrom([]string{"", "--NULL--"}).Draw(t, "empty")}}
		c := New(Options{Columns: elements, Mapped: 2, Match: []string{export.ColumnLogin}, Key: export.ColumnLogin, People: &heap{}, Users: &heap{}})
		cell := export.Cell{State: export.CellState(rapid.IntRange(int(export.Absent), int(export.Clear)).Draw(t, "state"))}
		if cell.State == export.Set {
			cell.Text = texts.Draw(t, "cell")
		}
		if _, err := c.AddPerson(Person{Key: "a", Cells: []export.Cell{{State: export.Set, Text: "a"}, cell}}); err != nil {
			t.Fatal(err)
		}
		held := export.Value{Text: rapid.OneOf(rapid.Just(cell.Text), texts).Draw(t, "held")}
		switch {
		case kind == export.KindNames:
			held = export.Value{List: export.SplitNames(held.Text)}
		case kind == export.KindLimit && rapid.Bool().Draw(t, "in parts"):
			held = export.Value{Parts: map[string]string{"name": held.Text}}
			if rapid.Bool().Draw(t, "with an amount") {
				held.Parts["amount"] = rapid.SampledFrom([]string{"500", "500.0", "0.5", "", "x"}).Draw(t, "amount")
				held.Parts["currency.code"] = rapid.SampledFrom([]string{"USD", "usd", "", "EUR"}).Draw(t, "currency")
			}
		}
		u := export.User{ID: "1", Values: map[string]export.Value{"login": {Text: "a"}, "x": held}}
		if err := c.AddUser(u); err != nil {
			t.Fatal(err)
		}
		if !c.masks.alike(0, 0) {
			return
		}
		alike[kind] = true
		if d, changes := (export.ElementCell{Element: elements[1], Cell: cell}).Change(held, true); changes {
			t.Errorf("%q and %+v look alike: %+v", cell.Text, held, d)
		}
	})
	if !alike[export.KindLimit] || !alike[export.KindPhone] {
		t.Errorf("nobody looks alike: %v", alike)
	}
}

// TestIndex: whoever has a hash is found in their order, and so are those who share one.
func TestIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hashes := rapid.SliceOfN(rapid.SampledFrom([]uint64{0, 1, 2, 1 << 63, 1<<63 + 1, 3 << 62}), 0, 40).Draw(t, "hashes")
		if len(hashes)%2 == 1 {
			hashes = append(hashes, 0)
		}
		x := newIndex(hashes, 2, 1)
		of := map[uint64][]int32{}
		for i := 1; i < len(hashes); i += 2 {
			if hashes[i] != 0 {
				of[hashes[i]] = append(of[hashes[i]], int32(i/2))
			}
		}
		several := 0
		for _, h := range []uint64{1, 2, 1 << 63, 1<<63 + 1, 3 << 62, 7} {
			found := x.find(h)
			if len(found) != len(of[h]) {
				t.Fatalf("%x: %v, want %v", h, found, of[h])
			}
			for i, at := range found {
				if at != of[h][i] {
					t.Fatalf("%x: %v, want %v", h, found, of[h])
				}
			}
			if len(found) > 1 {
				several++
			}
		}
		err := x.shared(func(users []int32) error {
			several--
			if len(users) != len(of[x.hash(users[0])]) {
				t.Fatalf("shared by %v, want %v", users, of[x.hash(users[0])])
			}
			return nil
		})
		if err != nil || several != 0 {
			t.Fatalf("%v, %d hashes of several were not told", err, several)
		}
	})
}
