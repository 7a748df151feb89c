// Package scaffold writes a first config from a feed's header and its first records.
package scaffold
