package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Story returns every row of the people with these keys, newest run first, for at most so many runs (below 0: for all);
// more is how many runs were left out. It reads every row of the ledger: an index would make each night's plan more
// than twice as slow to write, and a story is asked for only now and then (BenchmarkStory1M).
func (l *Ledger) Story(keys []string, runs int) (story []ledger.Episode, more int, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		ids, left, err := places(c, keys, runs)
		if err != nil {
			return err
		}
		more = left
		for _, id := range ids {
			e, err := episode(c, id)
			if err != nil {
				return err
			}
			story = append(story, e)
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("ledger: read a person's story: %w", err)
	}
	return story, more, nil
}

// KeysOf returns the keys of the people for whom a row with that login went into a part, in order. Case does not count.
func (l *Ledger) KeysOf(login string) (keys []string, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT DISTINCT key FROM rows WHERE login = ? COLLATE NOCASE AND key <> '' ORDER BY key",
			func(s *sqlite.Stmt) error { keys = append(keys, s.ColumnText(0)); return nil }, login)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: look for a login: %w", err)
	}
	return keys, nil
}

// KeysLike returns the keys of rows that differ from a key in case at most. It reads all keys: it is for a person who has typed one.
func (l *Ledger) KeysLike(key string) (keys []string, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT DISTINCT key FROM rows WHERE key = ? COLLATE NOCASE AND key <> '' ORDER BY key",
			func(s *sqlite.Stmt) error { keys = append(keys, s.ColumnText(0)); return nil }, key)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: look for a key: %w", err)
	}
	return keys, nil
}

// places returns the ids of the rows of a story.
func places(c *sqlite.Conn, keys []string, runs int) (ids []int64, more int, err error) {
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, 0, err
	}
	last, n := int64(0), 0
	err = query(c, `SELECT rows.id, coalesce((SELECT run FROM parts WHERE id = rows.part), -rows.part) AS of_run FROM rows
		WHERE key IN (SELECT value FROM json_each(?)) ORDER BY of_run DESC, rows.id`,
		func(s *sqlite.Stmt) error {
			if run := s.ColumnInt64(1); run != last {
				last, n = run, n+1
			}
			if runs < 0 || n <= runs {
				ids = append(ids, s.ColumnInt64(0))
			}
			return nil
		}, string(list))
	if runs >= 0 {
		more = max(0, n-runs)
	}
	return ids, more, err
}

func episode(c *sqlite.Conn, id int64) (e ledger.Episode, err error) {
	run := int64(0)
	err = query(c, selectRows+"WHERE rows.id = ?", func(s *sqlite.Stmt) error {
		run = -s.ColumnInt64(0)
		e.Row, err = scanRow(s)
		return err
	}, id)
	if err != nil {
		return e, err
	}
	if e.Row.Change, err = changeOf(c, id); err != nil {
		return e, err
	}
	if e.Row.Part != 0 {
		if e.Part, err = needPart(c, e.Row.Part); err != nil {
			return e, err
		}
		if run, err = needRun(c, e.Part.Run); err != nil {
			return e, err
		}
		if e.Moves, err = queryMoves(c, e.Part.ID); err != nil {
			return e, err
		}
	}
	found, err := selectRuns(c, "WHERE num = ?", run)
	if err != nil {
		return e, err
	}
	if len(found) == 0 {
		return e, export.Hint(errors.New("a row belongs to a run that is not there"), ledger.Restore)
	}
	e.Run = found[0]
	e.Run.Mapping, err = mappingOf(c, run)
	return e, err
}

func keepMapping(c *sqlite.Conn, run int64, columns []export.Expression) error {
	text, err := json.Marshal(columns)
	if err != nil {
		return err
	}
	id := ledger.Hash(text)
	if err := exec(c, "INSERT INTO mappings (sha256, columns) VALUES (?, ?) ON CONFLICT DO NOTHING", id, string(text)); err != nil {
		return err
	}
	return exec(c, "INSERT INTO run_mappings (run, mapping) VALUES (?, ?)", run, id)
}

func mappingOf(c *sqlite.Conn, run int64) (columns []export.Expression, err error) {
	err = query(c, "SELECT columns FROM mappings WHERE sha256 = (SELECT mapping FROM run_mappings WHERE run = ?)",
		func(s *sqlite.Stmt) error { return json.Unmarshal([]byte(s.ColumnText(0)), &columns) }, run)
	return columns, err
}
