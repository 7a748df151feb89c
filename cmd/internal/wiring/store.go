package wiring

import (
	"context"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Store is the ledger as a job uses it: what the Runner needs of it, and what else a job asks. A job knows no more of
// the ledger than this, so that a test can come between them at every call.
type Store interface {
	export.Ledger
	export.VerifyLedger
	Memory
	History
	People() (int, error)
	UsedBy(run string) ([]export.Approval, error)
	Working() ([]export.RunRecord, error)
	RunsSince(t time.Time) ([]export.RunRecord, error)
	SeenAt(path string) (f export.SeenFile, ok bool, err error)
	Taken(run string, f func(export.RowResult) error) error
	SentSince(run string) (map[string]bool, error)
	OvertakenSince(name, sha256 string) (map[string]bool, error)
	PassOver([]export.LateFile) error
	Sweep() (removed int, err error)
	Unfilled() ([]export.Unfilled, error)
	NewKey(mark, by string) error
	ForgetBaselines() error
	Close() error
}

// Seams are the places where a test comes between a start and its ledger and far ends. The zero value has none.
type Seams struct {
	Ledger   func(Store) Store
	Dial     func(dialer) dialer
	Loads    func(export.LoadSource) export.LoadSource
	Users    func(export.Directory) export.Directory // of the writer
	OneByOne bool                                    // the writer's calls go one by one, so that each has the same number in every run
}

// dialer opens a session with the SFTP server.
type dialer = func(context.Context) (export.Session, error)

// Through returns what a seam makes of a far end; without a seam it returns the far end.
func Through[T any](seam func(T) T, under T) T {
	if seam == nil {
		return under
	}
	return seam(under)
}

// Memory is what a plan asks the ledger.
type Memory interface {
	Known() (*baseline.KnownPeople, error)
	Waiting() (*baseline.Waiting, error)
	Kept() (k *ledger.Kept, ok bool, err error)
	Dated() ([]export.DatedRecord, error)
	Approvals(now time.Time) ([]export.Approval, error)
	Planners(run string) ([]export.Operator, error)
	LastFeed() (records int, err error)
	LineEnds() ([]export.FeedFile, error)
	KeyMark() (string, error)
	Baselines() (*baseline.Store, error)
	Committed(since time.Time, kinds export.ChangeKinds, f func(run, key string, kinds export.ChangeKinds, names []string)) error
	UsedBy(run string) ([]export.Approval, error)
	Rows(run string, f func(export.RowResult) error) error
	PlannedFiles() ([]export.FeedFile, error)
	LateFiles() ([]export.LateFile, error)
	Roll() (*ledger.Roll, error)
}

var _ Store = ledger.Ledger(nil)

// History is what a ledger knows of its own past.
type History interface {
	Water(since time.Time) (export.Water, error)
	Unknown(names []string) ([]string, error)
}
