package templates

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
)

//go:embed hr_headers.csv
var hrHeaders []byte

//go:embed hr_status.csv
var hrStatus []byte

//go:embed init.yaml
var initConfig string

// How a field of HR's becomes a cell of Coupa's.
type How string

const (
	HowText      How = "text"
	HowLower     How = "lower"     // in lower case
	HowNumber    How = "number"    // as it is; it names the person
	HowPreferred How = "preferred" // goes before the column's other field, where a person has one
	HowFull      How = "full"      // a whole name, from which two columns are cut
	HowStatus    How = "status"    // by its words, see HRStatus
	HowApprover  How = "approver"  // a login, or what leads to one
	HowPhone     How = "phone"
	HowCountry   How = "country"  // two letters
	HowCurrency  How = "currency" // three letters
	HowList      How = "list"     // would replace what Coupa has: never proposed without a person's word
)

var hows = []How{HowText, HowLower, HowNumber, HowPreferred, HowFull, HowStatus, HowApprover, HowPhone, HowCountry, HowCurrency, HowList}

// HRHeader is a name that HR systems give a field, and the Coupa column it means.
type HRHeader struct {
	Header string // as the system spells it
	Column string // of the users layout
	How    How
	System string // where it is known from
}

// HRHeaders gives the known names, for each column the likelier first.
func HRHeaders() []HRHeader { return slices.Clone(headers()) }

// HRStatus gives the words of HR systems that mean Coupa's active and inactive, by Plain word.
func HRStatus() map[string]string {
	out := make(map[string]string)
	for _, w := range statusWords() {
		out[w[0]] = w[1]
	}
	return out
}

var (
	headers     = sync.OnceValue(func() []HRHeader { return must(parseTable(hrHeaders, parseHeader)) })
	statusWords = sync.OnceValue(func() [][2]string { return must(parseTable(hrStatus, parseWord)) })
)

func parseHeader(l *line) HRHeader {
	h := HRHeader{Header: l.text("header"), Column: l.text("column"), How: How(l.text("how")), System: l.text("system")}
	if !slices.Contains(hows, h.How) {
		l.fail("how", "is not a known one")
	}
	if !slices.ContainsFunc(columns(), func(c Column) bool { return c.Name == h.Column }) {
		l.fail("column", "is none of the users layout")
	}
	if Plain(h.Header) == "" || h.System == "" {
		l.fail("header", "and system must be given")
	}
	return h
}

func parseWord(l *line) [2]string {
	status := l.text("status")
	if status != "active" && status != "inactive" {
		l.fail("status", "is neither active nor inactive")
	}
	return [2]string{Plain(l.text("word")), status}
}

// Plain is a name without case, blanks and signs, so that Employee_ID, employeeId and "Employee ID" are one; # is number.
func Plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, strings.ReplaceAll(name, "#", "number"))
}

// InitConfig is the config that init writes, a text/template over what it has found in a feed.
func InitConfig() string { return initConfig }
