//go:build race

package sqlite

// everyStep is at how many steps of a call the program is ended once.
const everyStep = 9

// lawSeeds is how many ledgers TestBaselineLaw plays.
const lawSeeds = 2

// flips is how many changed bytes TestFlippedBytes tries, and everyDamage is how many kinds of damage one is tried of: neither has
// goroutines that could race.
const (
	flips       = 30
	everyDamage = 8
)
