package sqlite

import (
	"testing"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// TestMovesCannotBeChanged: the history of a part only grows.
func TestMovesCannotBeChanged(t *testing.T) {
	l := newLedger(t)
	p := ledgertest.OnePart(t, l, "a.csv", 1)
	p.State = export.Staged
	ledgertest.OK(t, l.Move(p))
	err := l.write(func(c *sqlite.Conn) error { return exec(c, "UPDATE moves SET notes = 'otherwise'") })
	ledgertest.WantErr(t, err, "cannot be changed")
}
