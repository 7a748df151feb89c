package differences

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/rowstore"
	"github.com/hr2coupa/hr2coupa/export"
)

// Person is a row to send: whom it is about, what it says and what it would change. It holds personal data.
type Person struct {
	Origin  export.Origin        `json:"origin"`
	Key     string               `json:"key"`
	Part    string               `json:"part"`
	Columns map[string]string    `json:"columns"` // all cells that are sent
	Kinds   export.ChangeKinds   `json:"kinds"`
	Change  *export.PersonChange `json:"change,omitempty"` // what differs; none where no old value is known

	Completed export.ColumnNames `json:"completed,omitempty"` // that are not HR's, see export.RowResult
}

// Name returns how people call the person: by first and last name, else by login; "" if the row has neither.
func (p *Person) Name() string {
	switch first, last := p.Columns["First Name"], p.Columns["Last Name"]; {
	case first != "" && last != "":
		return first + " " + last
	case last != "":
		return last
	}
	return p.Columns[export.ColumnLogin]
}

// Unsent reports whether nothing of the person is sent: a login or an e-mail address differs in case alone.
func (p *Person) Unsent() bool { return p.Part == "" }

// Order returns the chief kinds of change in the order in which an approver reads of them: what is hard to take back
// first. See export.ChangeKinds.Chief.
func Order() []export.ChangeKind {
	return []export.ChangeKind{
		export.ChangeDeactivation, export.ChangeLogin, export.ChangeCreate, export.ChangeReactivation, export.ChangeOther, export.ChangeUnchecked,
	}
}

// Store takes the people of a plan and returns them in the order of Order, and for each chief kind as they came. Its memory
// does not grow with the plan. One goroutine uses it.
type Store struct {
	Keep  int  // of each chief kind at most that many are stored; the others count
	Only  Only // people who do not match are left out
	kinds map[export.ChangeKind]*list
	err   error
}

type list struct {
	n, stored int
	lines     rowstore.Scratch // one person each, as JSON
}

// stored is a person in a list. The name of a part is known only when all parts are there.
type stored struct {
	Person
	Part int64    `json:"p"`
	Done []string `json:"d,omitempty"`
}

// Matched returns how many people match, stored or not.
func (s *Store) Matched() (n int) {
	for _, l := range s.kinds {
		n += l.n
	}
	return n
}

// Wants reports whether the store needs the person of a row with its cells: to keep it, or to see whether it matches. Where it
// does not, it has counted the row, and Add is not called.
func (s *Store) Wants(r *export.RowResult) bool {
	matches, sure := s.Only.row(r)
	if sure && !matches {
		return false
	}
	l := s.list(r.Kinds.Chief())
	if !sure || l.stored < s.Keep {
		return true
	}
	l.n++
	return false
}

func (s *Store) list(kind export.ChangeKind) *list {
	if s.kinds == nil {
		s.kinds = map[export.ChangeKind]*list{}
	}
	l := s.kinds[kind]
	if l == nil {
		l = &list{}
		s.kinds[kind] = l
	}
	return l
}

// Add takes a person whose row goes into that part.
func (s *Store) Add(p *Person, part int64) error {
	if !s.Only.Matches(p) {
		return nil
	}
	return s.add(p, p.Kinds.Chief(), part)
}

// AddUnsent takes a person of whom nothing is sent, if such people are selected. They come after all others.
func (s *Store) AddUnsent(r *export.RowResult) error {
	if !s.Only.Unsent(r) {
		return nil
	}
	return s.add(&Person{Origin: r.Origin, Key: r.Key, Columns: map[string]string{}, Kinds: r.Kinds, Change: r.Change}, export.ChangeCase, noPart)
}

// noPart stands for the part of a person of whom nothing is sent: parts are counted from 1.
const noPart = 0

func (s *Store) add(p *Person, kind export.ChangeKind, part int64) error {
	l := s.list(kind)
	if l.n++; l.stored >= s.Keep {
		return nil
	}
	l.stored++
	one := stored{Person: *p, Part: part, Done: p.Completed}
	one.Completed = nil
	line, err := json.Marshal(one)
	if err != nil {
		return err
	}
	_, err = l.lines.Write(append(line, '\n'))
	return err
}

// All returns at most that many people; part returns the name of a part. An error ends it, and Close returns that error.
func (s *Store) All(most int, part func(int64) string) iter.Seq[Person] {
	return func(yield func(Person) bool) {
		left := most
		for _, kind := range append(Order(), export.ChangeCase) {
			l := s.kinds[kind]
			if l == nil {
				continue
			}
			err := l.read(part, func(p Person) bool { left--; return left >= 0 && yield(p) })
			if err != nil {
				s.err = export.Ours(fmt.Errorf("read a person of the plan back: %w", err))
			}
			if err != nil || left < 0 {
				return
			}
		}
	}
}

func (l *list) read(part func(int64) string, yield func(Person) bool) error {
	r, err := l.lines.Reader()
	if err != nil {
		return err
	}
	d := json.NewDecoder(bufio.NewReaderSize(r, 256<<10))
	for {
		var one stored
		if err := d.Decode(&one); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		p := one.Person
		p.Completed = slices.Clip(one.Done)
		if one.Part != noPart {
			p.Part = part(one.Part)
		}
		if !yield(p) {
			return nil
		}
	}
}

// Restart forgets everything.
func (s *Store) Restart() {
	for _, l := range s.kinds {
		l.lines.Close()
	}
	s.kinds = nil
}

// Close removes what was stored, and returns an error if not all people that were asked for could be read.
func (s *Store) Close() error {
	s.Restart()
	err := s.err
	s.err = nil
	return err
}
