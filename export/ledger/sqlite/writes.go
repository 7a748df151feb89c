package sqlite

import (
	"encoding/json"
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Writes returns the writes of a part's rows that have begun, by PartRow.
func (l *Ledger) Writes(part int64) (map[int]export.Write, error) {
	writes := map[int]export.Write{}
	err := l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT id & 0xffffffff, coupa_id, created, emptied, answered, unfilled FROM writes WHERE "+writesOfPart, func(s *sqlite.Stmt) error {
			w := export.Write{
				Part: part, PartRow: s.ColumnInt(0), CoupaID: s.ColumnText(1), Created: s.ColumnBool(2), Answered: fromNanos(s.ColumnInt64(4)),
			}
			if text := s.ColumnText(3); text != "" {
				if err := json.Unmarshal([]byte(text), &w.Emptied); err != nil {
					return fmt.Errorf("row %d: %w", w.PartRow, err)
				}
			}
			if text := s.ColumnText(5); text != "" {
				if err := json.Unmarshal([]byte(text), &w.Unfilled); err != nil {
					return fmt.Errorf("row %d: %w", w.PartRow, err)
				}
			}
			writes[w.PartRow] = w
			return nil
		}, part)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read what was written: %w", err)
	}
	return writes, nil
}

// BeginWrite records that a row is about to be written. The recorded content of a list stays: after a crash the list is
// empty in Coupa, and its content is stored nowhere else.
func (l *Ledger) BeginWrite(w export.Write) error {
	err := l.write(func(c *sqlite.Conn) error { return l.saveWrite(c, w) })
	if err != nil {
		return fmt.Errorf("ledger: begin a write: %w", err)
	}
	return nil
}

// EndWrite records the answer: w.Answered, the number of the user, the outcome of the row, and what was confirmed of its
// person.
func (l *Ledger) EndWrite(w export.Write, r export.RowResult) error {
	err := l.write(func(c *sqlite.Conn) error {
		if err := ledger.CheckOutcome(r.Outcome); err != nil {
			return err
		}
		if w.Answered.IsZero() {
			return fmt.Errorf("row %d: it has no answer", w.PartRow)
		}
		if err := l.saveWrite(c, w); err != nil {
			return err
		}
		if err := l.written(c, w, r.Outcome); err != nil {
			return err
		}
		return setRow(c, rowID(w.Part, int64(w.PartRow)), r, "")
	})
	if err != nil {
		return fmt.Errorf("ledger: record an answer: %w", err)
	}
	return nil
}

// written makes unknown what a row may have changed in Coupa, and records what the answer has confirmed.
func (l *Ledger) written(c *sqlite.Conn, w export.Write, outcome export.Outcome) error {
	p, err := needPart(c, w.Part)
	if err != nil {
		return err
	}
	id := rowID(w.Part, int64(w.PartRow))
	err = l.unknown(c, sending{part: p, nothing: outcome == export.Unchanged, coupaID: w.CoupaID, from: id, to: id})
	if err != nil {
		return err
	}
	return (&confirming{c: c, part: w.Part}).confirm(w.Confirmed)
}

// saveWrite writes the state of one row. A second answer for a row is an error.
func (l *Ledger) saveWrite(c *sqlite.Conn, w export.Write) error {
	p, err := needPart(c, w.Part)
	switch {
	case err != nil:
		return err
	case p.Route != export.ByAPI || p.State.Final():
		return fmt.Errorf("part %s is %s and takes no answers", p.Name, p.State)
	case w.PartRow < 1 || w.PartRow > p.Rows:
		return fmt.Errorf("part %s has no row %d", p.Name, w.PartRow)
	}
	emptied := ""
	if w.Emptied != nil {
		text, err := json.Marshal(w.Emptied)
		if err != nil {
			return err
		}
		emptied = string(text)
	}
	unfilled, err := columnsText(w.Unfilled)
	if err != nil {
		return err
	}
	err = exec(c, `INSERT INTO writes (id, coupa_id, created, emptied, begun, answered, unfilled) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET coupa_id = excluded.coupa_id, created = excluded.created, answered = excluded.answered,
			emptied = CASE '' WHEN emptied THEN excluded.emptied WHEN excluded.emptied THEN emptied
				ELSE json_patch(excluded.emptied, emptied) END,
			unfilled = excluded.unfilled WHERE answered = 0`,
		rowID(w.Part, int64(w.PartRow)), w.CoupaID, w.Created, emptied, nanos(l.now()), nanos(w.Answered), unfilled)
	if err == nil && c.Changes() != 1 {
		err = fmt.Errorf("row %d of part %s has its answer already", w.PartRow, p.Name)
	}
	return err
}
