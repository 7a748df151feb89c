package baseline

import "github.com/hr2coupa/hr2coupa/export/alike"

// Waiting holds the people whom a new row must not overtake: an earlier row of theirs is in a part without a verdict.
// Each map has the name of that part. The zero value holds no person.
type Waiting struct {
	Keys   map[string]string // by the feed's key
	Firsts map[string]string // by alike.Tidy of the first cell as sent, for dropped files, which have no feed
	Logins map[string]string // by alike.FoldLogin of the Login cell
}

// Add notes that a row waits in a part. A dropped file has no feed, and so no key from one: its key is empty.
func (w *Waiting) Add(part, key, first, login string) {
	if key != "" {
		w.Keys[key] = part
	}
	w.Firsts[alike.Tidy(first)] = part
	if login != "" {
		w.Logins[alike.FoldLogin(login)] = part
	}
}

// Behind returns the part that a person has to wait for; ok is false where there is none.
func (w *Waiting) Behind(key, first, login string) (part string, ok bool) {
	if w == nil {
		return "", false
	}
	if part, ok = w.Keys[key]; ok {
		return part, true
	}
	first = alike.Tidy(first)
	if part, ok = w.Firsts[first]; ok && first != "" {
		return part, true
	}
	login = alike.FoldLogin(login)
	part, ok = w.Logins[login]
	return part, ok && login != ""
}

// Empty reports whether no person waits.
func (w *Waiting) Empty() bool { return w == nil || len(w.Keys)+len(w.Firsts)+len(w.Logins) == 0 }
