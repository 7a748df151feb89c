package layout

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	notEmail   = breach{"email", "is not an e-mail address of the form name@example.com"}
	notPhone   = breach{"phone", "is not in Coupa's form xxx-yyy-zzzz, abroad +aa xxx-yyy-zzzz"}
	notLimit   = breach{"limit", "looks like an amount, but is not amount, blank and ISO 4217 currency such as 1000.00 USD"}
	notInteger = breach{"integer", "is not a whole number"}
	zeroID     = breach{"integer", "is 0, which is no user's number in Coupa"}
	emptyName  = breach{"list", "has an empty name in its list"}
)

// maxLocal is the largest length of the part before the @ (RFC 5321, 4.5.3.1.1).
const maxLocal = 64

// isEmail reports whether text is one bare address with a dot in its domain. The ordinary ASCII form is parsed here,
// ten times faster than by net/mail, which decides on everything else.
func isEmail(text string) bool {
	at := strings.LastIndexByte(text, '@')
	if at < 1 || at > maxLocal || !isDomain(text[at+1:]) {
		return false
	}
	if isAtoms(text[:at]) {
		return true
	}
	a, err := mail.ParseAddress(text)
	return err == nil && a.Name == "" && a.Address == text
}

// isAtoms reports whether a local part is ASCII atoms with single dots between them (RFC 5322, dot-atom).
func isAtoms(local string) bool {
	dot := true
	for i := range len(local) {
		b := local[i]
		if b != '.' && !atomByte[b] || b == '.' && dot {
			return false
		}
		dot = b == '.'
	}
	return !dot
}

// atomByte marks the bytes of an atom.
var atomByte = func() (is [256]bool) {
	for _, b := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~") {
		is[b] = true
	}
	return is
}()

// isDomain reports whether domain is two or more labels of letters, digits and inner hyphens, the last of them no
// number; letters beyond ASCII pass.
func isDomain(domain string) bool {
	label, labels, letter := 0, 0, false
	for i := 0; i <= len(domain); i++ {
		if i < len(domain) && domain[i] != '.' {
			b := domain[i]
			switch {
			case b|0x20 >= 'a' && b|0x20 <= 'z', b >= utf8.RuneSelf:
				letter = true
			case b >= '0' && b <= '9', b == '-':
			default:
				return false
			}
			continue
		}
		if i == label || i-label > 63 || domain[label] == '-' || domain[i-1] == '-' {
			return false
		}
		labels++
		if i < len(domain) {
			label, letter = i+1, false
		}
	}
	return labels >= 2 && letter && len(domain)-label >= 2 && len(domain) <= 253
}

// isPhone reports whether text has a documented form: xxx-yyy-zzzz and +aa xxx-yyy-zzzz ("Users Import"), and 1
// 222-333-4444 ext. 12345 (an identity vendor's page, which warns that Coupa refuses other forms). After a plus the
// three groups may be of any length, since countries differ.
func isPhone(text string) bool {
	if n := len(text) - 12; n >= 0 && isUsual(text[n:]) && isCountry(text[:n]) { // nearly all numbers; the code below decides the others
		return true
	}
	number, extension, extended := strings.Cut(text, " ext. ")
	if extended && !digits(extension, 1, 10) {
		return false
	}
	country, national, abroad := strings.Cut(number, " ")
	if !abroad {
		return isGroups(number, 3, 3, 3, 3, 4, 4)
	}
	if bare, plus := strings.CutPrefix(country, "+"); plus {
		return digits(bare, 1, 3) && isGroups(national, 1, 5, 1, 5, 1, 8)
	}
	return digits(country, 1, 3) && isGroups(national, 3, 3, 3, 3, 4, 4)
}

// isUsual reports whether text, of 12 bytes, is xxx-yyy-zzzz.
func isUsual(text string) bool {
	for i := range 12 {
		if i == 3 || i == 7 {
			if text[i] != '-' {
				return false
			}
		} else if text[i]-'0' > 9 {
			return false
		}
	}
	return true
}

// isCountry reports whether text is empty, or a plus, one to three digits, and a blank.
func isCountry(text string) bool {
	n := len(text)
	return n == 0 || n >= 3 && text[0] == '+' && text[n-1] == ' ' && digits(text[1:n-1], 1, 3)
}

// isGroups reports whether text is three groups of digits joined by hyphens, each with its least and greatest length.
func isGroups(text string, least1, most1, least2, most2, least3, most3 int) bool {
	one, rest, ok := strings.Cut(text, "-")
	two, three, ok2 := strings.Cut(rest, "-")
	return ok && ok2 && digits(one, least1, most1) && digits(two, least2, most2) && digits(three, least3, most3)
}

// digits reports whether text is only ASCII digits, of a length between least and most.
func digits(text string, least, most int) bool {
	if len(text) < least || len(text) > most {
		return false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// limit checks an amount, a blank and a currency, or the name of an approval limit, which may be any text that does not
// look like an amount. It returns the text with the currency in capitals.
func limit(text string) (string, bool) {
	if at := len(text) - 4; at > 0 && text[at] == ' ' && isAmount(text[:at]) {
		if upper, ok := currencyCode(text[at+1:]); ok {
			if upper != text[at+1:] {
				text = text[:at+1] + upper
			}
			return text, true
		}
	}
	return text, !likeAmount(text)
}

// isAmount reports whether text is digits, with or without a dot and decimals.
func isAmount(text string) bool {
	dot := strings.IndexByte(text, '.')
	if dot < 0 {
		return digits(text, 1, 15)
	}
	return digits(text[:dot], 1, 15) && digits(text[dot+1:], 1, 6)
}

const figures = "0123456789"

// likeAmount reports whether text is figures with at most a currency before or behind them: 1000, 1,000.00 USD, -5 EUR,
// $500, USD 500. A text with other letters is a name, such as 2nd Level.
func likeAmount(text string) bool {
	if !strings.ContainsAny(text, figures) {
		return false
	}
	bare := strings.TrimSpace(strings.TrimFunc(text, func(r rune) bool { return unicode.Is(unicode.Sc, r) }))
	if tail := strings.TrimRightFunc(bare, unicode.IsLetter); tail != bare {
		code, spaced := bare[len(tail):], strings.TrimRight(tail, " ") != tail
		if _, ok := currencyCode(code); ok || spaced && len(code) <= 3 {
			bare = tail
		}
	} else if len(bare) > 3 {
		if _, ok := currencyCode(bare[:3]); ok {
			bare = bare[3:]
		}
	}
	bare = strings.TrimLeft(strings.TrimSpace(bare), "+-")
	bare = strings.TrimSpace(strings.TrimFunc(bare, func(r rune) bool { return unicode.Is(unicode.Sc, r) }))
	return strings.ContainsAny(bare, figures) && strings.Trim(bare, figures+".,' \u00a0\u202f") == ""
}
