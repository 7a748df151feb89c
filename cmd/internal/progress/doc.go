// Package progress shows on a terminal how far the parts of a run are.
package progress
