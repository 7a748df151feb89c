package sqlite

import (
	"encoding/json"
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Kept returns the records that the last plan kept; ok is false where there are none. It first compares their bytes
// with their hash.
func (l *Ledger) Kept() (k *ledger.Kept, ok bool, err error) {
	err = l.read(func(c *sqlite.Conn) (err error) { k, err = l.keptNow(c); return err })
	if err != nil {
		return nil, false, fmt.Errorf("ledger: read what is kept: %w", err)
	}
	if k == nil {
		return nil, false, nil
	}
	if err := k.Check(); err != nil {
		return nil, false, export.Hint(fmt.Errorf("spool: the records that run %s has kept: %w", k.Run, err), ledger.Restore)
	}
	return k, true, nil
}

// keptNow returns the records that are kept now, with their bytes unchecked; nil where there are none.
func (l *Ledger) keptNow(c *sqlite.Conn) (k *ledger.Kept, err error) {
	err = query(c, `SELECT k.id, r.id, r.held, k.records, k.feed, k.files, k.size, k.sha256
		FROM kept k JOIN runs r ON r.num = k.run WHERE k.ended = ''`, func(s *sqlite.Stmt) error {
		k = &ledger.Kept{
			ID: s.ColumnInt64(0), Run: s.ColumnText(1), Records: s.ColumnInt(3),
			Feed: s.ColumnInt(4), Size: s.ColumnInt64(6), SHA256: s.ColumnText(7),
		}
		k.Path = l.spool.KeptPath(k.ID)
		var err error
		if k.Held, err = ledger.DecodeBreaches(s.ColumnText(2)); err != nil {
			return err
		}
		return json.Unmarshal([]byte(s.ColumnText(5)), &k.Sources)
	})
	return k, err
}

// keptOf returns an error where a record kept for the next plan is of this person or names them.
func (l *Ledger) keptOf(c *sqlite.Conn, p tracedPerson) error {
	k, err := l.keptNow(c)
	if err != nil || k == nil {
		return err
	}
	return k.From(0).Chunks(func(chunk export.Chunk) error {
		var rec export.Record
		for chunk.Next(&rec) {
			if p.traces.In([]byte(strings.Join(rec.Values, "\n"))) {
				return &ledger.KeptError{Run: k.Run}
			}
		}
		return nil
	})
}

// Keeps reports whether records of a run are kept for the next plan.
func (l *Ledger) Keeps(run string) (keeps bool, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT 1 FROM kept k JOIN runs r ON r.num = k.run WHERE k.ended = '' AND r.id = ?",
			func(*sqlite.Stmt) error { keeps = true; return nil }, run)
	})
	if err != nil {
		return false, fmt.Errorf("ledger: read what run %s keeps: %w", run, err)
	}
	return keeps, nil
}

// GiveUp gives up the records that a run keeps: they are not planned again. ok is false where it keeps none.
func (l *Ledger) GiveUp(run, by string) (ok bool, err error) {
	var id int64
	err = l.write(func(c *sqlite.Conn) error {
		err := query(c, "SELECT k.id FROM kept k JOIN runs r ON r.num = k.run WHERE k.ended = '' AND r.id = ?",
			func(s *sqlite.Stmt) error { id = s.ColumnInt64(0); return nil }, run)
		if err != nil || id == 0 {
			return err
		}
		ok = true
		if err := endApprovals(c, run, export.Ending{GivenUpBy: by}); err != nil {
			return err
		}
		return endKept(c, id, export.Ending{GivenUpBy: by})
	})
	if err != nil {
		return false, fmt.Errorf("ledger: give up what run %s keeps: %w", run, err)
	}
	if ok {
		_ = l.spool.RemoveFiles([]string{ledger.KeptName(id)}) // otherwise the next Sweep removes it
	}
	return ok, nil
}

// givenUp returns how much of a file was given up. num is the last run that may have kept records of it, and sources are
// the file's names in the rows of that run.
func givenUp(c *sqlite.Conn, num int64, sources []string) (g export.GivenUp, err error) {
	err = query(c, "SELECT r.id, k.given_up_by FROM kept k JOIN runs r ON r.num = k.run WHERE k.run = ? AND k.ended <> '' AND k.by_run = 0",
		func(s *sqlite.Stmt) error { g.Run, g.By = s.ColumnText(0), s.ColumnText(1); return nil }, num)
	if err != nil || g.Run == "" {
		return g, err
	}
	list, err := json.Marshal(sources)
	if err != nil {
		return g, err
	}
	err = query(c, "SELECT count(*) FROM rows JOIN sources ON sources.id = rows.source AND sources.name IN (SELECT value FROM json_each(?2)) WHERE "+ofPart+"AND outcome IN ('held', 'pending')",
		func(s *sqlite.Stmt) error { g.Rows = s.ColumnInt(0); return nil }, -num, string(list))
	if err != nil || g.Rows == 0 {
		return export.GivenUp{}, err
	}
	return g, nil
}
