//go:build race

package sqlite

// everyStep is at how many steps of a call the program is ended once.
const everyStep = 40

// lawSeeds is how many ledgers TestBaselineLaw plays.
const lawSeeds = 2
