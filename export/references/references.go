// Package references has lists of the names that Coupa has: departments, roles, groups, locations. A value of a row that refers to
// one of them has to be in the list. It reads no file and asks no one; texts and names come from its caller.
package references

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/hr2coupa/hr2coupa/export/alike"
)

const (
	mostCompared = 5_000  // longer lists are searched for other spellings, but not for typing errors: that would take minutes
	mostRemember = 10_000 // answers of Near that are kept
)

// List is a list of names. Any number of goroutines may use it.
type List struct {
	title  string
	names  map[string]bool
	spells func() map[string]string // names by their plain spelling

	mu   sync.Mutex
	near map[string]string
}

// New returns a list of names, which must not be empty. title names it in messages, after "the list".
func New(title string, names []string) *List {
	l := &List{title: title, names: make(map[string]bool, len(names)), near: map[string]string{}}
	for _, name := range names {
		l.names[name] = true
	}
	l.spells = sync.OnceValue(func() map[string]string {
		plain := make(map[string]string, len(l.names))
		for _, name := range l.sorted() {
			if p := plainly(name); plain[p] == "" {
				plain[p] = name
			}
		}
		return plain
	})
	return l
}

// Title returns the name of the list.
func (l *List) Title() string { return l.title }

// Len returns the number of names, each counted once.
func (l *List) Len() int { return len(l.names) }

// Has reports whether a name is in the list, letter by letter: Coupa wants it exactly.
func (l *List) Has(name string) bool { return l.names[name] }

// Near returns the name of the list that an unknown one probably means; "" if none is near. A name with other capitals, blanks,
// signs or accents comes before one with a typing error.
func (l *List) Near(name string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, known := l.near[name]
	if !known {
		found = l.nearest(name)
		if len(l.near) < mostRemember {
			l.near[strings.Clone(name)] = found
		}
	}
	return found
}

func (l *List) nearest(name string) string {
	plain := plainly(name)
	spells := l.spells()
	if found := spells[plain]; found != "" || plain == "" || len(l.names) > mostCompared {
		return found
	}
	length := utf8.RuneCountInString(plain)
	most := min(2, length/4) // a short name with two other letters is another name
	best, fewest := "", most+1
	for spelled, listed := range spells {
		if d := utf8.RuneCountInString(spelled) - length; d > most || d < -most {
			continue
		}
		// Of two that are equally near it is always the same one, whatever the order of the map.
		if edits := alike.Edits(plain, spelled); edits < fewest || edits == fewest && edits <= most && listed < best {
			best, fewest = listed, edits
		}
	}
	return best
}

// sorted returns the names in order.
func (l *List) sorted() []string {
	names := make([]string, 0, len(l.names))
	for name := range l.names {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// plainly returns the letters and figures of a name, without case and accents.
func plainly(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, strings.ReplaceAll(norm.NFKD.String(name), "ß", "ss"))
}
