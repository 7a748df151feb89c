package layout

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	nonJoiner = '\u200c'
	joiner    = '\u200d'
)

// isHidden reports whether a character cannot be seen and is taken out of a cell: the soft hyphen, zero-width characters,
// marks of direction, byte order marks. What only looks empty, such as a blank that does not break, is not hidden. Nor are
// variation selectors, which choose the form of a character in names of East Asia.
//
// All are of Unicode's Cf, by which the mapping looks for --NULL-- with hidden characters in it: what it let through must not
// become the word here. So U+2065, which is unassigned, stays.
func isHidden(r rune) bool {
	switch {
	case r == '\u00ad':
		return true
	case r < '\u061c': // nearly every letter
		return false
	}
	return r == '\u061c' || r == '\u180e' || r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' ||
		r >= '\u2060' && r <= '\u206f' && r != '\u2065' || r == '\ufeff'
}

// visible returns text without its hidden characters. Joiners and non-joiners stay where they are spelling: Persian has a
// non-joiner inside names, and the scripts of India write some letters as a mark with a joiner behind it.
func visible(text string) string {
	var b strings.Builder
	var before rune // the last character that stays, joiners aside
	for i, r := range text {
		switch {
		case !isHidden(r):
			before = r
		case r != joiner && r != nonJoiner || !joins(before, text[i+utf8.RuneLen(r):]):
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// joins reports whether a joiner is spelling between the character before it and the text behind it.
func joins(before rune, behind string) bool {
	if !shapes(before) {
		return false
	}
	after, _ := utf8.DecodeRuneInString(behind)
	return shapes(after) || unicode.IsMark(before) // a mark with a joiner also ends a name
}

// shapes reports whether r is a letter or mark of a script in which a joiner can change how letters look. Marks that any
// script may use, such as accents, are in none.
func shapes(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M) &&
		!unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Han, unicode.Common, unicode.Inherited)
}
