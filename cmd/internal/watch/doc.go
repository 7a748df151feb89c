// Package watch is the drop folder of HR: a file that no longer grows is claimed, run, and answered beside it.
package watch
