package ledger

import (
	"fmt"

	"zombiezen.com/go/sqlite"
)

// Known gives the login last sent for every person the ledger knows, by the person's key.
func (l *Ledger) Known() (map[string]string, error) {
	people := map[string]string{}
	err := l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT key, login FROM people", func(s *sqlite.Stmt) error {
			people[s.ColumnText(0)] = s.ColumnText(1)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read the known people: %w", err)
	}
	return people, nil
}
