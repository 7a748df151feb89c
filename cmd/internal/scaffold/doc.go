// Package scaffold writes a first config out of a feed's header and a few of its records.
package scaffold
