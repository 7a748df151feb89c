package export_test

import (
	"math/big"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestApprovalCeilings: a raise above the ceiling, another currency and the name of a limit are what somebody is asked about.
func TestApprovalCeilings(t *testing.T) {
	ceilings := &export.ApprovalCeilings{Max: map[string]*big.Rat{"USD": big.NewRat(10000, 1), "EUR": big.NewRat(1, 10)}}
	text := func(s string) *export.Value { return &export.Value{Text: s} }
	parts := func(amount, currency string) *export.Value {
		return &export.Value{Parts: map[string]string{"amount": amount, "currency.code": currency}}
	}
	for _, c := range []struct {
		said string
		held *export.Value // nil: it is not known
		want bool
	}{
		{"10000.00 USD", text("5 USD"), false},
		{"10000 usd", nil, false},
		{"10000.01 USD", text("5.00 USD"), true},
		{"10000.01 USD", nil, true},
		{"10000.01 USD", text(""), true},
		{"20000 USD", text("20000.00 USD"), false}, // written in another way
		{"20000 USD", parts("30000", "usd"), false},
		{"20000 USD", parts("19999.99", "USD"), true},
		{"20000 USD", parts("30000", "EUR"), true},
		{"20000 USD", parts("30000", ""), true},
		{"20000 USD", text("Executives"), true},
		{"0.1 EUR", nil, false},
		{"0.11 EUR", nil, true},
		{"1 CHF", text("2 CHF"), true},
		{"Executives", text("Executives 2"), true},
		{"5", nil, true}, // a limit may have such a name
	} {
		held, known := export.Value{}, c.held != nil
		if known {
			held = *c.held
		}
		if got := ceilings.Above(c.said, held, known); got != c.want {
			t.Errorf("%q over %+v (known %v): %v", c.said, held, known, got)
		}
	}
	for text, want := range map[string]bool{"0": true, "10000": true, "0.5": true, "-1": false, "1e9": false, "": false, "1,000": false} {
		if _, ok := export.NewAmount(text); ok != want {
			t.Errorf("the amount %q: %v", text, ok)
		}
	}
}
