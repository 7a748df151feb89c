package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Bytes returns a part's bytes as they were planned, or an error where they differ from the part's size or hash.
func (l *Ledger) Bytes(p export.Part) ([]byte, error) { return l.spool.Bytes(p) }

// Sweep removes spool files of plans that were never committed and returns how many. It needs the run lock, because the
// open plan of another run looks the same.
func (l *Ledger) Sweep() (removed int, err error) {
	err = l.write(func(c *sqlite.Conn) error {
		if !l.locked {
			return ledger.ErrNotLocked
		}
		orphans, err := l.orphans(c)
		if err != nil {
			return err
		}
		if err := l.spool.Remove(orphans); err != nil {
			return err
		}
		kept, err := l.sweepKept(c)
		removed = len(orphans) + kept
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sweep spool: %w", err)
	}
	return removed, nil
}

func (l *Ledger) orphans(c *sqlite.Conn) ([]int64, error) {
	ids, err := l.spool.IDs()
	if err != nil {
		return nil, err
	}
	var orphans []int64
	for _, id := range ids {
		if _, ok, err := partByID(c, id); err != nil {
			return nil, err
		} else if !ok {
			orphans = append(orphans, id)
		}
	}
	return orphans, nil
}

// sweepKept removes the files of records that are no longer kept.
func (l *Ledger) sweepKept(c *sqlite.Conn) (removed int, err error) {
	ids, err := l.spool.KeptIDs()
	if err != nil {
		return 0, err
	}
	var gone []string
	for _, id := range ids {
		kept := false
		err := query(c, "SELECT 1 FROM kept WHERE id = ? AND ended = ''", func(*sqlite.Stmt) error { kept = true; return nil }, id)
		if err != nil {
			return 0, err
		}
		if kept {
			continue
		}
		gone = append(gone, ledger.KeptName(id))
	}
	return len(gone), l.spool.RemoveFiles(gone)
}
