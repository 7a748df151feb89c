package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
)

// PlannedFiles returns the last feed file that was planned under each name, in the order of their plans, with the time at
// which it was changed. Where that was not recorded, it is the time of its plan; for pruned files it may be unknown.
func (l *Ledger) PlannedFiles() (files []export.FeedFile, err error) {
	take := func(s *sqlite.Stmt) error {
		f := scanFile(s)
		f.Modified = fromNanos(s.ColumnInt64(4))
		files = append(files, f)
		return nil
	}
	err = l.read(func(c *sqlite.Conn) error {
		err := query(c, `SELECT path, name, size, sha256, modified FROM pruned_files p
			WHERE NOT EXISTS (SELECT 1 FROM feed_files f JOIN runs r ON r.num = f.run WHERE f.name = p.name AND r.command <> 'drop')
			ORDER BY run, name`, take)
		if err != nil {
			return err
		}
		return query(c, `SELECT f.path, f.name, f.size, f.sha256, `+modified+`, max(f.id) FROM feed_files f JOIN runs r ON r.num = f.run
			WHERE r.command <> 'drop' GROUP BY f.name ORDER BY max(f.id)`, take)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read the planned files: %w", err)
	}
	return files, nil
}

// modified is when a file of feed_files was changed. Where that was not recorded, it was not later than its plan.
const modified = "iif(f.modified = 0, f.seen_at, f.modified)"

// LateFiles returns the files that were passed over because newer ones were planned before them, in the order of their names.
func (l *Ledger) LateFiles() (files []export.LateFile, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT name, sha256, size, newer FROM late_files ORDER BY name, sha256", func(s *sqlite.Stmt) error {
			files = append(files, export.LateFile{Name: s.ColumnText(0), SHA256: s.ColumnText(1), Size: s.ColumnInt64(2), Newer: s.ColumnText(3)})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read the late files: %w", err)
	}
	return files, nil
}

// PassOver records files as late. One that is recorded already stays as it is.
func (l *Ledger) PassOver(files []export.LateFile) error {
	err := l.write(func(c *sqlite.Conn) error {
		for _, f := range files {
			err := exec(c, "INSERT INTO late_files (name, sha256, size, newer, found) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
				f.Name, f.SHA256, f.Size, f.Newer, nanos(l.now()))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: record late files: %w", err)
	}
	return nil
}
