// Package disk asks the system about free room and rights, where the system can be asked.
package disk
