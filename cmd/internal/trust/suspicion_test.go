package trust

import (
	"slices"
	"testing"
	"time"
)

// TestYounger: parts that retention has pruned are not looked for. A name has whole seconds, so a part of the limit's own
// second may be older than the limit.
func TestYounger(t *testing.T) {
	edge := time.Date(2026, 11, 29, 13, 44, 58, 900_000_000, time.UTC)
	const before, at, after = "Users_20261129T134457Z_1f222dbd_1of1.csv", "Users_20261129T134458Z_1f222dbd_1of1.csv", "Users_20261129T134459Z_1f222dbd_1of1.csv"
	if got := younger([]string{before, at, after, "by-hand.csv"}, edge); !slices.Equal(got, []string{after}) {
		t.Errorf("got %q, want %q alone", got, after)
	}
}
