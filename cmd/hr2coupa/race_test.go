//go:build race

package main

// everyWorld thins the worlds out under the race detector, which makes each ten times as slow and looks at goroutines
// rather than at worlds.
const everyWorld = 40
