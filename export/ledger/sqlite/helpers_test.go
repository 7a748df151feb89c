package sqlite

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

func open(t testing.TB, dir string) *Ledger {
	t.Helper()
	l, err := Open(Options{Dir: dir, Now: func() time.Time { return ledgertest.Noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func newLedger(t testing.TB) *Ledger { return open(t, filepath.Join(t.TempDir(), "ledger")) }

func spoolFiles(t testing.TB, l *Ledger) []string {
	t.Helper()
	var names []string
	for _, e := range ledgertest.Must[[]os.DirEntry](t)(os.ReadDir(l.spool.Dir)) {
		names = append(names, e.Name())
	}
	return names
}
