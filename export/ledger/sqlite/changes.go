package sqlite

import (
	"errors"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// changesOfPart picks the changes of the part with id ?1.
const changesOfPart = "row BETWEEN ?1 << 32 AND ?1 << 32 | 0xffffffff "

// addChange writes what the row with that id would change, where a difference is known.
func (t *planTx) addChange(row int64, change *export.PersonChange) error {
	text, err := t.changes.Store(change)
	if err != nil || text == "" {
		return err
	}
	s, err := t.c.Prepare("INSERT INTO changes (row, cells) VALUES (?, ?)")
	if err != nil {
		return err
	}
	s.BindInt64(1, row)
	s.BindText(2, text)
	_, err = s.Step()
	return errors.Join(err, s.Reset())
}

// changeOf returns what a row would change; nil where that is not known, or not kept any more.
func changeOf(c *sqlite.Conn, row int64) (change *export.PersonChange, err error) {
	err = query(c, "SELECT cells FROM changes WHERE row = ?", func(s *sqlite.Stmt) (err error) {
		change, err = ledger.ReadChange(s.ColumnText(0))
		return err
	}, row)
	return change, err
}

// Taken calls f for each row of a run that Coupa has taken, applied or drifted, with what it has changed. An error of f ends the
// loop and is returned unchanged. f may call the ledger.
func (l *Ledger) Taken(run string, f func(export.RowResult) error) error {
	var wrong error
	err := l.read(func(c *sqlite.Conn) error {
		num, err := needRun(c, run)
		if err != nil {
			return err
		}
		return query(c, "SELECT rows.id FROM "+ofRun+"WHERE outcome IN ('applied', 'drifted') ORDER BY rows.id", func(s *sqlite.Stmt) error {
			id := s.ColumnInt64(0)
			return query(c, selectRows+"WHERE rows.id = ?", func(s *sqlite.Stmt) error {
				row, err := scanRow(s)
				if err != nil {
					return err
				}
				if row.Change, err = changeOf(c, id); err != nil {
					return err
				}
				wrong = f(row)
				return wrong
			}, id)
		}, num)
	})
	return (&rowCalls{err: wrong}).result(err, "read what rows have changed")
}

// forgetChanges removes the changes of rows that were blanked, and of other people's the cells that name the person.
func forgetChanges(c *sqlite.Conn, p tracedPerson) error {
	left := map[int64]string{}
	err := query(c, "SELECT row, cells FROM changes", func(s *sqlite.Stmt) error {
		text, named, err := p.traces.ForgetIn(s.ColumnText(1))
		if named {
			left[s.ColumnInt64(0)] = text
		}
		return err
	})
	for row, text := range left {
		err = errors.Join(err, exec(c, "UPDATE changes SET cells = ? WHERE row = ?", text, row))
	}
	return errors.Join(err, exec(c, "DELETE FROM changes WHERE cells = '' OR row IN (SELECT id FROM rows WHERE key = '')"))
}
