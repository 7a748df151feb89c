// Package notices tells people and machines how one start ended: incidents and notices in the ledger, the outbox, the
// heartbeat and the metrics. It never changes how a start ends.
package notices
