//go:build race

package main

import "flag"

// The laws over random worlds draw fewer of them, unless the command line says how many.
func init() {
	if err := flag.Set("rapid.checks", "10"); err != nil {
		panic(err)
	}
}

// everyWorld thins the worlds out under the race detector, which makes each ten times as slow and looks at goroutines
// rather than at worlds.
const everyWorld = 400

// everyHarm thins out what a far end does: it is there for the limits to memory, and the race detector takes terabytes of
// addresses for itself.
const (
	everyHarm    = 10
	memoryLimits = false
)

// everyStory thins out the stories that are played a second time with pseudonyms, and manyRecords is how many an
// enormous feed has.
const (
	everyStory  = 40
	everyFault  = 8 // of the table
	everyScript = 3 // of the stories: the race detector looks at goroutines, and a story takes it ten times as long
	everyWidth  = 3 // of the widths of a terminal
	manyRecords = 30_000
)

// yearPeople and yearNights are how many TestYear plays.
const (
	yearPeople = 60
	yearNights = 30
)
