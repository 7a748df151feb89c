package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Overridden returns the cells of a run that are not HR's.
func (l *Ledger) Overridden(run string) (cells []export.Fault, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT o.cells FROM overridden o JOIN runs r ON r.num = o.run WHERE r.id = ?", func(s *sqlite.Stmt) (err error) {
			cells, err = new(ledger.Reading[export.Fault]).Read(s.ColumnText(0))
			return err
		}, run)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read which cells of a run are overridden: %w", err)
	}
	return cells, nil
}

func (t *planTx) writeOverridden(cells []export.Fault) error {
	text, err := ledger.Store(cells)
	if err != nil || text == "" {
		return err
	}
	return exec(t.c, "INSERT INTO overridden (run, cells) VALUES (?, ?)", t.num, text)
}
