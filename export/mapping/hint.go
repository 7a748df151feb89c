package mapping

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/export"
)

// didYouMean returns a hint where one of names is near, else "".
func didYouMean(name string, names []string) string {
	near := nearest(name, names)
	if near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", near)
}

// nearest finds the name that differs least, letters and digits alone counting, or "".
func nearest(name string, names []string) string {
	want := letters(name)
	best, least := "", max(1, utf8.RuneCountInString(want)/3)+1
	for _, n := range names {
		if d := export.Edits(want, letters(n)); d < least {
			best, least = n, d
		}
	}
	return best
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
