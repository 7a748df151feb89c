package sqlite

import (
	"testing"

	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// TestPseudonymsWithoutKey: without its key a ledger returns no pseudonym, and the check reports it.
func TestPseudonymsWithoutKey(t *testing.T) {
	l := newLedger(t)
	script(t, l.dir, "DELETE FROM pseudonyms")
	_, err := l.Pseudonyms()
	ledgertest.WantErr(t, err, "no longer has the key of the pseudonyms / hint: put the ledger back", "from a backup")
	if got := findings(t, l.dir); got == "" {
		t.Error("check finds nothing where the key is gone")
	}
}
