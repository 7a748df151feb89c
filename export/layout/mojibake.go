package layout

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

var misread = breach{"misread", "has signs in place of letters, such as Ã¼ for ü: UTF-8 was read in another charset and written again"}

// lost is the breach of a text with U+FFFD: the letter that stood there is nowhere in the text any more.
var lost = breach{"misread", "has U+FFFD, the sign that programs write where they cannot read a letter: the letter is lost"}

// maybeMisread reports whether a character beyond ASCII can be the second or later byte of a misread letter. Nearly every
// letter of a name in Latin letters cannot.
func maybeMisread(r rune) bool { return r < 0xc0 || r >= 'Œ' }

// isMisread reports whether text, which is not only ASCII, is UTF-8 that was read as Windows-1252 or Latin-1: taken
// back to those bytes it is UTF-8 again, as a whole. A name that is right does that by accident only: the letters that then
// come out must be likely ones (KRÍŽ gives none).
func isMisread(text string) bool {
	var buf [128]byte
	raw := buf[:0]
	for _, r := range text {
		b, ok := byteOf(r)
		if !ok {
			return false
		}
		raw = append(raw, b)
	}
	return utf8.Valid(raw) && likely(raw)
}

// byteOf returns the byte that a reader took for r.
func byteOf(r rune) (b byte, ok bool) {
	if r >= 0x80 && r < 0xa0 { // as Latin-1 has it, and Windows-1252 where it has no character
		return byte(r), true
	}
	return charmap.Windows1252.EncodeRune(r)
}

// likely reports whether all characters of b beyond ASCII are ones that feeds hold. Those of three and four bytes are: no
// name has a letter with two such signs behind it. Of those of two bytes, the letters of Latin scripts are, and two or more
// of Greek or Cyrillic, since one alone may be a capital before another, as in ÓŽ.
func likely(b []byte) bool {
	alone := 0
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		b = b[size:]
		switch {
		case r < 0x80 || r >= 0x800, r >= 0xa0 && r < 0x180: // up to ſ
		case unicode.In(r, unicode.Greek, unicode.Cyrillic):
			alone++
		default:
			return false
		}
	}
	return alone != 1
}
