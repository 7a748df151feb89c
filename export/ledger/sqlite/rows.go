package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// rowID returns the id of a row: the rows of a part are one range of ids (schema.sql).
func rowID(part, partRow int64) int64 { return part<<32 | partRow }

// ofRun joins the rows of the run with num ?1: those in its parts and those that belong to the run itself. The CROSS
// JOIN keeps the few parts on the outside, so that each is one range.
const ofRun = `(SELECT id AS part FROM parts WHERE run = +?1 UNION ALL SELECT -?1) AS home
	CROSS JOIN rows ON rows.id BETWEEN home.part << 32 AND home.part << 32 | 0xffffffff `

// ofPart picks the rows of the part with id ?1.
const ofPart = "rows.id BETWEEN ?1 << 32 AND ?1 << 32 | 0xffffffff "

// writesOfPart picks the writes of the part with id ?1.
const writesOfPart = "id BETWEEN ?1 << 32 AND ?1 << 32 | 0xffffffff"

// selectRows has no join: SQLite plans a join again for each bound value, which costs more than the row.
const selectRows = `SELECT part, part_row, (SELECT name FROM sources WHERE id = rows.source), line, lines, key, first,
	login, outcome, faults, status, completed, kinds, counted FROM rows `

// rowReader reads the rows of one query.
type rowReader struct{ lists ledger.RowReading }

func (rr *rowReader) scan(s *sqlite.Stmt) (export.RowResult, error) {
	r := export.RowResult{
		Part: s.ColumnInt64(0), PartRow: s.ColumnInt(1),
		Origin: export.Origin{File: s.ColumnText(2), Line: s.ColumnInt(3)}, Lines: s.ColumnInt(4),
		Key: s.ColumnText(5), First: s.ColumnText(6), Login: s.ColumnText(7),
		Outcome: export.Outcome(s.ColumnText(8)), Status: s.ColumnText(10), Kinds: ledger.ReadKinds(s.ColumnInt64(12)),
	}
	err := rr.lists.Read(&r, s.ColumnText(9), s.ColumnText(11), s.ColumnText(13))
	if r.Part < 0 { // belongs to its run directly
		r.Part, r.PartRow = 0, 0
	}
	return r, err
}

// scanRow reads one row.
func scanRow(s *sqlite.Stmt) (export.RowResult, error) { return new(rowReader).scan(s) }

// setRow writes what became of a row.
func setRow(c *sqlite.Conn, id int64, r export.RowResult, where string) error {
	faults, err := ledger.Store(r.Faults)
	if err != nil {
		return err
	}
	return exec(c, "UPDATE rows SET outcome = ?, faults = ? WHERE id = ? "+where, string(r.Outcome), faults, id)
}

// rowCalls calls a caller's function with rows and keeps its error apart from the ledger's own.
type rowCalls struct {
	f    func(export.RowResult) error
	err  error
	rows rowReader
}

func (r *rowCalls) take(s *sqlite.Stmt) error {
	row, err := r.rows.scan(s)
	if err != nil {
		return err
	}
	r.err = r.f(row)
	return r.err
}

func (r *rowCalls) result(err error, what string) error {
	switch {
	case r.err != nil:
		return r.err
	case err != nil:
		return fmt.Errorf("ledger: %s: %w", what, err)
	}
	return nil
}

// PartRows calls f for each row of a part, by PartRow. An error of f ends the loop and is returned unchanged. f may
// call the ledger.
func (l *Ledger) PartRows(part int64, f func(export.RowResult) error) error {
	calls := rowCalls{f: f}
	err := l.read(func(c *sqlite.Conn) error {
		if _, err := needPart(c, part); err != nil {
			return err
		}
		return query(c, selectRows+"WHERE "+ofPart+"ORDER BY rows.id", calls.take, part)
	})
	return calls.result(err, "read rows of part")
}

// Rows calls f for each row of a run whose outcome is not applied, unchanged or excluded, by file name and line. An error of
// f ends the loop and is returned unchanged. f may call the ledger.
//
// It sorts only the ids of the rows and fetches each row by its id. Otherwise a run in which every row is broken
// would be sorted in memory as a whole.
func (l *Ledger) Rows(run string, f func(export.RowResult) error) error {
	calls := rowCalls{f: f}
	err := l.read(func(c *sqlite.Conn) error {
		num, err := needRun(c, run)
		if err != nil {
			return err
		}
		return query(c, "SELECT rows.id FROM "+ofRun+`JOIN sources ON sources.id = rows.source
			WHERE outcome NOT IN ('applied', 'unchanged', 'excluded') ORDER BY sources.name, rows.line, rows.id`,
			func(s *sqlite.Stmt) error {
				return query(c, selectRows+"WHERE rows.id = ?", calls.take, s.ColumnInt64(0))
			}, num)
	})
	return calls.result(err, "read rows")
}

// Counts adds up the records (Lines) of a run by outcome. It leaves out outcomes without a record.
func (l *Ledger) Counts(run string) (map[export.Outcome]int, error) {
	counts := make(map[export.Outcome]int)
	err := l.read(func(c *sqlite.Conn) error {
		num, err := needRun(c, run)
		if err != nil {
			return err
		}
		return query(c, "SELECT outcome, sum(lines) FROM "+ofRun+"GROUP BY outcome",
			func(s *sqlite.Stmt) error {
				counts[export.Outcome(s.ColumnText(0))] = s.ColumnInt(1)
				return nil
			}, num)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: count rows: %w", err)
	}
	return counts, nil
}

// People returns how many people the ledger knows: those for whom a row was applied.
func (l *Ledger) People() (n int, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT count(*) FROM people", func(s *sqlite.Stmt) error { n = s.ColumnInt(0); return nil })
	})
	if err != nil {
		return 0, fmt.Errorf("ledger: count people: %w", err)
	}
	return n, nil
}
