package sqlite

import (
	"encoding/json"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
)

// Water returns how far the ledger has come, and which parts left since a time.
func (l *Ledger) Water(since time.Time) (w export.Water, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		err := query(c, `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0),
			coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'parts'), 0),
			EXISTS (SELECT 1 FROM runs WHERE planned <> 0) OR EXISTS (SELECT 1 FROM pruned_files)`,
			func(s *sqlite.Stmt) error {
				w.Runs, w.Parts, w.Planned = s.ColumnInt64(0), s.ColumnInt64(1), s.ColumnBool(2)
				return nil
			})
		if err != nil {
			return err
		}
		return query(c, "SELECT name FROM parts WHERE sent >= ? AND name <> '' ORDER BY id",
			func(s *sqlite.Stmt) error { w.Sent = append(w.Sent, s.ColumnText(0)); return nil }, max(1, nanos(since)))
	})
	if err != nil {
		return export.Water{}, fmt.Errorf("ledger: read how far it has come: %w", err)
	}
	return w, nil
}

// Unknown returns, in their order, the names that no part of the ledger has.
func (l *Ledger) Unknown(names []string) (unknown []string, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT name FROM parts) ORDER BY key",
			func(s *sqlite.Stmt) error { unknown = append(unknown, s.ColumnText(0)); return nil }, string(list))
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: look for names of parts: %w", err)
	}
	return unknown, nil
}
