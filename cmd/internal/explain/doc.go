// Package explain tells one person's story from the ledger: HR's line, the rule, the part, the load, the verdict.
package explain
