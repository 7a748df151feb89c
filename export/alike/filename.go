// Package alike compares names: those of files in the order of a person, and a misspelt one with those that exist.
package alike

import (
	"cmp"
	"strings"
)

// CompareFileNames orders the names of feed files, as cmp.Compare does: the numbers in them count as numbers, so that
// users-9.csv comes before users-10.csv, and the rest byte by byte. A number may have any length; 09 comes after 9.
func CompareFileNames(a, b string) int {
	for x, y := a, b; ; {
		m, n := digits(x), digits(y)
		switch {
		case m > 0 && n > 0:
			if c := compareNumbers(x[:m], y[:n]); c != 0 {
				return c
			}
			x, y = x[m:], y[n:]
		case x == "" || y == "" || x[0] != y[0]:
			if c := strings.Compare(x, y); c != 0 {
				return c
			}
			return cmp.Or(len(a)-len(b), strings.Compare(a, b)) // they differ in leading zeros alone
		default:
			x, y = x[1:], y[1:]
		}
	}
}

// compareNumbers compares two runs of digits as numbers.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// digits returns how many digits a text begins with.
func digits(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}

// DifferInDigits reports whether two names of files differ, and in their numbers alone, whatever the lengths of those.
func DifferInDigits(a, b string) bool {
	if a == b {
		return false
	}
	for {
		m, n := digits(a), digits(b)
		switch {
		case (m > 0) != (n > 0):
			return false
		case m > 0:
			a, b = a[m:], b[n:]
		case a == "" || b == "":
			return a == b
		case a[0] != b[0]:
			return false
		default:
			a, b = a[1:], b[1:]
		}
	}
}
