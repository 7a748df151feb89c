package reconciling

import (
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

// keyColumn returns the column that has the key of HR's records as it is; "" where none has.
func (s *sides) keyColumn() string {
	for _, c := range s.pipe.Config.Mapping.Columns {
		if (c.Name == export.ColumnNumber || c.Name == export.ColumnLogin) && strings.TrimSpace(c.Expr) == s.pipe.Config.Feed.Key {
			return c.Name
		}
	}
	return ""
}

// readLedger takes as HR's side everyone of whom a row was ever accepted, with the login and the status that were last sent. Of all
// else the ledger has hashes.
func (s *sides) readLedger() error {
	if s.memory == nil {
		return &export.UnusableFeedError{Why: "there is no ledger, so nothing is known of what was sent", Hint: "name HR's file, or leave out --from-ledger"}
	}
	columns := s.pipe.Options.Columns
	at := func(name string) int { return slices.Index(columns, name) }
	login, status, key := at(export.ColumnLogin), at(export.ColumnStatus), at(s.keyColumn())
	var keys []string
	s.memory.known.All(func(of string, _ export.Person) { keys = append(keys, of) })
	slices.Sort(keys)
	for _, of := range keys {
		p, _ := s.memory.known.Of(of)
		cells := make([]export.Cell, len(columns))
		set := func(i int, text string) {
			if i >= 0 && text != "" {
				cells[i] = export.Cell{State: export.Set, Text: text}
			}
		}
		set(key, of)
		set(login, p.Login)
		set(status, p.Status)
		ok, err := s.compared.AddPerson(reconcile.Person{Key: of, Cells: cells})
		if err != nil {
			return err
		}
		if !ok {
			s.compared.LeaveOut(of, reconcile.Unpaired)
		}
	}
	s.res.Ledger, s.res.Files, s.res.Records = true, []export.FeedFile{}, len(keys)
	return nil
}
