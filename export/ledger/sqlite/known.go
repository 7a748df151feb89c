package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
)

// Known returns the login and the status last sent for every person the ledger knows, by the person's key. A status
// sent by a file dropped by hand does not count: such a file may use other keys for people.
func (l *Ledger) Known() (*baseline.KnownPeople, error) {
	var people *baseline.KnownPeople
	err := l.read(func(c *sqlite.Conn) error {
		err := query(c, "SELECT count(*) FROM people", func(s *sqlite.Stmt) error { people = baseline.NewKnownPeople(s.ColumnInt(0)); return nil })
		if err != nil {
			return err
		}
		return query(c, "SELECT key, login, status FROM people", func(s *sqlite.Stmt) error {
			people.Add(s.ColumnText(0), export.Person{Login: s.ColumnText(1), Status: s.ColumnText(2)})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read the known people: %w", err)
	}
	return people, nil
}

// SentSince returns the keys of the people for whom a later run than run has a row in a part.
func (l *Ledger) SentSince(run string) (map[string]bool, error) {
	people := map[string]bool{}
	err := l.read(func(c *sqlite.Conn) error {
		num, err := needRun(c, run)
		if err != nil {
			return err
		}
		return query(c, `SELECT DISTINCT rows.key FROM parts CROSS JOIN rows ON rows.id BETWEEN parts.id << 32 AND (parts.id << 32) + 0xffffffff
			WHERE parts.run > ? AND rows.key <> ''`,
			func(s *sqlite.Stmt) error { people[s.ColumnText(0)] = true; return nil }, num)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read what was sent since run %s: %w", run, err)
	}
	return people, nil
}

// storedFeed returns what runs.feed says of a plan: its records as the measure of the next feed, below zero where they are none,
// as a person has named the files, and 0 where the run is held. The ends of lines count in both of the first (LineEnds).
func storedFeed(sum export.PlanSum) int {
	switch {
	case sum.Held != nil:
		return 0
	case sum.AnySize:
		return -sum.Feed
	}
	return sum.Feed
}

// LastFeed returns the number of records in the last feed that was planned and not held; 0 where there was none.
func (l *Ledger) LastFeed() (records int, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT feed FROM runs WHERE feed > 0 ORDER BY num DESC LIMIT 1",
			func(s *sqlite.Stmt) error { records = s.ColumnInt(0); return nil })
	})
	if err != nil {
		return 0, fmt.Errorf("ledger: read the last feed: %w", err)
	}
	return records, nil
}

// LineEnds returns the files of every whole feed that was planned and not held, oldest first, where it is known how
// their last line ended.
func (l *Ledger) LineEnds() (files []export.FeedFile, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, `SELECT f.path, f.name, f.size, f.sha256, f.line_end FROM feed_files f JOIN runs r ON r.num = f.run
			WHERE r.feed <> 0 AND f.line_end <> '' ORDER BY f.id`,
			func(s *sqlite.Stmt) error {
				f := scanFile(s)
				f.LineEnd = export.LineEnd(s.ColumnText(4))
				files = append(files, f)
				return nil
			})
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read how feeds ended: %w", err)
	}
	return files, nil
}

// Logins calls f with every login that a row or a person of the ledger has, some of them more than once.
func (l *Ledger) Logins(f func(login string)) error {
	err := l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT login FROM people WHERE login <> '' UNION ALL SELECT DISTINCT login FROM rows WHERE login <> ''",
			func(s *sqlite.Stmt) error { f(s.ColumnText(0)); return nil })
	})
	if err != nil {
		return fmt.Errorf("ledger: read the known logins: %w", err)
	}
	return nil
}
