package sqlite

import (
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Committed calls f for each row that runs planned since a time have committed to be sent, in the order of the runs, where
// it would change its person in one of kinds, or where a limit of a single column counts it; 0: for each. f must not call the ledger.
func (l *Ledger) Committed(since time.Time, kinds export.ChangeKinds, f func(run, key string, kinds export.ChangeKinds, names []string)) error {
	mask, counted := ledger.StoreKinds(kinds), ledger.Reading[string]{}
	err := l.read(func(c *sqlite.Conn) error {
		return query(c, `SELECT r.id, rows.key, rows.kinds, rows.counted FROM runs r CROSS JOIN parts p ON p.run = r.num
			CROSS JOIN rows ON rows.id BETWEEN p.id << 32 AND p.id << 32 | 0xffffffff
			WHERE r.planned >= ?1 AND r.planned > 0 AND (?2 = 0 OR rows.kinds & ?2 <> 0 OR rows.counted <> '') AND rows.key <> ''
			AND rows.outcome IN ('pending', 'applied', 'drifted') ORDER BY r.num`,
			func(s *sqlite.Stmt) error {
				names, err := counted.Read(s.ColumnText(3))
				if err == nil {
					f(s.ColumnText(0), s.ColumnText(1), ledger.ReadKinds(s.ColumnInt64(2)), names)
				}
				return err
			}, nanos(since), mask)
	})
	if err != nil {
		return fmt.Errorf("ledger: read what was committed since %s: %w", since.UTC().Format(time.RFC3339), err)
	}
	return nil
}
