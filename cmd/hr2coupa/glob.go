package main

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// globRegexp reads a pattern with the grammar of [path.Match], which the config has checked, but * and ? match a slash too:
// logins are no paths.
func globRegexp(glob string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for rest := glob; rest != ""; {
		switch rest[0] {
		case '*':
			b.WriteString(".*")
			rest = rest[1:]
		case '?':
			b.WriteString(".")
			rest = rest[1:]
		case '[':
			rest = globClass(&b, rest[1:])
		default:
			var r rune
			r, rest = globChar(rest)
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}

// globClass writes a class, of which the bracket is taken already, and gives what comes after it.
func globClass(b *strings.Builder, rest string) string {
	rest, negated := strings.CutPrefix(rest, "^")
	ranges := ""
	for first := true; first || rest[0] != ']'; first = false {
		var lo, hi rune
		lo, rest = globChar(rest)
		if hi = lo; rest[0] == '-' {
			hi, rest = globChar(rest[1:])
		}
		if lo <= hi { // one that ends before it begins holds nothing
			ranges += fmt.Sprintf(`\x{%x}-\x{%x}`, lo, hi)
		}
	}
	const every = `\x{0}-\x{10ffff}`
	switch {
	case !negated && ranges == "":
		b.WriteString("[^" + every + "]")
	case !negated:
		b.WriteString("[" + ranges + "]")
	case ranges == "":
		b.WriteString("[" + every + "]")
	default:
		b.WriteString("[^" + ranges + "]")
	}
	return rest[1:]
}

// globChar takes one character, with the backslash before it where there is one.
func globChar(rest string) (rune, string) {
	rest = strings.TrimPrefix(rest, `\`)
	r, size := utf8.DecodeRuneInString(rest)
	return r, rest[size:]
}
