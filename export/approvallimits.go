package export

import (
	"math/big"
	"strings"
)

// ApprovalCeilings are up to which amounts a feed may raise what people may approve.
type ApprovalCeilings struct {
	Max    map[string]*big.Rat      // by currency, in capitals
	Column func(column string) bool // whether a column holds such a limit
}

// NewAmount reads an amount such as 10000 or 0.5; ok is false for any other text and below 0.
func NewAmount(text string) (amount *big.Rat, ok bool) {
	amount, ok = decimal(text)
	return amount, ok && amount.Sign() >= 0
}

// Above reports whether a person has to be asked about another value of a limit: it is a raise above the ceiling, has a
// currency without a ceiling, or is the name of a limit, of which only Coupa knows the amount. held is what Coupa holds; known
// is false where that is not known, which counts as a raise. So does a limit where there was none.
func (a *ApprovalCeilings) Above(text string, held Value, known bool) bool {
	amount, currency, ok := limitAmount(Value{Text: text})
	if !ok {
		return true
	}
	ceiling, listed := a.Max[currency]
	if !listed || amount.Cmp(ceiling) > 0 {
		was, of, ok := limitAmount(held)
		return !listed || !known || !ok || of != currency || amount.Cmp(was) > 0
	}
	return false
}

// limitAmount returns the amount of a limit and its currency in capitals; ok is false for a name, and for nothing.
func limitAmount(v Value) (amount *big.Rat, currency string, ok bool) {
	text, currency := v.Parts["amount"], v.Parts["currency.code"]
	if v.Parts == nil {
		if text, currency, ok = ParseLimit(v.Text); !ok {
			return nil, "", false
		}
	}
	amount, ok = decimal(strings.TrimSpace(text))
	return amount, strings.ToUpper(strings.TrimSpace(currency)), ok && currency != ""
}
