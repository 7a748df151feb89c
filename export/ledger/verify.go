package ledger

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
)

// Verified writes down how rows of a settled part stand now that they were read back: applied or drifted, each named by
// its PartRow. Other rows of the part stay as they are.
func (l *Ledger) Verified(part int64, rows []export.RowResult) error {
	err := l.write(func(c *sqlite.Conn) error {
		p, err := needPart(c, part)
		if err != nil {
			return err
		}
		if p.State != export.Settled {
			return fmt.Errorf("part %s is %s: only the rows of a settled part can be read back", p.Name, p.State)
		}
		for _, r := range rows {
			if r.Outcome != export.Applied && r.Outcome != export.Drifted {
				return fmt.Errorf("row %d of part %s: reading back does not make a row %q", r.PartRow, p.Name, r.Outcome)
			}
			err := exec(c, "UPDATE rows SET outcome = ?, reason = ? WHERE id = ? AND outcome IN ('applied', 'drifted')",
				string(r.Outcome), r.Reason, rowID(part, int64(r.PartRow)))
			if err != nil {
				return err
			}
			if c.Changes() != 1 {
				return fmt.Errorf("part %s has no applied row %d", p.Name, r.PartRow)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: record what was read back: %w", err)
	}
	return nil
}
