package alike

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Tidy returns a text without the blanks around it and without invisible characters: the form in which keys, logins,
// e-mails and employee numbers are compared. Case counts. Nearly every text is tidy already, and costs one scan.
//
// Control characters of ASCII inside a text stay, since the rules of the layout refuse them.
func Tidy(s string) string {
	if isTidy(s) || !utf8.ValidString(s) { // two broken texts must not become one
		return s
	}
	return strings.Map(func(r rune) rune {
		if r >= 0x80 && unseen(r) {
			return -1
		}
		return r
	}, strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unseen(r) }))
}

// Blank reports whether a text has nothing that can be seen: it is empty, or of blanks of any script, no-break spaces and
// invisible characters alone. Control characters of ASCII count as seen, since the rules of the layout refuse them. The first
// byte decides nearly always.
func Blank(s string) bool {
	// A blank or an invisible character of U+0080 to U+00BF begins with 0xC2, the next one is U+034F: é and ø are none.
	return s == "" || (s[0] <= ' ' || s[0] == 0xc2 || s[0] >= 0xcd) && utf8.ValidString(s) && strings.IndexFunc(s, isSeen) < 0
}

func isSeen(r rune) bool {
	return !unicode.IsSpace(r) && (r < 0x80 || !unseen(r))
}

// FoldLogin returns the form in which logins are compared where case does not count.
func FoldLogin(login string) string { return strings.ToLower(Tidy(login)) }

// isTidy reports whether s is ASCII without a blank or control character at either end; it is false for some tidy texts.
// It reads eight bytes at a time; the last eight overlap the ones before.
func isTidy(s string) bool {
	const high = 0x8080808080808080
	n := len(s)
	if n == 0 {
		return true
	}
	if first, last := s[0], s[n-1]; first <= ' ' || last <= ' ' || first >= 0x7f || last >= 0x7f {
		return false
	}
	if n < 8 {
		for i := range n {
			if s[i] >= 0x80 {
				return false
			}
		}
		return true
	}
	bits := loadWord(s[n-8:])
	for at := 0; at < n-8; at += 8 {
		bits |= loadWord(s[at:])
	}
	return bits&high == 0
}

// unseen reports whether a character cannot be seen, a blank aside: zero-width characters, byte order marks, soft hyphens,
// marks of direction, fillers, variation selectors, control characters.
func unseen(r rune) bool {
	if r < 0x80 {
		return r < ' ' || r == 0x7f
	}
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// SheetDamage returns what a spreadsheet has made of a key, an employee number, a login or an e-mail address, as the message
// of a fault: "" for nearly every text. Seen in files of HR: 1.23457E+11 for a long number, '00123 and ="00123" to keep zeros.
// Not seen there: ’00123, the second behind a program that makes quotes curly, and 1.5E5.
//
// It is not for names: 't Hooft is one.
func SheetDamage(s string) string {
	if s == "" {
		return ""
	}
	switch c := s[0]; {
	case c > '=' && c < utf8.RuneSelf: // letters: nearly every login
	case c == '\'':
		return sayApostrophe
	case c >= utf8.RuneSelf:
		if strings.HasPrefix(s, "’") || strings.HasPrefix(s, "‘") {
			return sayApostrophe
		}
	case c == '=':
		if strings.HasPrefix(s, `="`) {
			return sayFormula
		}
	case isDigit(c) || c == '-' || c == '+':
		if isScientific(s) {
			return sayScientific
		}
	}
	return ""
}

// The messages of SheetDamage; templates/causes.csv has their cause.
const (
	sayApostrophe = "begins with an apostrophe, by which a spreadsheet keeps a text as it is"
	sayFormula    = `has the form ="...", by which a spreadsheet keeps zeros`
	sayScientific = "is in scientific notation, which a spreadsheet makes of a long number: its digits are lost"
)

// isScientific reports whether s is a number with an exponent: 1.23457E+11 and 1E+05, as spreadsheets write it, and
// 1.23457E11, as programs in Java do that read a sheet. A comma may stand for the point, as in most countries of Europe.
//
// 3E0, 1E5 and 12E45 are numbers like any other: employee numbers have this form, and a spreadsheet makes 1E+05 of them,
// never 1E5. An exponent without a sign therefore counts only behind a point.
func isScientific(s string) bool {
	n := len(s)
	if n < 4 || isDigit(s[n-2]) && isDigit(s[n-3]) && isDigit(s[n-4]) { // nearly every number
		return false
	}
	if isSign(s[0]) {
		s = s[1:]
	}
	rest := skipDigits(s)
	if len(rest) == len(s) || rest == "" {
		return false
	}
	pointed := rest[0] == '.' || rest[0] == ','
	if pointed {
		fraction := rest[1:]
		if rest = skipDigits(fraction); len(rest) == len(fraction) {
			return false
		}
	}
	if len(rest) < 2 || rest[0]|0x20 != 'e' {
		return false
	}
	if rest = rest[1:]; isSign(rest[0]) {
		return len(rest) > 1 && skipDigits(rest[1:]) == ""
	}
	return pointed && skipDigits(rest) == ""
}

func isSign(c byte) bool { return c == '+' || c == '-' }

func isDigit(c byte) bool { return c-'0' <= 9 }

func skipDigits(s string) string {
	for s != "" && isDigit(s[0]) {
		s = s[1:]
	}
	return s
}
