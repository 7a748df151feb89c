package words

import (
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// Dash returns s, or a dash if it is empty.
func Dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Few returns the first names of many, joined.
func Few(names []string) string {
	const most = 10
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// SomeOf returns a few names of many, joined.
func SomeOf(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// IsOrAre returns the verb for n things.
func IsOrAre(n int) string {
	if n == 1 {
		return "1 part that was sent in the last 7 days is"
	}
	return fmt.Sprintf("%d parts that were sent in the last 7 days are", n)
}

// Persons returns a number of people in words.
func Persons(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// FileNames returns the names of a run's files, or a dash if it has none.
func FileNames(files []export.FeedFile) string {
	switch len(files) {
	case 0:
		return "-"
	case 1:
		return files[0].Name
	}
	return fmt.Sprintf("%s and %d more", files[0].Name, len(files)-1)
}
