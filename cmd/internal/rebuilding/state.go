package rebuilding

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/reconciling"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/export/baseline"
)

// state is what was read of Coupa's users. It is in memory, since which of them share a key is known at the end only: 145 MB at the
// peak for 100,000 users with 20 columns, SQLite among them.
type state struct {
	users   *reconciling.Users
	columns []export.Element // of the mapping, that Coupa shows
	hasher  *baseline.Hasher

	key, login, status export.Element

	people []person
	hashes []export.CellHash // of all people, one after the other
	shapes map[string][]string
	keys   map[string]int // how many users have a key
	res    *Result
}

// person is a user, and what of the hashes is theirs.
type person struct {
	id, key, login, status, number string
	columns                        []string // that are known, one list for all people with the same
	hashes                         int      // where theirs begin
}

// take notes a user.
func (s *state) take(u export.User) error {
	text := func(e export.Element) string {
		v, _ := u.Value(e)
		return strings.Clone(alike.Tidy(v.Text))
	}
	p := person{id: strings.Clone(u.ID), key: text(s.key), login: text(s.login), hashes: len(s.hashes)}
	if p.number = p.key; s.res.Key != export.ColumnNumber {
		if e, ok := s.users.Element(export.ColumnNumber); ok {
			p.number = text(e)
		}
	}
	if v, known := u.Value(s.status); known {
		p.status = v.Show(s.status.Kind)
	}
	var shape strings.Builder
	var names []string
	for _, e := range s.columns {
		if sum, ok := s.hash(u, e); ok {
			s.hashes = append(s.hashes, sum)
			shape.WriteString(e.Column + "\n")
			names = append(names, e.Column)
		}
	}
	if s.shapes == nil {
		s.shapes, s.keys = map[string][]string{}, map[string]int{}
	}
	if s.shapes[shape.String()] == nil {
		s.shapes[shape.String()] = names
	}
	p.columns = s.shapes[shape.String()]
	if p.key != "" {
		s.keys[p.key]++
	}
	s.people = append(s.people, p)
	s.res.Users++
	return nil
}

// hash returns the hash of a cell that would leave what Coupa holds. ok is false where no such cell is known: the column stays unknown
// of the person, and the next plan compares it with Coupa.
func (s *state) hash(u export.User, e export.Element) (sum export.CellHash, ok bool) {
	held, known := u.Value(e)
	if !known {
		return 0, false
	}
	cell := export.ElementCell{Element: e, Cell: export.Cell{State: export.Clear}}
	if text := held.Show(e.Kind); strings.TrimSpace(text) != "" {
		cell.Cell = export.Cell{State: export.Set, Text: text}
	}
	if same := export.Compare([]export.ElementCell{cell}, u); len(same) == 1 && same[0].Verdict == export.CellConfirmed {
		if sum, ok = s.hasher.Hash(cell); ok {
			return sum, true
		}
	}
	if s.res.Unlike == nil {
		s.res.Unlike = map[string]int{}
	}
	s.res.Unlike[e.Column]++
	return 0, false
}

// rows passes a row for each user, in the order read, and returns how many. Whoever is left out has a row without a name.
func (s *state) rows(add func(export.RowResult) error) (n int, err error) {
	for i, p := range s.people {
		r := export.RowResult{Origin: s.origin(i, p.id), Lines: 1, Outcome: export.Excluded}
		switch {
		case p.key == "":
			s.res.NoKey++
		case s.keys[p.key] > 1:
			s.res.SameKey++
			s.res.Same = append(s.res.Same, s.called(i, p.id))
		case p.login == "":
			s.res.NoLogin++
		default:
			s.res.Taken++
			r.Outcome, r.Key, r.Login, r.Status = export.Unchanged, p.key, p.login, p.status
			r.Seen = &export.Confirmed{
				Columns: p.columns, Hashes: s.hashes[p.hashes : p.hashes+len(p.columns)], CoupaID: p.id, Number: p.number,
			}
		}
		if err := add(r); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// origin names a user by Coupa's number, or where a file does not show it by the record of the file.
func (s *state) origin(i int, id string) export.Origin {
	if n, err := strconv.Atoi(id); err == nil {
		return export.Origin{File: "Coupa id", Line: n}
	}
	return export.Origin{File: "record of " + s.res.From, Line: i + 1}
}

// called names a user in a sentence.
func (s *state) called(i int, id string) string {
	if id == "" {
		return fmt.Sprintf("record %d", i+1)
	}
	return "Coupa id " + id
}
