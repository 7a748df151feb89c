//go:build !race

package sqlite

// everyStep is at how many steps of a call the program is ended once.
const everyStep = 1

// lawSeeds is how many ledgers TestBaselineLaw plays.
const lawSeeds = 40

// flips is how many changed bytes TestFlippedBytes tries, and of everyDamage kinds of damage one is tried.
const (
	flips       = 300
	everyDamage = 1
)
