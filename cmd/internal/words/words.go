package words

import (
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

func Plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

func Dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Few names the first of many.
func Few(names []string) string {
	const most = 10
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

func SomeOf(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

func IsOrAre(n int) string {
	if n == 1 {
		return "1 part that was sent in the last 7 days is"
	}
	return fmt.Sprintf("%d parts that were sent in the last 7 days are", n)
}

func Persons(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

func FileNames(files []export.FeedFile) string {
	switch len(files) {
	case 0:
		return "-"
	case 1:
		return files[0].Name
	}
	return fmt.Sprintf("%s and %d more", files[0].Name, len(files)-1)
}
