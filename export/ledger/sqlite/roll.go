package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Roll returns whom snapshots of everybody have had so far.
func (l *Ledger) Roll() (*ledger.Roll, error) {
	r := &ledger.Roll{}
	err := l.read(func(c *sqlite.Conn) (err error) {
		err = query(c, "SELECT count(*) FROM members", func(s *sqlite.Stmt) error { r.Members = baseline.NewMembers(s.ColumnInt(0)); return nil })
		if err != nil {
			return err
		}
		err = query(c, "SELECT key, since FROM members", func(s *sqlite.Stmt) error { r.Members.Add(s.ColumnText(0), s.ColumnInt(1)); return nil })
		if err != nil {
			return err
		}
		r.Last, r.Counted, r.Since, err = snapshots(c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read whom snapshots had: %w", err)
	}
	return r, nil
}

// MissingSince returns since when a person is missing in the snapshots, and in how many that count; the zero time and 0 for who is
// there, or was in none.
func (l *Ledger) MissingSince(key string) (since time.Time, missed int, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, `SELECT s.at, (SELECT max(number) FROM snapshots) - m.since + 1 FROM members m JOIN snapshots s ON s.number = m.since AND s.counts
			WHERE m.key = ? AND m.since <> 0`,
			func(s *sqlite.Stmt) error { since, missed = fromNanos(s.ColumnInt64(0)), s.ColumnInt(1); return nil }, key)
	})
	if err != nil {
		return since, missed, fmt.Errorf("ledger: read since when a person is missing: %w", err)
	}
	return since, missed, nil
}

// snapshots returns the last snapshot, the last one that counts, and when those began since which anybody is missing.
func snapshots(c *sqlite.Conn) (last, counted *ledger.Snapshot, since map[int]time.Time, err error) {
	since = map[int]time.Time{}
	err = query(c, `SELECT number, counts, at, records, config, files FROM snapshots
		WHERE id IN (SELECT max(id) FROM snapshots UNION SELECT max(id) FROM snapshots WHERE counts)
			OR counts AND number IN (SELECT DISTINCT since FROM members WHERE since <> 0) ORDER BY id`, func(s *sqlite.Stmt) error {
		one := &ledger.Snapshot{Number: s.ColumnInt(0), Counts: s.ColumnBool(1), At: fromNanos(s.ColumnInt64(2)), Records: s.ColumnInt(3), Config: s.ColumnText(4)}
		if err := json.Unmarshal([]byte(s.ColumnText(5)), &one.Files); err != nil {
			return export.Hint(fmt.Errorf("the names of the files of a snapshot cannot be read: %w", err), ledger.Restore)
		}
		if last = one; one.Counts {
			counted, since[one.Number] = one, one.At
		}
		return nil
	})
	return last, counted, since, err
}

// writeRoll records who was in a snapshot. Whoever is there again loses the count, also in a snapshot that is held or does not count;
// no one is missing because of such a one.
func (t *planTx) writeRoll(r *export.RollCall, held bool) error {
	if r == nil {
		return nil
	}
	number := 0
	err := query(t.c, "SELECT coalesce(max(number), 0) FROM snapshots", func(s *sqlite.Stmt) error { number = s.ColumnInt(0); return nil })
	if err != nil {
		return err
	}
	each := func(sql string, keys []string, args ...any) (err error) {
		for _, key := range keys {
			err = errors.Join(err, exec(t.c, sql, append([]any{key}, args...)...))
		}
		return err
	}
	err = errors.Join(each("INSERT INTO members (key, since) VALUES (?, 0) ON CONFLICT (key) DO UPDATE SET since = 0", r.New), each("UPDATE members SET since = 0 WHERE key = ?", r.Back))
	if held || err != nil {
		return err
	}
	if r.Counts {
		number++
		if r.Anew {
			err = errors.Join(exec(t.c, "DELETE FROM members WHERE since <> 0"), each("DELETE FROM members WHERE key = ?", r.Missing))
		} else {
			err = each("UPDATE members SET since = ?2 WHERE key = ?1 AND since = 0", r.Missing, number)
		}
	}
	files, failed := json.Marshal(append([]string{}, r.Files...)) // [], not null
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	return exec(t.c, "INSERT INTO snapshots (number, counts, at, records, config, files) SELECT ?1, ?2, started, ?3, ?4, ?5 FROM runs WHERE num = ?6",
		number, r.Counts, r.Records, r.Config, string(files), t.num)
}
