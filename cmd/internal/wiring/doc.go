// Package wiring makes the parts of the program from a config, and is the only room that does: the pipeline of mapping and
// layout, the clients of Coupa, the targets of notices, the rules about protected people, the ledger. Env is the world
// that a command works in. The Seams let a test come between a start and its far ends.
package wiring
