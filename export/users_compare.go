package export

import (
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// CellVerdict is the result of reading a cell back.
type CellVerdict string

const (
	CellConfirmed CellVerdict = "confirmed" // Coupa holds what was sent
	CellDrifted   CellVerdict = "drifted"   // Coupa holds something else
	CellUnknown   CellVerdict = "unknown"   // the answer did not show the element
)

// CellOutcome is the outcome of one cell. It prints without what Coupa holds, which is personal data.
type CellOutcome struct {
	Column  string      `json:"column"`
	Verdict CellVerdict `json:"verdict"`
	Coupa   string      `json:"-"` // for a drifted cell, what Coupa holds: for reports, never for logs
}

// String returns column and verdict, without the value in Coupa.
func (o CellOutcome) String() string { return o.Column + ": " + string(o.Verdict) }

// Compare compares what was sent with what Coupa shows, cell by cell in the order sent. Absent cells and actions have
// no outcome.
func Compare(sent []ElementCell, u User) []CellOutcome {
	var out []CellOutcome
	for _, c := range sent {
		if !c.comparable() {
			continue
		}
		o := CellOutcome{Column: c.Element.Column, Verdict: CellUnknown}
		if held, known := u.Value(c.Element); known {
			if o.Verdict = c.against(held); o.Verdict == CellDrifted {
				o.Coupa = held.Show(c.Element.Kind)
			}
		}
		out = append(out, o)
	}
	return out
}

// Missing returns the cells that Coupa does not hold, or does not show: what an update has to write. It includes
// actions only together with other cells.
func Missing(cells []ElementCell, u User) []ElementCell {
	var out []ElementCell
	found := false
	for _, c := range cells {
		if c.Cell.State == Absent {
			continue
		}
		held, known := u.Value(c.Element)
		if c.comparable() {
			if known && c.against(held) == CellConfirmed {
				continue
			}
			found = true
		}
		out = append(out, c)
	}
	if !found {
		return nil
	}
	return out
}

// Moved returns the columns that have changed in Coupa since the plan: cells still to be written that have another
// value in Coupa now than then. A value that was not shown then or now counts as unchanged.
func Moved(cells []ElementCell, then, now User) []string {
	var out []string
	for _, c := range Missing(cells, now) {
		before, knownThen := then.Value(c.Element)
		after, knownNow := now.Value(c.Element)
		if knownThen && knownNow && !sameValue(c.Element.Kind, before, after) {
			out = append(out, c.Element.Column)
		}
	}
	return out
}

func (c ElementCell) comparable() bool {
	switch {
	case c.Cell.State == Absent, c.Element.Kind == KindAction:
		return false
	case c.Element.Kind == KindRemoval: // No removes nothing and says nothing about the value
		return c.Cell.State == Set && Truth(c.Cell.Text) == "true"
	}
	return true
}

// empties reports whether a cell is meant to leave nothing in Coupa.
func (c ElementCell) empties() bool {
	text := strings.TrimSpace(c.Cell.Text)
	return c.Cell.State == Clear || text == "" || c.Element.Empty != "" && text == c.Element.Empty ||
		c.Element.Kind == KindRemoval
}

func (c ElementCell) against(held Value) CellVerdict {
	kind := c.Element.Kind
	switch {
	case c.empties():
		return verdict(sameValue(kind, Value{}, held))
	case kind == KindLimit:
		return limitVerdict(c.Cell.Text, held)
	case kind == KindCustom && held.Parts != nil:
		return lookUpVerdict(c.value(), held)
	}
	return verdict(sameValue(kind, c.value(), held))
}

func verdict(same bool) CellVerdict {
	if same {
		return CellConfirmed
	}
	return CellDrifted
}

// value returns the value that a set cell asks for.
func (c ElementCell) value() Value {
	if c.Element.Kind == KindNames {
		return Value{List: SplitNames(c.Cell.Text)}
	}
	return Value{Text: c.Cell.Text}
}

// sameValue reports whether two values of one kind are the same.
func sameValue(kind ElementKind, a, b Value) bool {
	if kind == KindNames {
		return maps.Equal(comparedNames(a.List), comparedNames(b.List))
	}
	return canonical(kind, a) == canonical(kind, b)
}

// canonical returns a value as a text in Unicode NFC, so that equal values have equal texts.
func canonical(kind ElementKind, v Value) string { return norm.NFC.String(canonicalText(kind, v)) }

// Canonical returns what a cell is to leave in Coupa as a text: cells that reading back takes for equal have equal texts.
// "" is nothing. ok is false for a cell that says nothing of a value: an absent one, an action, a No in a column that
// removes.
func (c ElementCell) Canonical() (text string, ok bool) {
	switch {
	case !c.comparable():
		return "", false
	case c.empties():
		return "", true
	case c.Element.Kind == KindNames:
		return strings.Join(slices.Sorted(maps.Keys(comparedNames(SplitNames(c.Cell.Text)))), "\x00"), true
	case c.Element.Kind == KindLimit:
		return canonicalLimit(c.Cell.Text), true
	}
	return canonical(c.Element.Kind, c.value()), true
}

// canonicalLimit returns 500.00 usd as 500 USD; the name of a limit stays.
func canonicalLimit(text string) string {
	amount, currency, ok := ParseLimit(text)
	if !ok {
		return norm.NFC.String(strings.TrimSpace(text))
	}
	n, _ := decimal(amount)
	return n.RatString() + " " + strings.ToUpper(strings.TrimSpace(currency))
}

func canonicalText(kind ElementKind, v Value) string {
	text := strings.TrimSpace(strings.ReplaceAll(v.Text, "\r\n", "\n"))
	switch kind {
	case KindFold:
		return FoldText(text)
	case KindBool, KindStatus:
		return falseOr(Truth(text))
	case KindInteger:
		return strings.TrimLeft(text, "0")
	case KindPhone:
		if v.Parts == nil && digitsOf(text) == "" {
			return text
		}
		return phoneOf(v).canonical()
	case KindCustom:
		return canonicalCustom(text) + partsText(v)
	}
	return text + partsText(v)
}

func falseOr(truth string) string {
	if truth == "false" {
		return ""
	}
	return truth
}

// canonicalCustom returns numbers and flags of a custom field in a comparable form: 500.00 is 500, Yes is true.
func canonicalCustom(text string) string {
	if n, ok := decimal(text); ok && (text == "0" || !strings.HasPrefix(text, "0")) { // 007 is a code, not a number
		return n.RatString()
	}
	switch strings.ToLower(text) {
	case "yes", "true", "no", "false":
		return Truth(text)
	}
	return text
}

func partsText(v Value) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(v.Parts)) {
		text := strings.TrimSpace(v.Parts[k])
		if n, ok := decimal(text); ok && k == "amount" {
			text = n.RatString()
		}
		if text != "" {
			b.WriteString("\n" + k + "=" + text)
		}
	}
	return b.String()
}

// Show returns Coupa's value as a text for people: in the form of a cell that leaves it there, as far as the answer allows.
func (v Value) Show(kind ElementKind) string {
	switch {
	case kind == KindStatus && Truth(v.Text) == "true":
		return StatusActive
	case kind == KindStatus:
		return StatusInactive
	case v.Parts == nil && v.List == nil:
		return v.Text
	case v.List != nil:
		return strings.Join(v.List, ",")
	case kind == KindPhone:
		return phoneOf(v).cell()
	case kind == KindLimit && v.Parts["name"] != "":
		return v.Parts["name"]
	case kind == KindLimit:
		return strings.TrimSpace(v.Parts["amount"] + " " + v.Parts["currency.code"])
	}
	for _, name := range lookUpNames {
		if v.Parts[name] != "" {
			return v.Parts[name]
		}
	}
	var texts []string
	for _, k := range slices.Sorted(maps.Keys(v.Parts)) {
		if v.Parts[k] != "" {
			texts = append(texts, k+" "+v.Parts[k])
		}
	}
	return strings.Join(texts, ", ")
}

// Truth returns a flag in any of the spellings of Coupa's import, or a status, as "true", "false", "" for nothing, and
// any other text unchanged.
func Truth(text string) string {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "yes", "y", "true", "t", "1", "active":
		return "true"
	case "no", "n", "false", "f", "0", "inactive":
		return "false"
	}
	return text
}

// FoldText returns s trimmed and in lower case, the form in which logins, addresses and codes are compared.
func FoldText(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// SplitNames returns the names of a comma-separated list, trimmed and without blank ones.
func SplitNames(text string) []string {
	var names []string
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// NameSet returns names as a set, trimmed and without blank ones.
func NameSet(names []string) map[string]bool {
	set := map[string]bool{}
	for _, n := range names {
		if n = strings.TrimSpace(n); n != "" {
			set[n] = true
		}
	}
	return set
}

// comparedNames returns the set of names in Unicode NFC, the form in which two lists are compared.
func comparedNames(names []string) map[string]bool {
	set := map[string]bool{}
	for _, n := range names {
		if n = norm.NFC.String(strings.TrimSpace(n)); n != "" {
			set[n] = true
		}
	}
	return set
}

var plainDecimal = regexp.MustCompile(`^-?\d{1,18}(\.\d{1,18})?$`)

func decimal(text string) (*big.Rat, bool) {
	if !plainDecimal.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// ParseLimit splits a limit into amount and currency; ok is false where the text is the name of a limit.
func ParseLimit(text string) (amount, currency string, ok bool) {
	amount, currency, ok = strings.Cut(strings.TrimSpace(text), " ")
	if _, number := decimal(amount); !ok || !number || len(currency) < 3 || strings.ContainsFunc(currency, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return "", "", false
	}
	return amount, currency, true
}

// limitVerdict returns the verdict of a limit. It is confirmed by its name, or by amount and currency. An amount
// without a shown currency is unknown.
func limitVerdict(sent string, held Value) CellVerdict {
	sent = strings.TrimSpace(sent)
	name, amount, currency := strings.TrimSpace(held.Text), held.Parts["amount"], held.Parts["currency.code"]
	if held.Parts != nil {
		name = strings.TrimSpace(held.Parts["name"])
	} else if a, c, ok := ParseLimit(held.Text); ok {
		amount, currency = a, c
	} else if _, number := decimal(name); number {
		amount = name
	}
	wanted, wantedCurrency, ok := ParseLimit(sent)
	_, named := held.Parts["name"]
	_, counted := held.Parts["amount"]
	switch {
	case name == sent:
		return CellConfirmed
	case held.Parts != nil && (!ok && !named || ok && !counted):
		return CellUnknown
	case !ok:
		return CellDrifted
	}
	w, _ := decimal(wanted)
	h, shown := decimal(strings.TrimSpace(amount))
	switch {
	case !shown || w.Cmp(h) != 0:
		return CellDrifted
	case currency == "":
		return CellUnknown
	}
	return verdict(strings.EqualFold(strings.TrimSpace(currency), wantedCurrency))
}

// lookUpNames are the parts by which a look-up of a custom field may be named. Its number and flags do not count: any
// flag would confirm a Yes.
var lookUpNames = [...]string{"name", "external-ref-num", "external-ref-code"}

func lookUpVerdict(sent, held Value) CellVerdict {
	v := CellUnknown
	for _, name := range lookUpNames {
		part, shown := held.Parts[name]
		switch {
		case shown && sameValue(KindCustom, sent, Value{Text: part}):
			return CellConfirmed
		case shown:
			v = CellDrifted
		}
	}
	return v
}
