// Package wiring makes the parts of the program out of a config, and is the only room that does: the pipeline of mapping and
// layout, the clients of Coupa, the targets of notices, the rules about protected people, the ledger. Env is the world
// that a command works in. A test comes between a start and its far ends at the Seams.
package wiring
