package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// replaced is a record that was kept, and the newer one of the same person because of which it is kept no longer.
type replaced struct{ old, by export.Origin }

// placed is where a row of a run comes from.
type placed struct {
	source int64
	line   int
}

// tellReplaced writes into the rows of replaced records by which record. A row of each is in the run whose feed it came
// from, where its file has no run in its name, and in the one whose kept records this plan has taken up.
func (t *planTx) tellReplaced(files []export.FeedFile) error {
	if len(t.gone) == 0 {
		return nil
	}
	last, err := t.takenUp(files)
	if err != nil {
		return err
	}
	rows := map[string]map[placed]string{} // by run
	add := func(run, file string, r replaced) error {
		source, err := t.sourceID(file)
		if err != nil {
			return err
		}
		if rows[run] == nil {
			rows[run] = map[placed]string{}
		}
		rows[run][placed{source, r.old.Line}] = fmt.Sprintf("replaced by %s, a newer record of this person", r.by)
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
	for run, reasons := range rows {
		if err := giveReasons(t.c, run, reasons); err != nil {
			return err
		}
	}
	return nil
}

// takenUp is the run whose kept records this plan has taken up.
func (t *planTx) takenUp(files []export.FeedFile) (run string, err error) {
	for _, f := range files {
		if f.Kept == 0 {
			continue
		}
		err = query(t.c, "SELECT r.id FROM kept k JOIN runs r ON r.num = k.run WHERE k.id = ?",
			func(s *sqlite.Stmt) error { run = s.ColumnText(0); return nil }, f.Kept)
		break
	}
	return run, err
}

// giveReasons sets the reasons of rows of a run that went into no part; of a run that was pruned there are none. There is
// no index on origins, so the rows are read once.
func giveReasons(c *sqlite.Conn, run string, reasons map[placed]string) error {
	texts := map[int64]string{} // by row
	err := query(c, `SELECT id, source, line FROM rows WHERE outcome IN ('held', 'pending')
		AND id BETWEEN (SELECT -num FROM runs WHERE id = ?1) << 32 AND (SELECT -num FROM runs WHERE id = ?1) << 32 | 0xffffffff`,
		func(s *sqlite.Stmt) error {
			if text, ok := reasons[placed{s.ColumnInt64(1), s.ColumnInt(2)}]; ok {
				texts[s.ColumnInt64(0)] = text
			}
			return nil
		}, run)
	if err != nil {
		return err
	}
	for id, text := range texts {
		if err := exec(c, "UPDATE rows SET reason = ? WHERE id = ?", text, id); err != nil {
			return err
		}
	}
	return nil
}
