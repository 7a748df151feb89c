package mapping

import (
	"fmt"
	"strings"
	"unicode"
)

// hint gives " (did you mean ...?)" where one of names is near, else "".
func hint(name string, names []string) string {
	near := nearest(name, names)
	if near == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", near)
}

// nearest finds the name that differs least, letters and digits alone counting, or "".
func nearest(name string, names []string) string {
	want := letters(name)
	best, least := "", max(1, len(want)/3)+1
	for _, n := range names {
		if d := distance(want, letters(n)); d < least {
			best, least = n, d
		}
	}
	return best
}

func letters(s string) []rune {
	return []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s))
}

// distance counts the single-character edits between a and b (Levenshtein).
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			change := diagonal
			if x != y {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
