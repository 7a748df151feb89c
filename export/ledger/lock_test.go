package ledger

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestHolder: the lock file names the holder of the lock, and no holder once it is released.
func TestHolder(t *testing.T) {
	lock := Lock{filepath.Join(t.TempDir(), "lock")}
	if busy, err := lock.Busy(); busy || err != nil {
		t.Errorf("busy before anything has run: %v, %v", busy, err)
	}
	unlock, err := lock.Take("pid 2")
	if err != nil {
		t.Fatal(err)
	}
	if got := lock.Holder(); got != "pid 2" {
		t.Errorf("holder %q, want pid 2", got)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if got := lock.Holder(); !strings.Contains(got, "unknown") {
		t.Errorf("holder %q after unlocking", got)
	}
}
