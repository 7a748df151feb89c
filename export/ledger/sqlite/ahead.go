package sqlite

import (
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// tolerance is how many nanoseconds a recorded time may be ahead of now before it is reported.
const tolerance = "60000000000"

// Ahead returns the records with a time in the future.
func (l *Ledger) Ahead(now time.Time) (a ledger.Ahead, err error) {
	err = l.read(func(c *sqlite.Conn) (err error) {
		err = query(c, `SELECT max(at) FROM (SELECT max(started) at FROM runs UNION ALL SELECT max(ended) FROM runs
			UNION ALL SELECT max(planned) FROM parts UNION ALL SELECT max(sent) FROM parts UNION ALL SELECT max(at) FROM approvals)
			HAVING max(at) > ?1 + `+tolerance,
			func(s *sqlite.Stmt) error { a.Latest = fromNanos(s.ColumnInt64(0)); return nil }, nanos(now))
		if err != nil || a.Latest.IsZero() {
			return err
		}
		a.Approvals, err = selectApprovals(c, "WHERE a.ended = '' AND a.at > ?1 + "+tolerance+" ORDER BY a.id", nanos(now))
		return err
	})
	if err != nil {
		return a, fmt.Errorf("ledger: look for times that are still to come: %w", err)
	}
	return a, nil
}
