// Package causes finds the cause of a message: what it means, what to do, and whose task that is.
package causes

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// Tail is the end of the messages of one cause. Case and dots at the end do not count; # stands for a number, and * for
// any text within one message.
type Tail struct {
	Text  string
	Cause export.Cause
}

var unknown = export.Cause{Name: export.Unknown, Meaning: "a message that hr2coupa has no words for; it stands with the row as it came"}

// Finder finds causes by the tails of messages. The text before a tail is a label, and each instance has its own
// labels.
type Finder struct {
	tails []tail
	place func(export.Fault, *export.Cause) []string // nil: no places are told
}

// At returns a finder that also says where in the config a cause lies. place returns none for causes that do not lie there.
func (c *Finder) At(place func(f export.Fault, k *export.Cause) []string) *Finder {
	return &Finder{c.tails, place}
}

// Places returns where in the config a row's faults with a cause lie, each place once.
func (c *Finder) Places(faults export.Faults, k *export.Cause) (places []string) {
	if c.place == nil || k.Owner != export.OwnerIT {
		return nil
	}
	for i, f := range faults {
		if len(faults) > 1 { // else it is this one
			if found, _ := c.Find(faults[i : i+1]); !slices.Contains(found, k) {
				continue
			}
		}
		for _, at := range c.place(f, k) {
			if !slices.Contains(places, at) {
				places = append(places, at)
			}
		}
	}
	return places
}

type tail struct {
	head, rest string // around the *; head is "" without one
	any        bool   // the tail has a *
	pieces     int    // number of pieces of a text that it spans
	cause      *export.Cause
}

// New returns a finder for a table. Every tail needs a text with at most one *, and a cause with a name.
func New(table []Tail) (*Finder, error) {
	c := &Finder{}
	byName := map[string]*export.Cause{}
	for _, t := range table {
		text := foldAll(t.Text)
		head, rest, wild := strings.Cut(text, "*")
		if !wild {
			head, rest = "", text
		}
		switch {
		case strings.Trim(text, "* ;") == "":
			return nil, fmt.Errorf("cause %q: a tail is empty", t.Cause.Name)
		case strings.Contains(rest, "*"):
			return nil, fmt.Errorf("cause %q: the tail %q has more than one *", t.Cause.Name, t.Text)
		case t.Cause.Name == "" || t.Cause.Name == export.Unknown:
			return nil, fmt.Errorf("the tail %q has no name for its cause", t.Text)
		}
		known := byName[t.Cause.Name]
		if known == nil {
			known = &t.Cause
			byName[known.Name] = known
		}
		if *known != t.Cause {
			return nil, fmt.Errorf("cause %q has two explanations", t.Cause.Name)
		}
		c.tails = append(c.tails, tail{head, rest, wild, strings.Count(text, export.BetweenFaults) + 1, known})
	}
	if len(c.tails) == 0 {
		return nil, errors.New("the table of causes is empty")
	}
	slices.SortStableFunc(c.tails, func(a, b tail) int { return cmp.Compare(len(b.head)+len(b.rest), len(a.head)+len(a.rest)) })
	return c, nil
}

// Find returns the causes of a row's faults in their order, each once, and the unknown messages unchanged. Where
// several tails match, the longest counts.
func (c *Finder) Find(faults export.Faults) (causes []*export.Cause, strange []string) {
	found := func(k *export.Cause) {
		if !slices.Contains(causes, k) {
			causes = append(causes, k)
		}
	}
	for _, f := range slices.Backward(faults) { // of several faults with one cause, the last sets its place
		if !f.Ours() {
			strange = append(strange, c.foreign(f.Message, found)...)
		} else if t := c.longest(fold1(f.Message)); t != nil {
			found(t.cause)
		} else {
			strange = append(strange, f.Text())
		}
	}
	slices.Reverse(causes)
	slices.Reverse(strange)
	return causes, strange
}

// foreign searches a text that may hold several messages, as in Coupa's answers and old ledgers. It calls found with
// their causes, from the last message to the first, and returns the messages without a cause in that order.
func (c *Finder) foreign(text string, found func(*export.Cause)) (strange []string) {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	pieces := strings.Split(text, export.BetweenFaults)
	folded := make([]string, len(pieces))
	for i, p := range pieces {
		folded[i] = fold1(p)
	}
	for end := len(pieces); end > 0; {
		t := c.longestOf(folded[:end])
		if t == nil {
			end--
			strange = append(strange, pieces[end])
			continue
		}
		end -= t.pieces
		found(t.cause)
	}
	return strange
}

// Behind returns the causes of a row's faults, each once, with export.Unknown for messages without a cause. Without faults it
// returns none.
func (c *Finder) Behind(faults export.Faults) []*export.Cause {
	causes, strange := c.Find(faults)
	if len(strange) > 0 {
		causes = append(causes, &unknown)
	}
	return causes
}

// longest returns the longest tail at the end of a message, nil where there is none.
func (c *Finder) longest(message string) *tail {
	for i := range c.tails {
		if t := &c.tails[i]; t.ends(message) {
			return t
		}
	}
	return nil
}

// longestOf is longest for pieces that may be several messages: a tail spans as many pieces as it has itself.
func (c *Finder) longestOf(pieces []string) *tail {
	for i := range c.tails {
		t := &c.tails[i]
		if t.pieces <= len(pieces) && t.ends(strings.Join(pieces[len(pieces)-t.pieces:], export.BetweenFaults)) {
			return t
		}
	}
	return nil
}

// ends reports whether text ends with the tail, in whole words.
func (t *tail) ends(text string) bool {
	before, ok := strings.CutSuffix(text, t.rest)
	if !ok || !t.any {
		return ok && wordEnd(before)
	}
	at := strings.LastIndex(before, t.head)
	return at >= 0 && wordEnd(before[:at])
}

func wordEnd(before string) bool {
	return before == "" || strings.ContainsRune(" :;,.(\"'", rune(before[len(before)-1]))
}

// Advise returns what to do about a row and who owns the task; "" where none of its messages is known.
func (c *Finder) Advise(faults export.Faults) (todo, owner string) {
	causes, _ := c.Find(faults)
	var todos, owners []string
	for _, k := range causes {
		todo := k.Todo
		if at := c.Places(faults, k); at != nil {
			todo = strings.Join(at, ", ") + ": " + todo
		}
		todos = append(todos, todo)
		if !slices.Contains(owners, k.Owner) {
			owners = append(owners, k.Owner)
		}
	}
	return strings.Join(todos, export.BetweenFaults), strings.Join(owners, ", ")
}

// ToDo returns what to do about a row: one that has to be fixed by its causes, any other by what its faults say.
func (c *Finder) ToDo(r export.RowResult) string {
	if r.Outcome.Mendable() {
		todo, _ := c.Advise(r.Faults)
		return todo
	}
	return r.Faults.Hint()
}

// mostPlaces is how many places in the config are told of one cause.
const mostPlaces = 5

// Count returns the causes of the rows that have to be fixed, most rows first.
func (c *Finder) Count(rows iter.Seq[export.RowResult]) []export.CauseCount {
	counts := map[*export.Cause]*export.CauseCount{}
	count := func(k *export.Cause, r export.RowResult) {
		n := counts[k]
		if n == nil {
			n = &export.CauseCount{Cause: *k}
			counts[k] = n
		}
		n.Rows++
		n.Records += r.Lines
		for _, at := range c.Places(r.Faults, k) {
			if len(n.Config) < mostPlaces && !slices.Contains(n.Config, at) {
				n.Config = append(n.Config, at)
			}
		}
	}
	for r := range rows {
		if !r.Outcome.Mendable() {
			continue
		}
		for _, k := range c.Behind(r.Faults) {
			count(k, r)
		}
	}
	found := []export.CauseCount{}
	for _, n := range counts {
		found = append(found, *n)
	}
	slices.SortFunc(found, func(a, b export.CauseCount) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(b.Records, a.Records), cmp.Compare(a.Name, b.Name))
	})
	return found
}

func foldAll(s string) string {
	pieces := strings.Split(s, export.BetweenFaults)
	for i, p := range pieces {
		pieces[i] = fold1(p)
	}
	return strings.Join(pieces, export.BetweenFaults)
}

// fold1 folds a message, so that messages are equal if they differ only in case, figures, the kind of apostrophe or the
// dot at the end.
func fold1(s string) string {
	var b strings.Builder
	number := false
	for _, r := range strings.ToLower(strings.TrimRight(strings.TrimSpace(s), ". ")) {
		was := number
		if number = r >= '0' && r <= '9'; number {
			r = '#'
			if was {
				continue
			}
		}
		if r == '’' {
			r = '\''
		}
		b.WriteRune(r)
	}
	return b.String()
}
