//go:build !race

package main

const everyWorld = 1 // all worlds are visited

const (
	everyHarm    = 1
	memoryLimits = true
	everyStory   = 1
	everyScript  = 1
	everyFault   = 1
	everyWidth   = 1
	manyRecords  = 600_000
)

// yearPeople and yearNights are how many TestYear plays.
const (
	yearPeople = 3_000
	yearNights = 365
)
