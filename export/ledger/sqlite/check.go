package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite/sound"
)

// Check checks that a ledger is consistent: modes, SQLite's own checks, the sums of every run, and the bytes of every
// part. It may be called while a run is at work. An error means that the ledger could not be checked; what is wrong in
// it is a finding.
func Check(o Options) (*ledger.Checked, error) {
	l, err := existing(o)
	if err != nil {
		return nil, fmt.Errorf("check ledger: %w", err)
	}
	c := &checker{l: l, Checked: ledger.Checked{Findings: []ledger.Finding{}}}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("check ledger: %w", err)
	}
	return &c.Checked, nil
}

// existing returns a ledger that is not opened yet and must exist.
func existing(o Options) (*Ledger, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	l := newAt(dir, o)
	_, err = os.Stat(l.dbPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no ledger in %s", dir)
	}
	if err == nil {
		err = ledger.CheckRegular(l.dbPath())
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

type checker struct {
	l *Ledger
	ledger.Checked
}

func (c *checker) find(where, what, fix string) {
	c.Findings = append(c.Findings, ledger.Finding{Where: where, What: what, Fix: fix})
}

func (c *checker) check() error {
	if err := c.modes(); err != nil {
		return err
	}
	err := c.l.connect()
	if err == nil {
		err = errors.Join(c.l.read(c.contents), c.l.Close())
	}
	if damaged, ok := errors.AsType[*ledger.DamagedError](err); ok {
		c.find(damaged.Path, damaged.Why, ledger.FromBackup)
		return nil
	}
	if err != nil {
		if why := c.l.unwritable(); why != nil {
			return why
		}
		return fmt.Errorf("%s: %w", c.l.dbPath(), err)
	}
	return nil
}

// modes checks every file in the folder, also files that are not the ledger's: a copy of the database there holds the
// same personal data.
func (c *checker) modes() error {
	if _, err := os.Stat(c.l.spool.Dir); errors.Is(err, fs.ErrNotExist) {
		c.find(c.l.spool.Dir, "the folder with the bytes of the parts is missing", ledger.FromBackup)
	}
	root, err := filepath.EvalSymlinks(c.l.dir)
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		var info fs.FileInfo
		if err == nil {
			info, err = d.Info()
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // SQLite's files come and go
		}
		if err != nil {
			return err
		}
		if perm, want := ledger.LooseMode(info); want != 0 && info.Mode()&fs.ModeSymlink == 0 {
			c.find(path, fmt.Sprintf("it is open to other users (mode %04o)", perm), fmt.Sprintf("chmod %o %s", want, path))
		}
		return nil
	})
}

// contents checks one snapshot of the database. Where SQLite finds it damaged, no further check is possible.
func (c *checker) contents(conn *sqlite.Conn) error {
	if usable, err := sound.Check(conn, c.l.dbPath(), c.find); err != nil || !usable {
		return err
	}
	for _, look := range []func(*sqlite.Conn) error{c.count, c.sums, c.bytes, c.kept, c.hashes} {
		if err := look(conn); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) count(conn *sqlite.Conn) error {
	return query(conn, `SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM parts), (SELECT count(*) FROM rows),
		(SELECT count(*) FROM people)`, func(s *sqlite.Stmt) error {
		c.Runs, c.Parts, c.Rows, c.People = s.ColumnInt(0), s.ColumnInt(1), s.ColumnInt(2), s.ColumnInt(3)
		return nil
	})
}

// sums compares the rows of every planned run with the number of records that were read for it.
func (c *checker) sums(conn *sqlite.Conn) error {
	return query(conn, "SELECT num, id, input FROM runs WHERE planned <> 0 ORDER BY num", func(run *sqlite.Stmt) error {
		return query(conn, "SELECT coalesce(sum(lines), 0) FROM "+ofRun, func(s *sqlite.Stmt) error {
			if in, out := run.ColumnInt(2), s.ColumnInt(0); in != out {
				c.find("run "+run.ColumnText(1), fmt.Sprintf("%d records went in, and the rows account for %d", in, out), ledger.FromBackup)
			}
			return nil
		}, run.ColumnInt64(0))
	})
}

// bytes compares the spool with the parts. The bytes of a final part may have been pruned.
func (c *checker) bytes(conn *sqlite.Conn) error {
	var parts []export.Part
	err := query(conn, selectParts+"ORDER BY p.id", func(s *sqlite.Stmt) error {
		p, unread := scanPart(s)
		if unread != nil {
			c.find("part "+p.Name, unread.Error(), ledger.FromBackup)
		}
		parts = append(parts, p)
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range parts {
		_, err := c.l.Bytes(p)
		switch gone := errors.Is(err, fs.ErrNotExist); {
		case err == nil:
			c.Spooled++
		case gone && p.State.Final():
		case gone:
			c.find("part "+p.Name, fmt.Sprintf("it is %s and %s is missing", p.State, c.l.spool.Path(p.ID)), "put the file back from a backup")
		case p.State.Final():
			c.find("part "+p.Name, c.l.spool.Path(p.ID)+" does not hold what was sent", "nothing needs it any more: rm "+c.l.spool.Path(p.ID))
		default:
			c.find("part "+p.Name, fmt.Sprintf("it is %s and %s does not hold what was planned", p.State, c.l.spool.Path(p.ID)), "put the file back from a backup")
		}
	}
	return nil
}

// kept compares the records that are kept for the next plan with their hash.
func (c *checker) kept(conn *sqlite.Conn) error {
	k, err := c.l.keptNow(conn)
	if err != nil || k == nil {
		return err
	}
	if err := k.Check(); err != nil {
		c.find("run "+k.Run, "the records it keeps for the next plan: "+err.Error(), "put the file back from a backup, or give them up: hr2coupa settle "+k.Run+" rejected")
	}
	return nil
}

// hashes checks that what was confirmed of people can be read.
func (c *checker) hashes(conn *sqlite.Conn) error {
	names, err := columnNames(conn)
	if err != nil {
		return err
	}
	broken := 0
	err = query(conn, "SELECT hashes FROM baselines", func(s *sqlite.Stmt) error {
		if _, err := namesOf(names, readHashes(s, 0, nil)); err != nil {
			broken++
		}
		return nil
	})
	if broken > 0 {
		c.find(c.l.dbPath(), fmt.Sprintf("what was confirmed of %d people cannot be read", broken), ledger.FromBackup)
	}
	return err
}
