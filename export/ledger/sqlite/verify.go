package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
)

// Verified records in one transaction that a settled part was read back at p.ReadBack, and which of its rows are now
// applied or drifted, each named by its PartRow. Other rows of the part stay as they are.
func (l *Ledger) Verified(p export.Part, rows []export.RowResult) error {
	err := l.write(func(c *sqlite.Conn) error {
		old, err := needPart(c, p.ID)
		if err != nil {
			return err
		}
		if old.State != export.Settled {
			return fmt.Errorf("part %s is %s: only the rows of a settled part can be read back", old.Name, old.State)
		}
		for _, r := range rows {
			if r.Outcome != export.Applied && r.Outcome != export.Drifted {
				return fmt.Errorf("row %d of part %s: reading back does not make a row %q", r.PartRow, old.Name, r.Outcome)
			}
			if err := setRow(c, rowID(p.ID, int64(r.PartRow)), r, "AND outcome IN ('applied', 'drifted')"); err != nil {
				return err
			}
			if c.Changes() != 1 {
				return fmt.Errorf("part %s has no applied row %d", old.Name, r.PartRow)
			}
		}
		return exec(c, "UPDATE parts SET read_back = ? WHERE id = +?", nanos(p.ReadBack), p.ID)
	})
	if err != nil {
		return fmt.Errorf("ledger: record what was read back: %w", err)
	}
	return nil
}
