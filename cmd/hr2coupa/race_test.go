//go:build race

package main

// With the race detector a world takes ten times as long, and it looks at goroutines rather than at worlds.
func init() { everyWorld = 10 }
