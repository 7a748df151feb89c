package ledger

import (
	"errors"
	"fmt"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// These errors are the same for every backend.
var (
	ErrClosed     = errors.New("the ledger is closed")
	ErrNotLocked  = errors.New("not without the run lock")
	ErrPlanOpen   = errors.New("a plan is open: commit it or roll it back first")
	ErrPlanDone   = errors.New("the plan is committed or rolled back")
	ErrPlanFailed = errors.New("something in this plan failed before: roll it back")
	ErrBeside     = export.Ours(errors.New("it leaves a held run as it is, and takes up or keeps records"))
)

// MaxRow is the last row that a part may have.
const MaxRow = 1<<32 - 1

// CompletePart fills in the fields that the plan of a run left out of a part. It returns an error where a given field
// contradicts data.
func CompletePart(p export.Part, run string, data []byte, now time.Time) (export.Part, error) {
	size, sum := int64(len(data)), Hash(data)
	if p.State == "" {
		p.State = export.Planned
	}
	if p.Planned.IsZero() {
		p.Planned = now
	}
	switch {
	case size > MaxPart:
		return p, fmt.Errorf("it has %d bytes, a part at most %d", size, MaxPart)
	case p.Size != 0 && p.Size != size:
		return p, fmt.Errorf("its size is given as %d, and it has %d bytes", p.Size, size)
	case p.SHA256 != "" && p.SHA256 != sum:
		return p, errors.New("its sha256 is not that of its bytes")
	case p.Run != "" && p.Run != run:
		return p, fmt.Errorf("it belongs to run %s, the plan to run %s", p.Run, run)
	case p.State != export.Planned && p.State != export.Dropped:
		return p, fmt.Errorf("a part cannot begin as %q", p.State)
	}
	p.Size, p.SHA256 = size, sum
	return p, nil
}

// CheckRow returns an error for a row that no plan may have. ours reports whether the row's part belongs to the plan.
func CheckRow(r *export.RowResult, ours bool) error {
	switch {
	case r.Lines < 1:
		return fmt.Errorf("it stands for %d records, and has to stand for at least 1", r.Lines)
	case r.Part != 0 && !ours:
		return fmt.Errorf("the plan has no part with id %d", r.Part)
	case r.Part != 0 && (r.PartRow < 1 || int64(r.PartRow) > MaxRow):
		return fmt.Errorf("%d is not a row of a part, since rows count from 1", r.PartRow)
	}
	return CheckOutcome(r.Outcome)
}
