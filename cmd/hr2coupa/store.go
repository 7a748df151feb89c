package main

import (
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// store is the ledger as a job uses it: what the Runner needs of it, and what is asked beside. A job knows no more of
// the ledger than this, so that a test can come between them at every call.
type store interface {
	export.Ledger
	export.VerifyLedger
	memory
	history
	People() (int, error)
	UsedBy(run string) ([]export.Approval, error)
	Runs(limit int) ([]export.RunRecord, error)
	SeenAt(path string) (f export.SeenFile, ok bool, err error)
	SentSince(run string) (map[string]bool, error)
	Sweep() (removed int, err error)
	Close() error
}

// memory is what a plan depends on of the ledger.
type memory interface {
	Known() (map[string]export.Person, error)
	Waiting() (*export.Waiting, error)
	Kept() (k *ledger.Kept, ok bool, err error)
	Approvals(now time.Time) ([]export.Approval, error)
	LastFeed() (records int, err error)
	LineEnds() ([]export.FeedFile, error)
}

var _ store = (*ledger.Ledger)(nil)
