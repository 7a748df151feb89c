package scaffold

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/templates"
)

// Fields whose names say nothing, such as F1, are known by their values alone. A wrong login makes a second account, so
// only one field of the feed may fit, and a field with a name that HR systems have for anything is none of them.

const (
	fewestPeople = 3 // with fewer records nearly any field has a word of its own for each person
	longestWord  = 40
	mostStatuses = 6
)

// byValues returns the only field without a known name that fits; nil if there are none or several.
func (p *proposal) byValues(fits func(*fieldSeen) bool) *fieldSeen {
	var found *fieldSeen
	for _, f := range p.sample.fields {
		if p.used[f.name] || knownName(f.name) || !p.mostlyFilled(f) || !fits(f) {
			continue
		}
		if found != nil {
			return nil
		}
		found = f
	}
	return found
}

// loginByValues returns the field that has what stands before the @ of the addresses, else a short word of its own for
// each person. email may be nil.
func (p *proposal) loginByValues(email *fieldSeen) (*fieldSeen, ground) {
	if email != nil {
		locals := map[string]bool{}
		for address := range email.values {
			local, _, _ := strings.Cut(address, "@")
			locals[strings.ToLower(local)] = true
		}
		isLocal := func(v string) bool { return locals[strings.ToLower(v)] && !looksLikeName(v) }
		if f := p.byValues(func(f *fieldSeen) bool { return p.namesPeople(f) && f.share(isLocal) > 0.9 }); f != nil {
			return f, p.why("by its values alone: they stand before the @ of the e-mail addresses", f)
		}
	}
	f := p.byValues(func(f *fieldSeen) bool {
		return p.sample.records >= fewestPeople && len(f.values) == p.sample.records && f.share(looksLikeLogin) > 0.9
	})
	if f == nil {
		return nil, ground{}
	}
	return f, p.why("by its values alone: a short word of its own for each person; check Coupa's list of users", f)
}

// looksLikeLogin reports whether v is a short word, more letters than digits, that is not written as a name or a number is:
// iabreu and ann.ash2, but neither Abreu nor sf20101.
func looksLikeLogin(v string) bool {
	letters, numerals := 0, 0
	for _, r := range v {
		switch {
		case r >= utf8.RuneSelf:
			return false
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r):
			numerals++
		case !strings.ContainsRune("._-", r):
			return false
		}
	}
	return letters >= 3 && letters > numerals && len(v) <= longestWord && !strings.ContainsFunc(v, unicode.IsUpper)
}

// looksLikeName reports whether v is written as a name is: letters alone, and only the first of them a capital.
func looksLikeName(v string) bool {
	first, size := utf8.DecodeRuneInString(v)
	return unicode.IsUpper(first) && len(v) > size && !strings.ContainsFunc(v[size:], func(r rune) bool { return !unicode.IsLower(r) })
}

// statusByValues returns the field that has a few words, one of which HR systems have for a person's status. Yes and no,
// numbers and single letters mean too much else.
func (p *proposal) statusByValues(known map[string]string) (*fieldSeen, ground) {
	isStatus := func(v string) bool {
		word := templates.Plain(v)
		return known[word] != "" && utf8.RuneCountInString(word) > 3 && word != "true" && word != "false"
	}
	f := p.byValues(func(f *fieldSeen) bool {
		return len(f.values) >= 2 && len(f.values) <= mostStatuses && f.share(isStatus) > 0
	})
	if f == nil {
		return nil, ground{}
	}
	return f, p.why("by its values alone: a few words, one of them known for a status", f)
}
