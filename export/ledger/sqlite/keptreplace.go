package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// replaced is a kept record and the newer record of the same person that replaces it.
type replaced struct{ old, by export.Origin }

// placed is where a row of a run comes from.
type placed struct {
	source int64
	line   int
}

// recordReplaced records in the rows of replaced records which record replaced them. Each has a row in the run that read
// it from a feed, where its file has no run in its name, and in the run with the kept records that this plan has taken
// up.
func (t *planTx) recordReplaced(files []export.FeedFile) error {
	if len(t.gone) == 0 {
		return nil
	}
	last, err := t.takenUp(files)
	if err != nil {
		return err
	}
	rows := map[string]map[placed]export.Origin{} // by run: what replaces them
	add := func(run, file string, r replaced) error {
		source, err := t.sourceID(file)
		if err != nil {
			return err
		}
		if rows[run] == nil {
			rows[run] = map[placed]export.Origin{}
		}
		rows[run][placed{source, r.old.Line}] = r.by
		return nil
	}
	for _, r := range t.gone {
		file, first := ledger.HomeOf(r.old.File)
		if err := add(first, file, r); err != nil {
			return err
		}
		if last == first {
			continue
		}
		if err := add(last, r.old.File, r); err != nil {
			return err
		}
	}
	for run, by := range rows {
		if err := recordReplacedIn(t.c, run, by); err != nil {
			return err
		}
	}
	return nil
}

// takenUp returns the run with the kept records that this plan has taken up.
func (t *planTx) takenUp(files []export.FeedFile) (run string, err error) {
	for _, f := range files {
		if f.Kept <= 0 {
			continue
		}
		err = query(t.c, "SELECT r.id FROM kept k JOIN runs r ON r.num = k.run WHERE k.id = ?",
			func(s *sqlite.Stmt) error { run = s.ColumnText(0); return nil }, f.Kept)
		break
	}
	return run, err
}

// recordReplacedIn records in the rows of a run that went into no part which records replace them.
func recordReplacedIn(c *sqlite.Conn, run string, by map[placed]export.Origin) error {
	why := make(map[placed]export.Faults, len(by))
	for at, origin := range by {
		why[at] = replacedBy(origin)
	}
	return restate(c, run, why)
}

func replacedBy(origin export.Origin) export.Faults {
	return export.Faults{{Rule: "replaced", Message: fmt.Sprintf("replaced by %s, a newer record of this person", origin)}}
}

// restate records why rows of a run that went into no part stand as they do; of a run that was pruned there are none. There is no
// index on origins, so the rows are read once.
func restate(c *sqlite.Conn, run string, why map[placed]export.Faults) error {
	newer := map[int64]export.Faults{} // by row
	err := query(c, `SELECT id, source, line FROM rows WHERE outcome IN ('held', 'pending')
		AND id BETWEEN (SELECT -num FROM runs WHERE id = ?1) << 32 AND (SELECT -num FROM runs WHERE id = ?1) << 32 | 0xffffffff`,
		func(s *sqlite.Stmt) error {
			if faults, ok := why[placed{s.ColumnInt64(1), s.ColumnInt(2)}]; ok {
				newer[s.ColumnInt64(0)] = faults
			}
			return nil
		}, run)
	if err != nil {
		return err
	}
	for id, faults := range newer {
		text, err := ledger.Store(faults)
		if err != nil {
			return err
		}
		if err := exec(c, "UPDATE rows SET faults = ? WHERE id = ?", text, id); err != nil {
			return err
		}
	}
	return nil
}
