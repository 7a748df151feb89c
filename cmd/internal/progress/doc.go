// Package progress shows on a terminal what a person waits for, and how far it is.
package progress
