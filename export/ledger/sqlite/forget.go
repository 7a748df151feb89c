package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// forgotten stands where Coupa's message about another person's row named the forgotten one.
var forgotten = export.Fault{Rule: "forgotten", Message: "the message named a person who was forgotten"}

// Forget removes every value of the person with that key from the ledger's folder. Rows keep line and outcome, so that
// the sums stay. The person is unknown again. Spool files of final parts that hold or name the person are removed. Then
// the database is rewritten and its log emptied, so that no byte is left in free space either. It needs the run lock.
// It changes nothing and returns a *ledger.NotFinalError where a part that is not final holds or names the person, a
// *ledger.KeptError where kept records do, and a *ledger.UnfilledError where a call has emptied lists of theirs. For a
// key that no person has it only cleans up, so that it may be called again after a crash.
func (l *Ledger) Forget(key string) (ledger.Forgotten, error) {
	f, err := l.forget(key)
	if err != nil {
		return ledger.Forgotten{}, fmt.Errorf("forget: %w", err)
	}
	return f, nil
}

func (l *Ledger) forget(key string) (f ledger.Forgotten, err error) {
	if key == "" {
		return f, errors.New("no key is given")
	}
	if _, err := l.Sweep(); err != nil { // bytes of a plan that was never committed may hold the person too
		return f, err
	}
	err = l.write(func(c *sqlite.Conn) error {
		p, err := findPerson(c, key)
		if err != nil {
			return err
		}
		files, err := l.spoolOf(c, p)
		if err != nil {
			return err
		}
		// The files are removed first: after the commit their names would be lost.
		if err := l.spool.RemoveFiles(files); err != nil {
			return err
		}
		f.Spool = len(files)
		l.names.again()
		return forgetRows(c, p, &f)
	})
	if err != nil {
		return f, err
	}
	return f, l.scrub()
}

// tracedPerson is one person, with every text in the ledger that stands for them.
type tracedPerson struct {
	key    string
	traces ledger.Traces
}

func findPerson(c *sqlite.Conn, key string) (tracedPerson, error) {
	p := tracedPerson{key: key}
	// In a checked plan the first cell is Coupa's number of the person: a few digits that stand in texts about many others.
	// The rows that begin with it are found by their key.
	add := func(s *sqlite.Stmt) error {
		for i := range s.ColumnCount() {
			p.traces.Add(s.ColumnText(i))
		}
		return nil
	}
	err := query(c, "SELECT ?1", add, key)
	if err == nil {
		err = query(c, "SELECT DISTINCT iif(first GLOB '*[^0-9]*' OR first = key, first, ''), login FROM rows WHERE key = ?", add, key)
	}
	if err == nil {
		err = query(c, "SELECT login FROM people WHERE key = ?", add, key)
	}
	return p, err
}

// spoolOf returns the spool files that hold or name a person and may go. Each kind of file in the spool has a function
// here.
func (l *Ledger) spoolOf(c *sqlite.Conn, p tracedPerson) ([]string, error) {
	if err := l.keptOf(c, p); err != nil {
		return nil, err
	}
	files, err := l.partsOf(c, p)
	if err != nil {
		return nil, err
	}
	return files, unfilledOf(c, p)
}

func unfilledOf(c *sqlite.Conn, p tracedPerson) error {
	people, err := readUnfilled(c)
	for _, u := range people {
		if u.Row.Key == p.key {
			return &ledger.UnfilledError{Unfilled: u}
		}
	}
	return err
}

func (l *Ledger) partsOf(c *sqlite.Conn, p tracedPerson) (files []string, err error) {
	parts, err := queryParts(c, "ORDER BY p.id")
	if err != nil {
		return nil, err
	}
	for _, part := range parts {
		data, err := os.ReadFile(l.spool.Path(part.ID))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		missing := err != nil
		held, err := holdsRow(c, part.ID, p.key)
		switch {
		case err != nil:
			return nil, err
		case !held && !p.traces.In(data):
		case !part.State.Final():
			return nil, &ledger.NotFinalError{Part: part}
		case !missing:
			files = append(files, filepath.Base(l.spool.Path(part.ID)))
		}
	}
	return files, nil
}

func holdsRow(c *sqlite.Conn, part int64, key string) (held bool, err error) {
	err = query(c, "SELECT EXISTS (SELECT 1 FROM rows WHERE "+ofPart+"AND key = ?2)",
		func(s *sqlite.Stmt) error { held = s.ColumnBool(0); return nil }, part, key)
	return held, err
}

// forgetRows blanks the person's rows, also rows of files that were dropped by hand under another key. It removes the
// person from the known people and blanks messages that name them.
func forgetRows(c *sqlite.Conn, p tracedPerson, f *ledger.Forgotten) error {
	const blankRows = "UPDATE rows SET key = '', first = '', login = '', status = '', faults = '', kinds = 0, counted = '' WHERE "
	err := exec(c, "UPDATE writes SET coupa_id = '', emptied = '' WHERE id IN (SELECT id FROM rows WHERE key = ?)", p.key)
	if err != nil {
		return err
	}
	if err := exec(c, blankRows+"key = ?", p.key); err != nil {
		return err
	}
	f.Rows = c.Changes()
	var ids []int64
	err = query(c, `SELECT rows.id, key, first, login FROM parts CROSS JOIN rows ON rows.id BETWEEN parts.id << 32 AND parts.id << 32 | 0xffffffff
		WHERE parts.run IN (SELECT num FROM runs WHERE command = 'drop')`, func(s *sqlite.Stmt) error {
		if p.traces.In([]byte(strings.Join([]string{s.ColumnText(1), s.ColumnText(2), s.ColumnText(3)}, "\n"))) {
			ids = append(ids, s.ColumnInt64(0))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := exec(c, blankRows+"id = ?", id); err != nil {
			return err
		}
	}
	f.Rows += len(ids)
	if err := errors.Join(forgetMessages(c, p), forgetChanges(c, p), forgetDated(c, p, f)); err != nil {
		return err
	}
	if err := errors.Join(exec(c, "DELETE FROM baselines WHERE key = ?", p.key), exec(c, "DELETE FROM members WHERE key = ?", p.key)); err != nil {
		return err
	}
	if err := exec(c, "DELETE FROM people WHERE key = ?", p.key); err != nil {
		return err
	}
	f.Known = c.Changes() > 0
	return nil
}

// forgetMessages takes away each message about another person's row that names the person.
func forgetMessages(c *sqlite.Conn, p tracedPerson) error {
	var rows ledger.Reading[export.Fault]
	left := map[int64]export.Faults{}
	err := query(c, "SELECT id, faults FROM rows WHERE faults <> ''", func(s *sqlite.Stmt) error {
		faults, err := rows.Read(s.ColumnText(1))
		names := func(f export.Fault) bool { return p.traces.In([]byte(f.Text() + "\n" + f.Value)) }
		if err != nil || !slices.ContainsFunc(faults, names) {
			return err
		}
		faults = slices.Clone(faults)
		for i, f := range faults {
			if names(f) {
				faults[i] = forgotten
			}
		}
		left[s.ColumnInt64(0)] = faults
		return nil
	})
	if err != nil {
		return err
	}
	for id, faults := range left {
		text, err := ledger.Store(faults)
		if err != nil {
			return err
		}
		if err := exec(c, "UPDATE rows SET faults = ? WHERE id = ?", text, id); err != nil {
			return err
		}
	}
	return nil
}

// scrub rewrites the database and empties its log. Deleted cells are zeroed at once (secure_delete); this removes what
// SQLite may have left elsewhere in a page.
func (l *Ledger) scrub() error {
	l.mu.Lock()
	if l.conn == nil {
		l.mu.Unlock()
		return ledger.ErrClosed
	}
	err := sqlitex.ExecuteTransient(l.conn, "VACUUM", nil)
	l.mu.Unlock()
	if err != nil {
		return fmt.Errorf("rewrite the database: %w", err)
	}
	return l.truncateLog()
}
