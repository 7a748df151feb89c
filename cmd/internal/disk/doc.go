// Package disk asks the system for free space and for rights, on systems that can answer.
package disk
