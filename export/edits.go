package export

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Nearest returns the known name that was probably meant by a word, "" if none is near. Only letters and digits count, and
// not their case. A name is near if two edits or a third of the word lie between them, and less than half of the name.
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

// Edits counts the single characters that must be put in, taken away or changed to make one text of the other
// (Levenshtein): how far a name is from one that may have been meant.
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
