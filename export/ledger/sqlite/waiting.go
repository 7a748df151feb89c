package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export/baseline"
)

// Waiting returns the people who have a row in a part without a verdict.
func (l *Ledger) Waiting() (*baseline.Waiting, error) {
	w := &baseline.Waiting{Keys: map[string]string{}, Firsts: map[string]string{}, Logins: map[string]string{}}
	err := l.read(func(c *sqlite.Conn) error {
		return query(c, `SELECT p.name, r.command, rows.key, rows.first, rows.login
			FROM parts p JOIN runs r ON r.num = p.run CROSS JOIN rows ON rows.id BETWEEN p.id << 32 AND p.id << 32 | 0xffffffff
			WHERE p.state NOT IN ('settled', 'dropped') AND rows.outcome = 'pending' ORDER BY p.id`, func(s *sqlite.Stmt) error {
			key := s.ColumnText(2)
			if s.ColumnText(1) == "drop" {
				key = "" // no feed, no key
			}
			w.Add(s.ColumnText(0), key, s.ColumnText(3), s.ColumnText(4))
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read who waits: %w", err)
	}
	return w, nil
}
