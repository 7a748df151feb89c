package mapping

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded are the letters and signs that Unicode does not decompose into an ASCII character and marks.
var folded = strings.NewReplacer(
	"ß", "ss", "ẞ", "SS", "æ", "ae", "Æ", "AE", "œ", "oe", "Œ", "OE", "ø", "o", "Ø", "O", "ł", "l", "Ł", "L",
	"đ", "d", "Đ", "D", "ð", "d", "Ð", "D", "þ", "th", "Þ", "Th", "ı", "i", "ħ", "h", "Ħ", "H", "ŧ", "t", "Ŧ", "T",
	"ŋ", "n", "Ŋ", "N", "ĸ", "k", "ə", "e", "Ə", "E", "ơ", "o", "ư", "u", "‘", "'", "’", "'", "ʼ", "'", "ʻ", "'",
	"“", `"`, "”", `"`, "„", `"`, "–", "-", "—", "-", "‐", "-", "‑", "-", "−", "-", "⁄", "/",
)

// ascii folds text to ASCII. Ligatures and full-width letters count by their parts. A character without an ASCII form
// (李, Ж) is an error: leaving it out would make it another name.
func ascii(s string) (string, error) {
	if isASCII(s) {
		return s, nil
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(folded.Replace(s)) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		b.WriteRune(r)
	}
	out := folded.Replace(b.String()) // letters that came out of a ligature
	if !isASCII(out) {
		return "", errors.New("the text holds characters without an ASCII form")
	}
	return out, nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
