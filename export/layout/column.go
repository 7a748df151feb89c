package layout

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/templates"
)

// breach is a broken rule with its message. Breaches are made once per sheet, so that reporting one costs no
// formatting.
type breach struct{ rule, message string }

// rowFaults collects the faults of one row.
type rowFaults struct {
	origin export.Origin
	list   []export.Fault
}

// add is not inlined, so that the checks stay small.
//
//go:noinline
func (f *rowFaults) add(c *columnRules, b breach) {
	f.list = append(f.list, export.Fault{Origin: f.origin, Field: c.name, Rule: b.rule, Message: b.message})
}

// spelling is a spelling that Coupa documents, with the form in which it is sent.
type spelling struct{ spelled, sent string }

// kind is a column's type as a number: the switch on it runs once for every cell.
type kind uint8

const (
	kindFree   kind = iota // any text
	kindUnique             // any text, tidied: an element that is unique, or a name in a list whose lack only warns
	kindWords
	kindEmail
	kindPhone
	kindLimit
	kindInteger
	kindCurrency
	kindCountry
	kindLocale
	kindList
	kindKey // the employee number and logins: any text, unless a spreadsheet has damaged it
	kindRef // any text that is in a list of names
)

var kinds = map[templates.Type]kind{
	templates.TypeEmail: kindEmail, templates.TypePhone: kindPhone, templates.TypeLimit: kindLimit,
	templates.TypeInteger: kindInteger, templates.TypeCurrency: kindCurrency, templates.TypeCountry: kindCountry,
	templates.TypeLocale: kindLocale, templates.TypeList: kindList,
}

// columnRules is a column prepared for checking.
type columnRules struct {
	kind     kind
	required bool
	noYes    bool // Yes is a fault
	refs     bool // says.names has its values; others are a fault
	tidied   bool // sent as it is compared, as the names of a list are: a login with a blank behind it would name another account in Coupa, which is never found again
	min, max int  // characters; max is math.MaxInt where there is no limit
	itemMax  int
	words    []spelling // for kindWords: the closed list of values
	clear    string
	name     string
	says     *messages
}

// messages are the breaches with words that depend on the column.
type messages struct {
	short, long, itemLong, unknown breach

	names Names // nil: the column refers to no list
}

func newColumn(t Column, allowNotify bool) columnRules {
	c := columnRules{
		kind: kinds[t.Type], required: t.Required, noYes: t.Name == notifyColumn && !allowNotify,
		min: t.MinLength, max: orElse(t.MaxLength, math.MaxInt), itemMax: orElse(t.ItemMaxLength, math.MaxInt),
		clear: t.Clear, name: t.Name,
		says: &messages{
			short:    breach{"length", fmt.Sprintf("is shorter than %d characters", t.MinLength)},
			long:     breach{"length", fmt.Sprintf("is longer than %d characters", t.MaxLength)},
			itemLong: breach{"length", fmt.Sprintf("has a name longer than %d characters in its list", t.ItemMaxLength)},
			unknown:  breach{"value", "is none of " + strings.Join(t.Allowed, ", ")},
		},
	}
	switch t.Name {
	case numberColumn, loginColumn, managerColumn:
		c.kind = kindKey
	}
	if c.tidied = t.Unique && t.Name != idColumn; c.tidied && c.kind == kindFree { // an Id is not HR's to write: a rule refuses one that is not a plain number
		c.kind = kindUnique
	}
	if len(t.Allowed) == 0 || t.Open {
		return c
	}
	c.kind = kindWords
	for _, a := range t.Allowed {
		w := spelling{a, a}
		if t.Type == templates.TypeBoolean {
			w.sent = "No"
			if strings.ContainsAny(a[:1], "YT") {
				w.sent = "Yes"
			}
		}
		c.words = append(c.words, w)
	}
	return c
}

var (
	notUTF8      = breach{"utf8", "is not valid UTF-8"}
	control      = breach{"control", "has a control character other than a line break or a tab"}
	notCleared   = breach{"clear", "cannot be cleared by CSV, no form for it is documented"}
	noKey        = breach{"key", "is empty, but it is the key by which Coupa finds the person (layout.key)"}
	noValue      = breach{"required", "is empty, and Coupa requires it in every row"}
	noClear      = breach{"clear", "cannot be cleared: Coupa requires it in every row"}
	noInvitation = breach{"notify", "is Yes, which makes Coupa mail an invitation; that is refused unless creates are allowed (limits.creates)"}
)

func (c *columnRules) emptyBreach() breach {
	if c.required {
		return noValue
	}
	return noKey
}

// clearCell turns a clear into the documented text, where there is one.
func (c *columnRules) clearCell(cell *export.Cell, faults *rowFaults) {
	if c.clear == "" {
		faults.add(c, notCleared)
		return
	}
	*cell = export.Cell{Text: c.clear, State: export.Set}
}

// check checks one text by every rule of the column and returns it in the form to send.
func (c *columnRules) check(text string, faults *rowFaults) string {
	length := len(text)
	if !plain(text) {
		var valid bool
		if text, length, valid = c.unplain(text, faults); !valid {
			return text
		}
	}
	if length < c.min {
		faults.add(c, c.says.short)
	}
	if length > c.max {
		faults.add(c, c.says.long)
	}
	if c.kind == kindFree || c.kind == kindUnique {
		return text
	}
	if !c.refs {
		return c.value(text, faults)
	}
	broken := len(faults.list)
	if text = c.value(text, faults); len(faults.list) == broken {
		c.refers(text, faults)
	}
	return text
}

// unplain checks the characters of a text that is not only printable ASCII, takes out the hidden ones, makes its line
// breaks LF, and counts its characters. A text that is not UTF-8, or of which nothing is left, is checked by no other rule.
func (c *columnRules) unplain(text string, faults *rowFaults) (_ string, length int, valid bool) {
	bad, crlf, hidden, doubt, unread := false, false, false, false, false
	for i, r := range text {
		switch {
		case r >= 0xa0:
			if r == utf8.RuneError {
				if !strings.HasPrefix(text[i:], "\ufffd") {
					faults.add(c, notUTF8)
					return text, 0, false
				}
				unread = true
			}
			hidden, doubt = hidden || isHidden(r), doubt || maybeMisread(r)
		case r == '\r' && strings.HasPrefix(text[i+1:], "\n"):
			crlf = true
			continue
		case r < ' ' && r != '\n' && r != '\t' || r >= 0x7f: // C0, DEL and C1
			bad, doubt = true, doubt || r >= 0x80
		}
		length++
	}
	switch { // before anything is taken out: í is misread as Ã and a soft hyphen, and other letters as one with a control
	case unread:
		faults.add(c, lost)
	case doubt && isMisread(text):
		faults.add(c, misread)
	case bad:
		faults.add(c, control)
	}
	if crlf {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	if hidden {
		text = visible(text)
		length = utf8.RuneCountInString(text)
	}
	return text, length, text != ""
}

// value checks the rule of the column's type. It uses a plain switch: with closures faults would escape, one allocation a
// row.
func (c *columnRules) value(text string, faults *rowFaults) string {
	var ok bool
	var broken *breach
	switch c.kind {
	case kindWords:
		text, ok = sentAs(c.words, text)
		broken = &c.says.unknown
		if c.noYes && ok && text == "Yes" {
			faults.add(c, noInvitation)
		}
	case kindEmail:
		if broken = damaged(text); broken == nil {
			ok, broken = isEmail(text), &notEmail
		}
	case kindPhone:
		ok, broken = isPhone(text), &notPhone
	case kindLimit:
		text, ok = limit(text)
		broken = &notLimit
	case kindInteger:
		ok, broken = digits(text, 1, 18), &notInteger
		if ok && c.name == idColumn && strings.Trim(text, "0") == "" {
			ok, broken = false, &zeroID
		}
	case kindCurrency:
		text, ok = currencyCode(text)
		broken = &notCurrency
	case kindCountry:
		text, ok = countryCode(text)
		broken = &notCountry
	case kindLocale:
		text, ok = localeName(text)
		broken = &notLocale
	case kindKey:
		broken = damaged(text)
		ok = broken == nil
	case kindRef:
		return text
	default:
		return c.list(text, faults)
	}
	if !ok {
		faults.add(c, *broken)
	}
	return text
}

// damaged returns the breach of a text that a spreadsheet has changed; nil for any other.
func damaged(text string) *breach {
	if damage := alike.SheetDamage(alike.Tidy(text)); damage != "" {
		return &breach{"spreadsheet", damage}
	}
	return nil
}

// sentAs finds text among words, whatever its case, and returns the form in which it is sent.
func sentAs(words []spelling, text string) (string, bool) {
	for _, w := range words {
		if w.spelled == text {
			return w.sent, true
		}
	}
	for _, w := range words {
		if strings.EqualFold(w.spelled, text) {
			return w.sent, true
		}
	}
	return text, false
}

// list checks each name of a comma-separated list and removes the blanks around the commas.
func (c *columnRules) list(text string, faults *rowFaults) string {
	if c.tidy(text) {
		return text
	}
	names := strings.Split(text, ",")
	empty, long := false, false
	for i, n := range names {
		n = strings.TrimSpace(n)
		names[i] = n
		empty = empty || n == ""
		long = long || utf8.RuneCountInString(n) > c.itemMax
	}
	if empty {
		faults.add(c, emptyName)
	}
	if long {
		faults.add(c, c.says.itemLong)
	}
	return strings.Join(names, ",")
}

// tidy reports whether a list certainly breaks no rule and has no blanks to remove; it may be false for a good list.
func (c *columnRules) tidy(text string) bool {
	start := 0
	for i := range len(text) + 1 {
		if i < len(text) && text[i] != ',' {
			continue
		}
		if i == start || i-start > c.itemMax || text[start] <= ' ' || text[i-1] <= ' ' {
			return false
		}
		start = i + 1
	}
	return true
}

// plain reports whether text is only printable ASCII, which nearly every cell is. It reads eight bytes at a time; the
// last eight overlap the ones before.
func plain(text string) bool {
	b := unsafe.Slice(unsafe.StringData(text), len(text)) // the compiler reads bytes as words only from a slice
	n := len(b)
	switch {
	case n >= 8:
		bad := unplain8(binary.LittleEndian.Uint64(b[n-8:]))
		for at := 0; at < n-8; at += 8 {
			bad |= unplain8(binary.LittleEndian.Uint64(b[at:]))
		}
		return bad == 0
	case n >= 4:
		return unplain8(uint64(binary.LittleEndian.Uint32(b))|uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32) == 0
	}
	for _, c := range b {
		if c-0x20 >= 0x7f-0x20 { // bytes below 0x20 wrap around
			return false
		}
	}
	return true
}

// unplain8 returns 0 where all eight bytes are printable ASCII.
func unplain8(x uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	below := x - 0x20*ones        // borrows into the high bit where a byte is under 0x20
	del := (x ^ 0x7f*ones) - ones // borrows into the high bit where a byte is 0x7f
	return (x | below | del) & high
}

// blank reports whether a cell says nothing; see alike.Blank.
func blank(text string) bool { return alike.Blank(text) }
