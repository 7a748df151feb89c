package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Restart discards the parts and rows of an open plan and leaves it open. Between the two transactions another writer
// may write. Another plan cannot, since the ledger has only one plan open and the run lock keeps other processes out.
func (t *planTx) Restart() error {
	if err := t.usable(); err != nil {
		return fmt.Errorf("ledger: restart plan: %w", err)
	}
	if err := t.restart(); err != nil {
		return t.fail(fmt.Errorf("ledger: restart plan: %w", err))
	}
	return nil
}

func (t *planTx) restart() error {
	rollback(t.c)
	t.l.names.again()
	_ = t.files.Wait() // the files are removed anyway
	if err := t.l.spool.Remove(t.parts); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	if err := t.dropKept(); err != nil {
		return err
	}
	t.files, t.parts, t.loose, t.gone, t.seeing = ledger.NewSyncer(), nil, 0, nil, nil
	clear(t.names)
	clear(t.source)
	if err := sqlitex.ExecuteTransient(t.c, "BEGIN IMMEDIATE", nil); err != nil {
		return err
	}
	_, err := needUnplanned(t.c, t.run)
	return err
}
