// Package planning turns a feed into parts: what would be sent to Coupa, in which bytes and in which order. It is pure.
// The same feed, mapping, sheet, known people and start time always yield the same bytes under the same names. Nothing
// in it touches a disk or a network: what it needs of either comes in through an interface and goes out through a Sink.
//
// The way of a record: survey reads the feed once and looks for people with several records, values that must be
// unique, and rows that wait for others. build maps a chunk. complete fills in missing values from Coupa. encoder
// checks and encodes a person's row. waves puts people after their approvers. assemble puts lines into parts of a
// bounded size. RecordPlan writes the result into the ledger.
package planning
