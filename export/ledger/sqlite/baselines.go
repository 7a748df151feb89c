package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// KeyMark returns the mark of the key that the hashes are made with; "" where no key was used yet.
func (l *Ledger) KeyMark() (mark string, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT mark FROM baseline_keys ORDER BY id DESC LIMIT 1",
			func(s *sqlite.Stmt) error { mark = s.ColumnText(0); return nil })
	})
	if err != nil {
		return "", fmt.Errorf("ledger: read the mark of the key: %w", err)
	}
	return mark, nil
}

// NewKey forgets every hash and records the mark of the key that hashes are made with from now on, and who says so.
func (l *Ledger) NewKey(mark, by string) error {
	err := l.write(func(c *sqlite.Conn) error {
		return errors.Join(exec(c, "UPDATE baselines SET hashes = x'00' WHERE hashes <> x'00'"),
			exec(c, "INSERT INTO baseline_keys (mark, by, at) VALUES (?, ?, ?)", mark, by, nanos(l.now())))
	})
	if err != nil {
		return fmt.Errorf("ledger: begin with a new key: %w", err)
	}
	return nil
}

// ForgetBaselines makes unknown what was confirmed of everyone.
func (l *Ledger) ForgetBaselines() error {
	err := l.write(func(c *sqlite.Conn) error {
		return exec(c, "UPDATE baselines SET hashes = x'00' WHERE hashes <> x'00'")
	})
	if err != nil {
		return fmt.Errorf("ledger: forget what was confirmed: %w", err)
	}
	return nil
}

// Baselines returns what was last confirmed of everyone.
func (l *Ledger) Baselines() (*baseline.Store, error) { return l.baselines("hashes <> x'00'") }

// BaselinesOf returns what was last confirmed of the people with these keys.
func (l *Ledger) BaselinesOf(keys []string) (*baseline.Store, error) {
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	return l.baselines("hashes <> x'00' AND key IN (SELECT value FROM json_each(?))", string(list))
}

// baselines returns what was last confirmed of the people whom a condition picks.
func (l *Ledger) baselines(where string, args ...any) (*baseline.Store, error) {
	var all *baseline.Store
	err := l.read(func(c *sqlite.Conn) error {
		names, err := columnNames(c)
		if err != nil {
			return err
		}
		err = query(c, "SELECT count(*) FROM baselines WHERE "+where,
			func(s *sqlite.Stmt) error { all = baseline.NewStore(s.ColumnInt(0)); return nil }, args...)
		if err != nil {
			return err
		}
		var h ledger.Hashes
		return query(c, "SELECT key, hashes FROM baselines WHERE "+where, func(s *sqlite.Stmt) error {
			h = readHashes(s, 1, h)
			shape, hashes, err := h.Shape()
			if err != nil {
				return export.Hint(err, ledger.Restore)
			}
			return all.Add(s.ColumnText(0), string(shape), func() ([]string, error) { return namesOf(names, h) }, string(hashes))
		}, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read what was confirmed: %w", err)
	}
	return all, nil
}

// readHashes reads a cell with hashes into buf, or a larger buffer.
func readHashes(s *sqlite.Stmt, col int, buf ledger.Hashes) ledger.Hashes {
	buf = slices.Grow(buf[:0], s.ColumnLen(col))[:s.ColumnLen(col)]
	s.ColumnBytes(col, buf)
	return buf
}

// columnNames returns the columns that hashes name by number.
func columnNames(c *sqlite.Conn) (map[uint64]string, error) {
	names := map[uint64]string{}
	err := query(c, "SELECT id, name FROM baseline_columns",
		func(s *sqlite.Stmt) error { names[uint64(s.ColumnInt64(0))] = s.ColumnText(1); return nil })
	return names, err
}

func namesOf(names map[uint64]string, h ledger.Hashes) ([]string, error) {
	columns, err := h.Columns()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(columns))
	for i, c := range columns {
		name, ok := names[c]
		if !ok {
			return nil, export.Hint(fmt.Errorf("the hashes of a person name a column %d that is not there", c), ledger.Restore)
		}
		out[i] = name
	}
	return out, nil
}

// Confirm records what is known of people after a part of theirs was settled. It leaves out who is not known, and whom a
// later part may have changed since. Of people whom a plan has seen since, it only makes unknown what Coupa turns out to hold
// otherwise. A dropped file confirms nothing: its keys need not be HR's.
func (l *Ledger) Confirm(part int64, people []export.Confirmed) error {
	err := l.write(func(c *sqlite.Conn) error {
		p, err := needPart(c, part)
		if err != nil {
			return err
		}
		if p.State != export.Settled {
			return fmt.Errorf("part %s is %s: only a settled part confirms", p.Name, p.State)
		}
		if byHand, err := dropped(c, p); byHand || err != nil {
			return err
		}
		w := confirming{c: c, part: part}
		for _, one := range people {
			if err := w.confirm(one); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: record what was confirmed: %w", err)
	}
	return nil
}

// dropped reports whether a part is a file that a person has dropped.
func dropped(c *sqlite.Conn, p export.Part) (is bool, err error) {
	err = query(c, "SELECT command = 'drop' FROM runs WHERE id = ?", func(s *sqlite.Stmt) error { is = s.ColumnBool(0); return nil }, p.Run)
	return is, err
}

// confirming writes what a part has confirmed.
type confirming struct {
	c       *sqlite.Conn
	part    int64
	columns map[string]uint64
	done    map[string]bool
}

func (w *confirming) confirm(one export.Confirmed) error {
	if len(one.Columns) != len(one.Hashes) {
		return fmt.Errorf("%d columns have %d hashes", len(one.Columns), len(one.Hashes))
	}
	if one.Key == "" {
		return nil
	}
	var old ledger.Hashes
	ours, seen := false, false
	err := query(w.c, "SELECT part, hashes FROM baselines WHERE key = ?", func(s *sqlite.Stmt) error {
		ours, seen, old = s.ColumnInt64(0) == w.part, s.ColumnInt64(0) == 0, readHashes(s, 1, nil)
		return nil
	}, one.Key)
	if err != nil || !ours && !seen {
		return err
	}
	of, err := old.Map()
	if err != nil {
		return export.Hint(err, ledger.Restore)
	}
	if w.done[one.Key] { // two rows of one person: the order in which Coupa took them is not certain
		one.Unknown, one.Columns = append(slices.Clone(one.Unknown), one.Columns...), nil
	}
	for i, name := range one.Columns {
		id, err := w.column(name)
		if err != nil {
			return err
		}
		if before, known := of[id]; ours {
			of[id] = one.Hashes[i]
		} else if known && before != one.Hashes[i] { // a plan has seen another value since, and one of both is past
			delete(of, id)
		}
	}
	for _, name := range one.Unknown {
		id, err := w.column(name)
		if err != nil {
			return err
		}
		delete(of, id)
	}
	if w.done == nil {
		w.done = map[string]bool{}
	}
	w.done[one.Key] = true
	return exec(w.c, "UPDATE baselines SET hashes = ?2 WHERE key = ?1", one.Key, []byte(ledger.HashesOf(of)))
}

// column returns the number of a column.
func (w *confirming) column(name string) (id uint64, err error) {
	if id, ok := w.columns[name]; ok {
		return id, nil
	}
	if err := exec(w.c, "INSERT INTO baseline_columns (name) VALUES (?) ON CONFLICT DO NOTHING", name); err != nil {
		return 0, err
	}
	err = query(w.c, "SELECT id FROM baseline_columns WHERE name = ?", func(s *sqlite.Stmt) error { id = uint64(s.ColumnInt64(0)); return nil }, name)
	if w.columns == nil {
		w.columns = map[string]uint64{}
	}
	w.columns[name] = id
	return id, err
}
