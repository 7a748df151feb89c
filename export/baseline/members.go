package baseline

import "strconv"

// Members are the people whom snapshots of everybody have had, each with the number of the first snapshot that counts and in which
// they are missing since; 0 for those whom the last one had. A nil *Members has no one. Once they are filled, several
// goroutines may read them.
type Members struct{ of *keyed }

// NewMembers returns an empty store with room for so many people.
func NewMembers(people int) *Members { return &Members{newKeyed(people)} }

// Add adds a person, by HR's key.
func (m *Members) Add(key string, since int) {
	value := ""
	if since != 0 { // nearly everybody is there
		value = strconv.Itoa(since)
	}
	m.of.add(key, value)
}

// Len returns how many they are.
func (m *Members) Len() int {
	if m == nil {
		return 0
	}
	return m.of.n
}

// Of returns since which snapshot a person is missing; ok is false for who is no member.
func (m *Members) Of(key string) (since int, ok bool) {
	if m == nil {
		return 0, false
	}
	value, ok := m.of.of(key)
	return sinceIn(value), ok
}

// All calls f with everyone, in no order that counts.
func (m *Members) All(f func(key string, since int)) {
	if m != nil {
		m.of.all(func(key, value string) { f(key, sinceIn(value)) })
	}
}

func sinceIn(value string) int {
	n, _ := strconv.Atoi(value) // only Add writes it; no text is 0
	return n
}
