package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
)

// Waiting returns the people who have a row in a part without a verdict.
func (l *Ledger) Waiting() (*export.Waiting, error) {
	w := &export.Waiting{Keys: map[string]string{}, Firsts: map[string]string{}, Logins: map[string]string{}}
	err := l.read(func(c *sqlite.Conn) error {
		return query(c, `SELECT p.name, r.command, rows.key, rows.first, rows.login
			FROM parts p JOIN runs r ON r.num = p.run CROSS JOIN rows ON rows.id BETWEEN p.id << 32 AND p.id << 32 | 0xffffffff
			WHERE p.state NOT IN ('settled', 'dropped') AND rows.outcome = 'pending' ORDER BY p.id`, func(s *sqlite.Stmt) error {
			part := s.ColumnText(0)
			if s.ColumnText(1) != "drop" { // a dropped file has no feed and so no key from one
				w.Keys[s.ColumnText(2)] = part
			}
			w.Firsts[export.Tidy(s.ColumnText(3))] = part
			if login := s.ColumnText(4); login != "" {
				w.Logins[export.FoldLogin(login)] = part
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read who waits: %w", err)
	}
	return w, nil
}
