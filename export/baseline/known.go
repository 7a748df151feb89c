package baseline

import (
	"maps"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// KnownPeople are the people whom a ledger knows, with what was last sent for them. A nil *KnownPeople stands for no ledger
// and knows no one. Once they are filled, several goroutines may read them.
type KnownPeople struct{ of *keyed }

// NewKnownPeople returns an empty store with room for so many people.
func NewKnownPeople(people int) *KnownPeople { return &KnownPeople{newKeyed(people)} }

// Add adds a person, by HR's key.
func (k *KnownPeople) Add(key string, p export.Person) { k.of.add(key, p.Status+"\x00"+p.Login) }

// Len returns how many people are known.
func (k *KnownPeople) Len() int {
	if k == nil {
		return 0
	}
	return k.of.n
}

// Of returns what was last sent for the person with a key.
func (k *KnownPeople) Of(key string) (p export.Person, ok bool) {
	if k == nil {
		return p, false
	}
	value, ok := k.of.of(key)
	return personIn(value), ok
}

// All calls f with everyone, in no order that counts.
func (k *KnownPeople) All(f func(key string, p export.Person)) {
	if k != nil {
		k.of.all(func(key, value string) { f(key, personIn(value)) })
	}
}

// Tidied returns the people with tidy keys: an older version recorded keys as HR wrote them, with blanks around them perhaps.
// Where both are known, the tidy one is newer.
func (k *KnownPeople) Tidied() *KnownPeople {
	untidy := map[string]export.Person{}
	k.All(func(key string, p export.Person) {
		if alike.Tidy(key) != key {
			untidy[key] = p
		}
	})
	if len(untidy) == 0 {
		return k
	}
	tidied := NewKnownPeople(k.Len())
	k.All(func(key string, p export.Person) {
		if _, is := untidy[key]; !is {
			tidied.Add(key, p)
		}
	})
	for _, key := range slices.Sorted(maps.Keys(untidy)) {
		if _, known := tidied.Of(alike.Tidy(key)); !known {
			tidied.Add(alike.Tidy(key), untidy[key])
		}
	}
	return tidied
}

func personIn(value string) (p export.Person) {
	p.Status, p.Login, _ = strings.Cut(value, "\x00")
	return p
}
