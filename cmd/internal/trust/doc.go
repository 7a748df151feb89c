// Package trust finds out whether the ledger is the newest one: by a mark outside of it, beside the config, and by
// what Coupa has loaded. A ledger that was lost, restored or copied would send everything again.
package trust
