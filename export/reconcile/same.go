package reconcile

import (
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// sameText returns what export.ElementCell.Canonical returns of a set cell. Most texts need no more than a look at their bytes.
func sameText(e export.Element, text string) (same string, ok bool) {
	switch {
	case text == e.Empty:
	case e.Kind == export.KindText && normal(text):
		return text, true
	case plain(text):
		switch e.Kind {
		case export.KindFold:
			return lower(text), true
		case export.KindBool, export.KindStatus:
			switch text {
			case "Yes", "true", "active":
				return "true", true
			case "No", "false", "inactive":
				return "", true
			}
		case export.KindLimit:
			if same = plainLimit(text); same != "" {
				return same, true
			}
		case export.KindPhone:
			if same = plainPhone(text); same != "" {
				return same, true
			}
		}
	}
	return export.ElementCell{Element: e, Cell: export.Cell{State: export.Set, Text: text}}.Canonical()
}

// plain reports whether a text is of printable ASCII alone, and has no blank at its ends.
func plain(text string) bool {
	if text == "" || text[0] == ' ' || text[len(text)-1] == ' ' {
		return false
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// lower returns a plain text in lower case: most are.
func lower(text string) string {
	for i := range len(text) {
		if 'A' <= text[i] && text[i] <= 'Z' {
			return strings.ToLower(text)
		}
	}
	return text
}

// normal reports whether a text is in Unicode NFC and has no blank at its ends, as can be seen by its bytes: it is of printable ASCII,
// of Latin letters before the combining marks (U+00A1 to U+02FF), of Cyrillic ones (U+0400 to U+047F) and of ideographs (U+5000 to U+9FFF).
// Of another text that is not known.
func normal(text string) bool {
	if text == "" || text[0] == ' ' || text[len(text)-1] == ' ' {
		return false
	}
	for i := 0; i < len(text); {
		b := text[i]
		switch rest := text[i+1:]; {
		case ' ' <= b && b <= '~':
			i++
		case (0xC3 <= b && b <= 0xCB || b == 0xD0 || b == 0xD1 || b == 0xC2 && rest != "" && rest[0] > 0xA0) && follows(rest, 1):
			i += 2
		case 0xE5 <= b && b <= 0xE9 && follows(rest, 2):
			i += 3
		default:
			return false
		}
	}
	return true
}

// follows reports whether a text goes on with n bytes that continue a character.
func follows(text string, n int) bool {
	if len(text) < n {
		return false
	}
	for i := range n {
		if text[i]&0xC0 != 0x80 {
			return false
		}
	}
	return true
}

func digits(text string) (n int) {
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}

// mostDigits is how many digits an amount has at most on each side of its point.
const mostDigits = 18

// plainLimit returns a whole amount with its currency, such as 500.00 USD, as 500 USD; "" for any other text.
func plainLimit(text string) string {
	n := digits(text)
	if n == 0 || n > mostDigits || text[0] == '0' {
		return ""
	}
	rest := text[n:]
	if strings.HasPrefix(rest, ".") {
		k := digits(rest[1:])
		if k == 0 || k > mostDigits || strings.Trim(rest[1:1+k], "0") != "" {
			return ""
		}
		rest = rest[1+k:]
	}
	if len(rest) < len(" USD") || rest[0] != ' ' || strings.ContainsFunc(rest[1:], func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return ""
	}
	if n+len(rest) == len(text) {
		return text
	}
	return text[:n] + rest
}

// plainPhone returns a number of digits and dashes, with or without +49 before it, as 49 222333444 and a blank: no extension
// follows. "" is for any other text.
func plainPhone(text string) string {
	var room [40]byte
	if len(text) > len(room)-4 {
		return ""
	}
	b := append(room[:0], '1')
	if text[0] == '+' {
		n := digits(text[1:])
		if n == 0 || n > 3 || len(text) <= n+2 || text[n+1] != ' ' {
			return ""
		}
		b = append(b[:0], text[1:n+1]...)
		text = text[n+2:]
	}
	b = append(b, ' ')
	before := len(b)
	for i := range len(text) {
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			b = append(b, c)
		case c != '-':
			return ""
		}
	}
	if len(b) == before {
		return ""
	}
	return string(append(b, ' '))
}
