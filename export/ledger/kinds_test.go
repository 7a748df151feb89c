package ledger

import (
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestKindsAreStored: every kind of change has a bit of its own, which it keeps.
func TestKindsAreStored(t *testing.T) {
	seen := map[int64]export.ChangeKind{}
	for _, k := range export.ChangeKindsInOrder() {
		n := StoreKinds(export.ChangeKinds(0).With(k))
		if other, twice := seen[n]; n == 0 || twice {
			t.Errorf("%s is stored as %d, and so is %s", k, n, other)
		}
		seen[n] = k
		if got := ReadKinds(n); got != export.ChangeKinds(0).With(k) {
			t.Errorf("%s reads %v", k, got.List())
		}
	}
	for n, k := range map[int64]export.ChangeKind{1: export.ChangeCreate, 2: export.ChangeDeactivation, 64: export.ChangeRoleTaken, 2048: export.ChangeUnchecked} {
		if seen[n] != k {
			t.Errorf("%d stands for %s, and a ledger has it for %s", n, seen[n], k)
		}
	}
	if got := ReadKinds(1 << 40); got != 0 {
		t.Errorf("a bit of a newer program reads %v", got.List())
	}
}
