// Package operator finds out who has started the program, and whether that person may approve a run.
package operator
