package sqlite

import (
	"encoding/json"
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
)

// Unfilled returns every person with lists that a call has emptied, or may have emptied, and no read has shown filled
// since, oldest first.
func (l *Ledger) Unfilled() (people []export.Unfilled, err error) {
	err = l.read(func(c *sqlite.Conn) error { people, err = readUnfilled(c); return err })
	if err != nil {
		return nil, fmt.Errorf("ledger: read people with emptied lists: %w", err)
	}
	return people, nil
}

func readUnfilled(c *sqlite.Conn) (people []export.Unfilled, err error) {
	err = query(c, `SELECT w.id >> 32, r.id, p.name, p.state, w.id & 0xffffffff, w.coupa_id, w.emptied, w.unfilled
		FROM writes w CROSS JOIN parts p ON p.id = w.id >> 32 CROSS JOIN runs r ON r.num = p.run WHERE w.unfilled <> '' ORDER BY w.id`,
		func(s *sqlite.Stmt) error {
			u := export.Unfilled{
				PartID: s.ColumnInt64(0), Run: s.ColumnText(1), Part: s.ColumnText(2), State: export.PartState(s.ColumnText(3)),
				PartRow: s.ColumnInt(4), CoupaID: s.ColumnText(5),
			}
			if u.Lists, err = listsOf(s.ColumnText(6), s.ColumnText(7)); err != nil {
				return fmt.Errorf("row %d of part %s: %w", u.PartRow, u.Part, err)
			}
			people = append(people, u)
			return nil
		})
	for i := range people {
		u := &people[i]
		if err == nil {
			err = query(c, selectRows+"WHERE rows.id = ?", func(s *sqlite.Stmt) (err error) { u.Row, err = scanRow(s); return err }, rowID(u.PartID, int64(u.PartRow)))
		}
	}
	return people, err
}

// listsOf returns what the unfilled lists held.
func listsOf(emptied, unfilled string) (map[string][]string, error) {
	var held map[string][]string
	if emptied != "" {
		if err := json.Unmarshal([]byte(emptied), &held); err != nil {
			return nil, err
		}
	}
	var columns []string
	if err := json.Unmarshal([]byte(unfilled), &columns); err != nil {
		return nil, err
	}
	lists := map[string][]string{}
	for _, column := range columns {
		lists[column] = held[column]
	}
	return lists, nil
}

// Filled records which lists of u's person are filled again: all that u does not have any more. says is one more
// fault of the row, where it is not "".
func (l *Ledger) Filled(u export.Unfilled, says string) error {
	err := l.write(func(c *sqlite.Conn) error {
		text, err := columnsText(u.Columns())
		if err != nil {
			return err
		}
		id := rowID(u.PartID, int64(u.PartRow))
		if err := exec(c, "UPDATE writes SET unfilled = ? WHERE id = ?", text, id); err != nil {
			return err
		}
		if c.Changes() != 1 {
			return fmt.Errorf("row %d of part %s was never written", u.PartRow, u.Part)
		}
		if says == "" {
			return nil
		}
		fault, err := json.Marshal(export.Fault{Rule: "lists", Message: says})
		if err != nil {
			return err
		}
		return exec(c, "UPDATE rows SET faults = json_insert(iif(faults = '', '[]', faults), '$[#]', json(?1)) WHERE id = ?2", string(fault), id)
	})
	if err != nil {
		return fmt.Errorf("ledger: record that a list is filled again: %w", err)
	}
	return nil
}

func columnsText(columns []string) (string, error) {
	if len(columns) == 0 {
		return "", nil
	}
	text, err := json.Marshal(columns)
	return string(text), err
}
