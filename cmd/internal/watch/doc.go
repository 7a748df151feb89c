// Package watch serves HR's drop folder. It claims a file that no longer grows, runs it, and writes the result beside it.
package watch
