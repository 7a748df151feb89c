package layout

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestCheckerAgrees: what a checker remembers changes neither its faults nor what is sent.
func TestCheckerAgrees(t *testing.T) {
	t.Run("rules", func(t *testing.T) { checkerAgrees(t, nil) })
	t.Run("references", func(t *testing.T) {
		checkerAgrees(t, func(o *Options) {
			names := some{"Dept 7 é": true, "München": true, "a": true, "EUR": true, "USD": true, " blank first": true, "b": true}
			o.References = map[string]Names{"Department": names, "Default Currency": names, "Approval Limit": names, "User Role Names": names}
		})
	})
}

func checkerAgrees(t *testing.T, change func(*Options)) {
	s := sheet(t, change, "Status", "Department", "Expense User", "Default Currency", "Default Locale", "Approval Limit", "Phone Work", "User Role Names")
	texts := []string{
		"", " ", "Active", "INACTIVE", "active", "yes", "No", "f", "usd", "EUR", "de", "fr-CA", "1000.00 usd", "1,000", "666-881-4103", "x@y",
		"Ann@Example.com", "ann@example.com", "ann@sub.example.com", "@example.com", "a@b@example.com", "a b@example.com", "é@example.com", "x@", "ann@example.com ",
		"'ann@example.com", "’ann@example.com", "o'ann@example.com", "1E+05",
		strings.Repeat("a", 64) + "@example.com", strings.Repeat("a", 65) + "@example.com", strings.Repeat("a.", 130) + "a@example.com", "München",
		"Räumlich-x-trennbar", "Räumlich-\x01-trennbar", // ends alike, and no longer than both ends and a little "two\r\nlines", "\x01", "\xff", "a , b", ",", "--NULL--", " blank first",
		"\u200b", "\u200bMünchen", "München", "Sa\u200bles", "ann\u200b@example.com", "A\u00adctive", "\ufeffusd",
	}
	few := len(texts)
	for i := range 3000 { // more than a memo holds, so that texts replace each other
		texts = append(texts, fmt.Sprintf("Dept %d é", i))
	}
	k := s.Checker()
	r := rand.New(rand.NewPCG(1, 2))
	for range 40_000 {
		row := &export.Row{Cells: make([]export.Cell, len(s.columns))}
		for i := range row.Cells {
			n := len(texts)
			if r.IntN(4) > 0 {
				n = few
			}
			row.Cells[i] = export.Cell{Text: texts[r.IntN(n)], State: export.CellState(r.IntN(3))}
			if row.Cells[i].State != export.Set {
				row.Cells[i].Text = ""
			}
		}
		other := &export.Row{Cells: slices.Clone(row.Cells)}
		want, got := s.Check(other), k.Check(row)
		if !slices.Equal(got, want) || !slices.Equal(row.Cells, other.Cells) {
			t.Fatalf("found %v of\n%q\nwant %v of\n%q", got, row.Cells, want, other.Cells)
		}
	}
	if !slices.ContainsFunc(k.(*checker).memos, func(m memo) bool { return m.slots != nil }) {
		t.Error("nothing was remembered: the test shows nothing")
	}
}

// TestFirstAddress: a checker that has seen no address has no domain, not even an empty one.
func TestFirstAddress(t *testing.T) {
	s := sheet(t, nil)
	at := slices.IndexFunc(s.columns, func(c columnRules) bool { return c.kind == kindEmail })
	row := &export.Row{Cells: make([]export.Cell, len(s.columns))}
	row.Cells[at] = export.Cell{Text: "x@", State: export.Set}
	found := s.Checker().Check(row)
	if !slices.ContainsFunc(found, func(f export.Fault) bool { return f.Rule == "email" }) {
		t.Errorf("found %v of an address without a domain", found)
	}
}
