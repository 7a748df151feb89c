package differences

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// Lines are the people of a saved plan, each one line of JSON. Every call returns them from the first.
type Lines func() (io.Reader, error)

// Kept is a person as a saved plan has them: of one of whom nothing is known, all cells that are sent, else those that differ.
type Kept struct {
	Origin  export.Origin        `json:"origin"`
	Key     string               `json:"key"`
	Kinds   export.ChangeKinds   `json:"kinds"`
	Change  *export.PersonChange `json:"change,omitempty"`
	Columns map[string]string    `json:"columns,omitempty"`
}

// Keep returns a person in the form of a saved plan.
func Keep(p *Person) Kept {
	k := Kept{Origin: p.Origin, Key: p.Key, Kinds: p.Kinds, Change: p.Change}
	if p.Change == nil {
		k.Columns = p.Columns
	}
	return k
}

// cells returns what changes by column, in words.
func (k *Kept) cells() map[string]string {
	out := map[string]string{}
	if k == nil {
		return out
	}
	for column, text := range k.Columns {
		out[column] = text + " (unchecked)"
	}
	if k.Change == nil {
		return out
	}
	for _, c := range k.Change.Cells {
		out[c.Column] = orNone(c.Old) + " -> " + orNone(c.New)
	}
	return out
}

func orNone(value string) string {
	if value == "" {
		return "(none)"
	}
	return value
}

// Moved is a person of whom two plans would change different things.
type Moved struct {
	Key string `json:"key"`
	Old *Kept  `json:"old,omitempty"` // none: the person is not in the old plan
	New *Kept  `json:"new,omitempty"` // none: the person is not in the new plan
}

// Cell is what two plans would change of a column, in words; "" where one of them changes nothing.
type Cell struct{ Column, Old, New string }

// Cells returns the columns whose change differs, in order.
func (m Moved) Cells() (cells []Cell) {
	was, is := m.Old.cells(), m.New.cells()
	for _, column := range union(was, is) {
		if was[column] != is[column] {
			cells = append(cells, Cell{column, was[column], is[column]})
		}
	}
	return cells
}

// Origin returns the record of the person in the new plan, else in the old one.
func (m Moved) Origin() export.Origin {
	if m.New != nil {
		return m.New.Origin
	}
	return m.Old.Origin
}

// Word says in which of the plans the person is.
func (m Moved) Word() string {
	switch {
	case m.Old == nil:
		return "new in the plan"
	case m.New == nil:
		return "no longer in the plan"
	}
	return "changes otherwise"
}

func union(a, b map[string]string) (columns []string) {
	for c := range a {
		columns = append(columns, c)
	}
	for c := range b {
		columns = append(columns, c)
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

// Comparison is what two plans would change differently.
type Comparison struct {
	Added   int     `json:"added"`   // people who are only in the new plan
	Gone    int     `json:"gone"`    // people who are only in the old one
	Changed int     `json:"changed"` // people in both, of whom something else would change
	People  []Moved `json:"people"`  // at most as many as were asked for
}

// Equal reports whether both plans change the same of the same people.
func (c *Comparison) Equal() bool { return c.Added+c.Gone+c.Changed == 0 }

// Sentence returns the counts in words.
func (c *Comparison) Sentence() string {
	return fmt.Sprintf("%d new in the plan, %d no longer in it, %d who change otherwise", c.Added, c.Gone, c.Changed)
}

// Compare compares the people of two plans and returns at most that many of those who differ. Memory grows with the people of
// the old plan by their keys, and not by their cells.
func Compare(before, after Lines, most int) (*Comparison, error) {
	seed := maphash.MakeSeed()
	left := map[string]uint64{}
	err := each(before, func(key string, line []byte) error { left[key] = maphash.Bytes(seed, line); return nil })
	if err != nil {
		return nil, err
	}
	c := &Comparison{People: []Moved{}}
	places := map[string]int{}
	err = each(after, func(key string, line []byte) error {
		was, both := left[key]
		delete(left, key)
		switch {
		case both && was == maphash.Bytes(seed, line):
			return nil
		case both:
			c.Changed++
		default:
			c.Added++
		}
		if len(c.People) >= most {
			return nil
		}
		one := &Kept{}
		places[key] = len(c.People)
		c.People = append(c.People, Moved{Key: key, New: one})
		return json.Unmarshal(line, one)
	})
	if err != nil {
		return nil, err
	}
	c.Gone = len(left)
	return c, each(before, func(key string, line []byte) error {
		at, noted := places[key]
		_, gone := left[key]
		if !noted && (!gone || len(c.People) >= most) {
			return nil
		}
		if !noted {
			at = len(c.People)
			c.People = append(c.People, Moved{Key: key})
		}
		c.People[at].Old = &Kept{}
		return json.Unmarshal(line, c.People[at].Old)
	})
}

// each passes every line with the key of its person. The line is valid until take returns.
func each(lines Lines, take func(key string, line []byte) error) error {
	r, err := lines()
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(r, 256<<10)
	for {
		line, err := in.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			var head struct {
				Key string `json:"key"`
			}
			if err := json.Unmarshal(line, &head); err != nil {
				return fmt.Errorf("read a person of a plan: %w", err)
			}
			if err := take(head.Key, line); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
