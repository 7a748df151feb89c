// Package explain tells one person's story out of the ledger: the line of HR, the rule, the part, the load, the verdict.
package explain
