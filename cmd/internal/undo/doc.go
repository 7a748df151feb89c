// Package undo takes a run back. From the values that the ledger has kept from before, and from what Coupa holds now, it decides
// cell by cell what goes back, and makes a feed of it in Coupa's columns. The feed goes the way of every other one: the same
// plan, limits, ledger, read-back and report.
package undo
