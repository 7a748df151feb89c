// Package disk asks the system for free space and for rights, on systems that can answer, and writes files whole or not at all.
package disk
