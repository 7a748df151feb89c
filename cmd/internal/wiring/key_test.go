package wiring

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// TestMakeKeySurvives: wherever the power fails, a key that was made is there whole, and one that was not is made by the next
// start. Hashes made with a key that is lost afterwards would be worth nothing.
func TestMakeKeySurvives(t *testing.T) {
	t.Parallel()
	for step := 1; ; step++ {
		path := filepath.Join(t.TempDir(), ledger.KeyFile)
		disk := &ledgertest.Disk{Blow: &ledgertest.Blow{At: step}}
		made := makeKey(disk, path)
		before, _ := os.ReadFile(path)
		_, err := disk.Create(path + ".other") // where no blow has fallen yet, it falls right behind the last step
		if made == nil && err == nil {
			if step < 5 {
				t.Errorf("only %d steps", step)
			}
			return
		}
		ledgertest.OK(t, disk.Lose())
		if after, err := os.ReadFile(path); made == nil && string(after) != string(before) {
			t.Errorf("step %d: the key was made, and then there is %q, %v", step, after, err)
		}
		ledgertest.OK(t, makeKey(ledger.OSDisk{}, path))
		text, err := os.ReadFile(path)
		ledgertest.OK(t, err)
		if _, err := baseline.NewHashKey(strings.TrimSpace(string(text))); err != nil {
			t.Errorf("step %d: the next start finds %q: %v", step, text, err)
		}
	}
}
