package layout

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"

	"github.com/hr2coupa/hr2coupa/templates"
)

var (
	notCurrency   = breach{"currency", "is not an ISO 4217 currency code such as USD or EUR"}
	notCountry    = breach{"country", "is not a two-letter ISO 3166 country code such as US or DE"}
	notLocale     = breach{"locale", "is not one of Coupa's locales such as en, en-GB or de-AT"}
	localeWarning = breach{"locale", "is a locale that only Coupa's API documentation lists, not its import page; the row may be refused"}
)

// codeSet holds codes of capital letters, one bit for each possible code.
type codeSet []uint64

func newCodeSet(length int, known func(code string) bool, extra ...string) codeSet {
	n := 26
	for range length - 1 {
		n *= 26
	}
	set := make(codeSet, n/64+1)
	code := make([]byte, length)
	for i := range n {
		for j, rest := length-1, i; j >= 0; j, rest = j-1, rest/26 {
			code[j] = 'A' + byte(rest%26)
		}
		if known(string(code)) {
			set[i/64] |= 1 << (i % 64)
		}
	}
	for _, e := range extra {
		i, _ := codeIndex(e)
		set[i/64] |= 1 << (i % 64)
	}
	return set
}

// find looks text up, whatever its case, and returns it in capitals. The caller checks the length.
func (s codeSet) find(text string) (string, bool) {
	i, upper := codeIndex(text)
	if i < 0 || s[i/64]>>(i%64)&1 == 0 {
		return text, false
	}
	if !upper {
		text = strings.ToUpper(text)
	}
	return text, true
}

func codeIndex(text string) (index int, upper bool) {
	upper = true
	for i := range len(text) {
		b := text[i]
		if b >= 'a' && b <= 'z' {
			b, upper = b-'a'+'A', false
		}
		if b < 'A' || b > 'Z' {
			return -1, false
		}
		index = index*26 + int(b-'A')
	}
	return index, upper
}

// currencies are the codes that x/text knows, old ones included (an instance may still hold them), without the two that
// mean no currency, and with those added to ISO 4217 after its tables.
var currencies = sync.OnceValue(func() codeSet {
	return newCodeSet(3, func(code string) bool {
		_, err := currency.ParseISO(code)
		return err == nil && code != "XXX" && code != "XTS"
	}, "MRU", "SLE", "UYW", "VED", "VES", "XAD", "XCG", "ZWG")
})

// withdrawn are codes that x/text calls countries, but that ISO 3166 has withdrawn or only reserves.
const withdrawn = "AC AN CP CS CT DG DY FQ FX HV JT MI NQ NT PC PU PZ RH SU TA VD WK YU"

// countries are the assigned codes of ISO 3166-1 alpha-2, and XK, which is in common use for Kosovo.
var countries = sync.OnceValue(func() codeSet {
	return newCodeSet(2, func(code string) bool {
		r, err := language.ParseRegion(code)
		return err == nil && r.IsCountry() && r.Canonicalize() == r && r.ISO3() != "ZZZ" && !strings.Contains(withdrawn, code)
	})
})

func currencyCode(text string) (string, bool) {
	if len(text) != 3 {
		return text, false
	}
	return currencies().find(text)
}

func countryCode(text string) (string, bool) {
	if len(text) != 2 {
		return text, false
	}
	return countries().find(text)
}

// localeTable maps each locale, as Coupa spells it, to whether only the API page lists it.
var localeTable = sync.OnceValue(func() map[string]bool {
	table := map[string]bool{}
	for _, l := range templates.UsersLocales() {
		table[l.Name] = l.APIOnly
	}
	return table
})

func localeName(text string) (string, bool) {
	table := localeTable()
	if _, ok := table[text]; ok {
		return text, true
	}
	for name := range table {
		if strings.EqualFold(name, text) {
			return name, true
		}
	}
	return text, false
}

// apiOnlyLocales are the locales that only the API page lists, by their last byte, which distinguishes nearly every
// name.
var apiOnlyLocales = sync.OnceValue(func() *[256][]string {
	var byEnd [256][]string
	for name, only := range localeTable() {
		if end := name[len(name)-1]; only {
			byEnd[end] = append(byEnd[end], name)
		}
	}
	return &byEnd
})

func apiOnlyLocale(name string) bool {
	return name != "" && slices.Contains(apiOnlyLocales()[name[len(name)-1]], name)
}
