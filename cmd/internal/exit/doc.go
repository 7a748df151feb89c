// Package exit has the ways in which a command ends: its code, and the error that is printed once, where the program ends.
package exit
