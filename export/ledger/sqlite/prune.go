package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Prune removes what is older than r allows, and remembers the feed files of pruned runs so that they do not become new
// again. It needs the run lock, except for a dry run, which only counts.
func (l *Ledger) Prune(r ledger.Retention, dry bool) (p ledger.Pruned, err error) {
	if dry {
		err = l.read(func(c *sqlite.Conn) (err error) { _, p, err = l.prunable(c, r); return err })
	} else {
		p, err = l.prune(r)
	}
	if err != nil {
		return ledger.Pruned{}, fmt.Errorf("prune ledger: %w", err)
	}
	return p, nil
}

// prune removes the bytes after the rows: the next run sweeps a file without its part, and a final part needs no file.
func (l *Ledger) prune(r ledger.Retention) (p ledger.Pruned, err error) {
	var what doomed
	err = l.write(func(c *sqlite.Conn) (err error) {
		if !l.locked {
			return ledger.ErrNotLocked
		}
		if what, p, err = l.prunable(c, r); err != nil {
			return err
		}
		return errors.Join(blank(c, what.values), pruneRuns(c, what.history),
			exec(c, "DELETE FROM snapshots WHERE "+oldSnapshot, what.before), exec(c, "DELETE FROM notices WHERE "+oldNotice, what.before), exec(c, "DELETE FROM incidents WHERE "+oldIncident, what.before))
	})
	if err != nil {
		return p, err
	}
	if err := l.spool.Remove(what.parts); err != nil {
		return p, err
	}
	return p, l.truncateLog()
}

// doomed is what a pruning removes: the bytes of parts by id, the values or everything of runs by num, and notices and
// incidents that ended before a time.
type doomed struct {
	parts, values, history []int64
	before                 int64
}

const (
	oldNotice   = "done <> 0 AND done < ?"
	oldIncident = "ended <> 0 AND ended < ?"
	// The last snapshot, the last one that counts, and those since which anybody is missing stay.
	oldSnapshot = `at < ? AND id < (SELECT max(id) FROM snapshots WHERE counts) AND NOT (counts AND number IN (SELECT since FROM members))`
)

func (l *Ledger) prunable(c *sqlite.Conn, r ledger.Retention) (d doomed, p ledger.Pruned, err error) {
	now := l.now()
	if d.history, err = overRuns(c, now, now.Add(-r.History)); err != nil {
		return d, p, err
	}
	if d.values, err = overRuns(c, now, now.Add(-r.Values)); err != nil {
		return d, p, err
	}
	d.values = slices.DeleteFunc(d.values, func(num int64) bool { return slices.Contains(d.history, num) })
	if d.parts, p.Bytes, err = l.overParts(c, now, now.Add(-r.Parts), d.history); err != nil {
		return d, p, err
	}
	p.Parts, p.Runs = len(d.parts), len(d.history)
	d.before = nanos(now.Add(-r.History))
	for sql, n := range map[string]*int{"notices WHERE " + oldNotice: &p.Notices, "incidents WHERE " + oldIncident: &p.Incidents} {
		err := query(c, "SELECT count(*) FROM "+sql, func(s *sqlite.Stmt) error { *n = s.ColumnInt(0); return nil }, d.before)
		if err != nil {
			return d, p, err
		}
	}
	for _, num := range d.values {
		err := query(c, "SELECT count(*) FROM "+ofRun+"WHERE "+hasValues,
			func(s *sqlite.Stmt) error { p.Rows += s.ColumnInt(0); return nil }, num)
		if err != nil {
			return d, p, err
		}
	}
	return d, p, nil
}

// overRuns returns the runs that ended before a time and have nothing open: no part, no record kept for the next plan,
// no limit that holds them, no person with lists that a call has emptied. A clock that was ahead may have recorded the
// end of a run in the future. Then a later run that began before that time proves the run's age.
func overRuns(c *sqlite.Conn, now, before time.Time) (nums []int64, err error) {
	err = query(c, `SELECT num FROM runs r WHERE (iif(ended = 0, started, ended) < ?1
			OR iif(ended = 0, started, ended) > ?2 AND EXISTS (SELECT 1 FROM runs n WHERE n.num > r.num AND n.started < ?1))
		AND state = 'ended'
		AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.run = r.num AND p.state NOT IN ('settled', 'dropped'))
		AND NOT EXISTS (SELECT 1 FROM writes w JOIN parts p ON p.id = w.id >> 32 WHERE w.unfilled <> '' AND p.run = r.num)
		AND NOT EXISTS (SELECT 1 FROM kept k WHERE k.run = r.num AND k.ended = '')
		ORDER BY num`,
		func(s *sqlite.Stmt) error { nums = append(nums, s.ColumnInt64(0)); return nil }, nanos(before), nanos(now))
	return nums, err
}

// overParts returns the parts with bytes in the spool that became final before a time, or with a run that is removed.
// For times in the future see overRuns.
func (l *Ledger) overParts(c *sqlite.Conn, now, before time.Time, runs []int64) (ids []int64, size int64, err error) {
	err = query(c, `SELECT id, run, final < ?1 OR final > ?2 AND EXISTS (SELECT 1 FROM runs n WHERE n.num > run AND n.started < ?1)
		FROM (SELECT id, run, coalesce((SELECT max(at) FROM moves WHERE part = parts.id), planned) final FROM parts
			WHERE state IN ('settled', 'dropped')) ORDER BY id`, func(s *sqlite.Stmt) error {
		if !s.ColumnBool(2) && !slices.Contains(runs, s.ColumnInt64(1)) {
			return nil
		}
		info, err := os.Stat(l.spool.Path(s.ColumnInt64(0)))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed before
		}
		if err != nil {
			return err
		}
		ids, size = append(ids, s.ColumnInt64(0)), size+info.Size()
		return nil
	}, nanos(before), nanos(now))
	return ids, size, err
}

// hasValues picks the rows that hold more of a person than the key.
const hasValues = "(first <> '' OR login <> '' OR status <> '' OR faults <> '') "

// blank removes the values from the rows of runs. Key, origin and outcome stay, and with them the sums.
func blank(c *sqlite.Conn, runs []int64) error {
	return eachHome(c, runs, func(home int64) error {
		return errors.Join(
			exec(c, "UPDATE rows SET first = '', login = '', status = '', faults = '' WHERE "+ofPart+"AND "+hasValues, home),
			exec(c, "UPDATE writes SET emptied = '' WHERE "+writesOfPart, home), exec(c, "DELETE FROM changes WHERE "+changesOfPart, home))
	})
}

// eachHome calls f for every range of rows of runs: those of their parts, and those that hang on the run itself.
func eachHome(c *sqlite.Conn, runs []int64, f func(home int64) error) error {
	for _, num := range runs {
		homes := []int64{-num}
		err := query(c, "SELECT id FROM parts WHERE run = ?",
			func(s *sqlite.Stmt) error { homes = append(homes, s.ColumnInt64(0)); return nil }, num)
		if err != nil {
			return err
		}
		for _, home := range homes {
			if err := f(home); err != nil {
				return err
			}
		}
	}
	return nil
}

func pruneRuns(c *sqlite.Conn, runs []int64) error {
	err := eachHome(c, runs, func(home int64) error {
		return errors.Join(exec(c, "DELETE FROM rows WHERE "+ofPart, home), exec(c, "DELETE FROM writes WHERE "+writesOfPart, home),
			exec(c, "DELETE FROM changes WHERE "+changesOfPart, home))
	})
	if err != nil || len(runs) == 0 {
		return err
	}
	for _, num := range runs {
		for _, sql := range []string{
			`INSERT INTO pruned_files (name, path, size, sha256, run, modified)
				SELECT f.name, f.path, f.size, f.sha256, r.id, ` + modified + ` FROM feed_files f JOIN runs r ON r.num = f.run
				WHERE f.run = ?1 AND r.command <> 'drop' ORDER BY f.id
				ON CONFLICT (name) DO UPDATE SET path = excluded.path, size = excluded.size, sha256 = excluded.sha256, run = excluded.run,
					modified = excluded.modified`,
			"DELETE FROM moves WHERE part IN (SELECT id FROM parts WHERE run = ?1)",
			"DELETE FROM parts WHERE run = ?1",
			"DELETE FROM feed_files WHERE run = ?1",
			"DELETE FROM kept WHERE run = ?1",
			"DELETE FROM approvals WHERE run = ?1",
			"DELETE FROM run_mappings WHERE run = ?1",
			"DELETE FROM run_configs WHERE run = ?1",
			"DELETE FROM overridden WHERE run = ?1",
			"DELETE FROM runs WHERE num = ?1",
		} {
			if err := exec(c, sql, num); err != nil {
				return err
			}
		}
	}
	return errors.Join(
		exec(c, "DELETE FROM mappings WHERE sha256 NOT IN (SELECT mapping FROM run_mappings)"),
		exec(c, "DELETE FROM baseline_seen WHERE id NOT IN (SELECT seen FROM baselines)"),
		exec(c, "DELETE FROM configs WHERE sha256 NOT IN (SELECT config FROM run_configs)"),
		exec(c, "DELETE FROM sources WHERE id NOT IN (SELECT source FROM rows)"))
}

// truncateLog removes deleted data from the write-ahead log too. It waits for readers, but no longer than a write
// would.
func (l *Ledger) truncateLog() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return ledger.ErrClosed
	}
	busy := false
	err := sqlitex.ExecuteTransient(l.conn, "PRAGMA wal_checkpoint(TRUNCATE)", &sqlitex.ExecOptions{
		ResultFunc: func(s *sqlite.Stmt) error { busy = s.ColumnBool(0); return nil },
	})
	if err == nil && busy {
		err = export.Hint(errors.New("what was removed from the ledger is still in its write-ahead log, since another program is reading the ledger"), "run it again once that program has ended")
	}
	return err
}
