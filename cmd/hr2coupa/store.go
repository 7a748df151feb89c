package main

import (
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// store is the ledger as a job uses it: what the Runner needs of it, and what is asked beside. A job knows no more of
// the ledger than this, so that a test can come between them at every call.
type store interface {
	export.Ledger
	Known() (map[string]string, error)
	People() (int, error)
	Runs(limit int) ([]export.RunRecord, error)
	SentSince(run string) (map[string]bool, error)
	Sweep() (removed int, err error)
	Close() error
}

var _ store = (*ledger.Ledger)(nil)
