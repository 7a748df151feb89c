package sqlite

import (
	"fmt"
	"reflect"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// selectParts selects parts. What follows it writes +? and not ? where it compares a column with a value: for a bare ? SQLite
// compiles this join anew at each value, 65 µs instead of 3.
const selectParts = `SELECT p.id, r.id, p.name, p.user_name, p.wave, p.rows, p.size, p.sha256, p.state, p.temp, p.planned,
	p.sent, p.load_id, p.via, p.verdict, p.created, p.updated, p.notes, p.read_back, p.route, p.columns FROM parts p JOIN runs r ON r.num = p.run `

func scanPart(s *sqlite.Stmt) (export.Part, error) {
	notes, err := ledger.ReadNotes(s.ColumnText(17)) // all else is returned with the error
	return export.Part{
		ID: s.ColumnInt64(0), Run: s.ColumnText(1), Name: s.ColumnText(2), UserName: s.ColumnText(3),
		Wave: s.ColumnInt(4), Rows: s.ColumnInt(5), Size: s.ColumnInt64(6), SHA256: s.ColumnText(7),
		State: export.PartState(s.ColumnText(8)), Temp: s.ColumnText(9),
		Planned: fromNanos(s.ColumnInt64(10)), Sent: fromNanos(s.ColumnInt64(11)),
		LoadID: s.ColumnText(12), Via: s.ColumnText(13), Verdict: export.Verdict(s.ColumnText(14)),
		Created: s.ColumnInt(15), Updated: s.ColumnInt(16), Notes: notes,
		ReadBack: fromNanos(s.ColumnInt64(18)), Route: export.Route(s.ColumnText(19)),
		Columns: export.Carried(s.ColumnText(20)),
	}, err
}

func queryParts(c *sqlite.Conn, where string, args ...any) (parts []export.Part, err error) {
	err = query(c, selectParts+where, func(s *sqlite.Stmt) error {
		p, err := scanPart(s)
		if err != nil {
			return fmt.Errorf("part %s: %w", p.Name, err)
		}
		parts = append(parts, p)
		return nil
	}, args...)
	return parts, err
}

func unfinishedParts(c *sqlite.Conn) ([]export.Part, error) {
	return queryParts(c, "WHERE p.state NOT IN ('settled', 'dropped') ORDER BY r.num, p.wave, p.name, p.id")
}

func partByID(c *sqlite.Conn, id int64) (p export.Part, ok bool, err error) {
	parts, err := queryParts(c, "WHERE p.id = +?", id)
	if err != nil || len(parts) == 0 {
		return p, false, err
	}
	return parts[0], true, nil
}

func needPart(c *sqlite.Conn, id int64) (export.Part, error) {
	p, ok, err := partByID(c, id)
	if err == nil && !ok {
		err = fmt.Errorf("no part with id %d", id)
	}
	return p, err
}

// Unfinished returns every part that is not final, oldest run first, then by wave and name.
func (l *Ledger) Unfinished() (parts []export.Part, err error) {
	err = l.read(func(c *sqlite.Conn) (err error) {
		parts, err = unfinishedParts(c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read unfinished parts: %w", err)
	}
	return parts, nil
}

// Parts returns the parts of a run by wave and name.
func (l *Ledger) Parts(run string) (parts []export.Part, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		num, err := needRun(c, run)
		if err != nil {
			return err
		}
		parts, err = queryParts(c, "WHERE p.run = +? ORDER BY p.wave, p.name, p.id", num)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read parts: %w", err)
	}
	return parts, nil
}

// Move records a part as it now stands: State, Temp, Sent, LoadID, Via, Verdict, Created, Updated and Notes. What the
// plan wrote (name, wave, rows, size, hash) stays. The move from the state in the ledger to p.State must be in the
// table of moves. The same state again only adds facts; where nothing is new, nothing is written.
func (l *Ledger) Move(p export.Part) error {
	err := l.write(func(c *sqlite.Conn) error {
		old, err := needPart(c, p.ID)
		if err != nil {
			return err
		}
		if p.State != old.State {
			if _, err := old.State.To(p.State); err != nil {
				return fmt.Errorf("part %s: %w", old.Name, err)
			}
		}
		return l.save(c, old, p)
	})
	if err != nil {
		return fmt.Errorf("ledger: move: %w", err)
	}
	return nil
}

// Settle records a part's verdict and what became of its rows in one transaction. The part moves to Settled, or to
// Dropped where p.State says so. results names rows by PartRow, with their Outcome and Faults; of two for one row the
// later counts. Every other row of the part that is pending gets rest (on the API route others have their answer), with
// the part's Notes as the reason unless rest is Applied or Unchanged. The keys of applied and unchanged rows join the
// people the ledger knows. What was confirmed of the people of the part becomes unknown in its columns, whatever the
// verdict, until Confirm confirms it anew. The bytes stay in the spool.
func (l *Ledger) Settle(p export.Part, rest export.Outcome, results []export.RowResult) error {
	if p.State != export.Dropped {
		p.State = export.Settled
	}
	err := l.write(func(c *sqlite.Conn) error {
		old, err := needPart(c, p.ID)
		if err != nil {
			return err
		}
		// A final part has no further move, so that a second verdict is an error too.
		if _, err := old.State.To(p.State); err != nil {
			return fmt.Errorf("part %s: %w", old.Name, err)
		}
		if err := l.save(c, old, p); err != nil {
			return err
		}
		sent, err := rowsSent(c, old)
		if err != nil {
			return err
		}
		if err := l.unknown(c, sent); err != nil {
			return err
		}
		if err := settleRows(c, p, rest, results); err != nil {
			return fmt.Errorf("part %s: %w", old.Name, err)
		}
		return meetPeople(c, old.ID, old.Run)
	})
	if err != nil {
		return fmt.Errorf("ledger: settle: %w", err)
	}
	return nil
}

func settleRows(c *sqlite.Conn, p export.Part, rest export.Outcome, results []export.RowResult) error {
	if err := ledger.CheckOutcome(rest); err != nil {
		return err
	}
	var why export.Faults
	if rest != export.Applied && rest != export.Unchanged {
		why = p.Notes.Faults()
	}
	faults, err := ledger.Store(why)
	if err != nil {
		return err
	}
	if err := exec(c, "UPDATE rows SET outcome = ?2, faults = ?3 WHERE "+ofPart+"AND outcome = 'pending'", p.ID, string(rest), faults); err != nil {
		return err
	}
	for _, r := range results {
		if err := ledger.CheckOutcome(r.Outcome); err != nil {
			return fmt.Errorf("row %d: %w", r.PartRow, err)
		}
		if r.PartRow < 1 || int64(r.PartRow) > ledger.MaxRow { // it would be a row of another part
			return fmt.Errorf("it has no row %d", r.PartRow)
		}
		if err := setRow(c, rowID(p.ID, int64(r.PartRow)), r, ""); err != nil {
			return err
		}
		if c.Changes() == 0 {
			return fmt.Errorf("it has no row %d", r.PartRow)
		}
	}
	return nil
}

// meetPeople notes the people of a part's rows that Coupa holds as they were sent. A part below 0 stands for the rows of
// the run with that number that went into no part.
func meetPeople(c *sqlite.Conn, part int64, run string) error {
	return exec(c, `INSERT INTO people (key, login, status, seen)
		SELECT key, login, status, ?2 FROM rows WHERE `+ofPart+`AND outcome IN ('applied', 'unchanged') AND key <> ''
			AND EXISTS (SELECT 1 FROM runs WHERE id = ?2 AND command <> 'drop') -- a dropped file may have other keys
		ON CONFLICT (key) DO UPDATE SET
			seen = excluded.seen, login = iif(excluded.login = '', people.login, excluded.login),
			status = iif(excluded.status = '', people.status, excluded.status)`, part, run)
}

// save writes the fields of a part that may change and records the move.
func (l *Ledger) save(c *sqlite.Conn, old, p export.Part) error {
	next := old
	next.State, next.Temp, next.LoadID, next.Via = p.State, p.Temp, p.LoadID, p.Via
	next.Verdict, next.Created, next.Updated, next.Notes = p.Verdict, p.Created, p.Updated, p.Notes
	if !p.Sent.Equal(old.Sent) {
		next.Sent = p.Sent
	}
	if reflect.DeepEqual(next, old) {
		return nil
	}
	notes, err := ledger.Store(next.Notes)
	if err != nil {
		return err
	}
	err = exec(c, "UPDATE parts SET state = ?, temp = ?, sent = ?, load_id = ?, via = ?, verdict = ?, created = ?, updated = ?, notes = ? WHERE id = +?",
		string(next.State), next.Temp, nanos(next.Sent), next.LoadID, next.Via, string(next.Verdict), next.Created, next.Updated, notes, next.ID)
	if err != nil {
		return err
	}
	return exec(c, "INSERT INTO moves (part, from_state, to_state, at, note, notes) VALUES (?, ?, ?, ?, '', ?)",
		next.ID, string(old.State), string(next.State), nanos(l.now()), notes)
}

// Moves returns the recorded moves of a part, oldest first.
func (l *Ledger) Moves(part int64) (moves []ledger.Move, err error) {
	err = l.read(func(c *sqlite.Conn) (err error) {
		moves, err = queryMoves(c, part)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read moves: %w", err)
	}
	return moves, nil
}

func queryMoves(c *sqlite.Conn, part int64) (moves []ledger.Move, err error) {
	err = query(c, "SELECT from_state, to_state, at, notes FROM moves WHERE part = ? ORDER BY id", func(s *sqlite.Stmt) error {
		notes, err := ledger.ReadNotes(s.ColumnText(3))
		moves = append(moves, ledger.Move{
			From: export.PartState(s.ColumnText(0)), To: export.PartState(s.ColumnText(1)),
			At: fromNanos(s.ColumnInt64(2)), Notes: notes,
		})
		return err
	}, part)
	return moves, err
}
