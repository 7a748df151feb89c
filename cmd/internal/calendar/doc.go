// Package calendar shows which changes wait in the ledger for their day. It only reads.
package calendar
