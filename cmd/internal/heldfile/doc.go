// Package heldfile writes who is held by a limit, and what would change of them, into a file for people: RUN.held.csv in the
// folder of the ledger, for as long as the run is held. Only this user may read it.
package heldfile
