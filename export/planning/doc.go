// Package planning turns a feed into parts: what would be sent to Coupa, in which bytes and in which order. It is pure. The
// same feed, mapping, sheet, known people and start time give the same bytes under the same names, and nothing in it
// touches a disk or a network; what it needs of either comes in as a function or goes out through a Sink.
//
// The way of a record: survey reads the feed once and looks for people with several records, values that must be unique
// and rows that wait for others; build maps a chunk; complete fills what HR lacks out of what Coupa holds; encoder checks a
// person's row and encodes it; waves orders people behind their approvers; assemble puts lines into parts of a bounded
// size. RecordPlan writes the result into the ledger.
package planning
