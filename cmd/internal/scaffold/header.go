package scaffold

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/templates"
)

// headed refuses a feed whose first line looks like a person: its names would go into the config. It quotes none of them.
func (s *sample) headed() error {
	at, why, known := 0, "", false
	for i, f := range s.fields {
		switch {
		case looksLikeEmail(f.name):
			return s.headless(i, "is an e-mail address")
		case f.isValue():
			at, why = i, "is the value of other records, too"
		case knownName(f.name):
			known = true
		case f.likeValues():
			at, why = i, "is written like the values below it"
		}
	}
	if why == "" || known {
		return nil
	}
	return s.headless(at, why)
}

func (s *sample) headless(i int, why string) error {
	err := &export.UnusableFeedError{File: filepath.Base(s.path), Line: 1, Why: fmt.Sprintf("looks like a person and not like a header: field %d %s", i+1, why)}
	return export.Hint(err, "put a line with the names of the columns before it")
}

// isValue reports whether the field's name occurs below it as a value.
func (s *fieldSeen) isValue() bool { return s.values[s.name] > 0 }

// likeValues reports whether the name has digits where most of the field's values have them: 10017, A-17, 2026-11-24.
func (s *fieldSeen) likeValues() bool {
	form := formOf(s.name)
	return strings.Contains(form, "9") && s.share(func(v string) bool { return formOf(v) == form }) > 0.5
}

// formOf writes every letter as a and every run of digits as one 9.
func formOf(v string) string {
	var b strings.Builder
	last := rune(0)
	for _, r := range v {
		switch {
		case unicode.IsDigit(r):
			r = '9'
		case unicode.IsLetter(r):
			r = 'a'
		}
		if r != '9' || last != '9' {
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

// knownName reports whether HR systems or Coupa have a column of that name.
func knownName(name string) bool {
	plain := templates.Plain(name)
	for _, h := range templates.HRHeaders() {
		if templates.Plain(h.Header) == plain {
			return true
		}
	}
	for _, c := range layout.Columns() {
		if templates.Plain(c.Name) == plain {
			return true
		}
	}
	return false
}
