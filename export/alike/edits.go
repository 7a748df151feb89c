package alike

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Nearest returns the known name that a word probably means, "" if none is near. Only letters and digits count, without
// case. A name is near if it is at most two edits or a third of the word away, and less than half of the name.
func Nearest(word string, known []string) string {
	want := lettersOf(word)
	best, fewest := "", max(2, utf8.RuneCountInString(want)/3)+1
	for _, name := range known {
		have := lettersOf(name)
		if d := Edits(want, have); d < fewest && 2*d < utf8.RuneCountInString(have) {
			best, fewest = name, d
		}
	}
	return best
}

func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// Edits returns how many single characters have to be inserted, removed or changed to turn one text into the other
// (Levenshtein distance).
func Edits(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, q := range to {
			change := diagonal
			if r != q {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(to)]
}
