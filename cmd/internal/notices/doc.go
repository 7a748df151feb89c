// Package notices tells people and machines what one start came to: incidents and notices in the ledger, the outbox, the
// heartbeat and the figures. It never changes how a start ends.
package notices
