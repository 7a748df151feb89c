package sqlite

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// BeginRun writes a run down as working, and returns it as it was written. It begins at r.Started (else now), or in the first
// second from then on in which no other run began; its id is that time in UTC, as in 20261123T140501Z. A run that has an id
// of its own keeps that. Its Mapping is kept. Files and input are written by the plan.
func (l *Ledger) BeginRun(r export.RunRecord) (export.RunRecord, error) {
	if r.Started.IsZero() {
		r.Started = l.now()
	}
	own := r.ID
	r.State = export.RunWorking
	err := l.write(func(c *sqlite.Conn) error {
		for {
			r.ID = cmp.Or(own, export.RunID(r.Started))
			_, taken, err := runNum(c, r.ID)
			switch {
			case err != nil:
				return err
			case taken && own != "":
				return fmt.Errorf("there is a run %s already", own)
			case taken:
				r.Started = r.Started.Add(time.Second)
				continue
			}
			return writeBegun(c, r)
		}
	})
	if err != nil {
		return export.RunRecord{}, fmt.Errorf("ledger: begin run: %w", err)
	}
	return r, nil
}

func writeBegun(c *sqlite.Conn, r export.RunRecord) error {
	by, err := ledger.StoreOperator(r.Operator)
	if err != nil {
		return err
	}
	err = exec(c, "INSERT INTO runs (id, command, state, started, operator) VALUES (?, ?, ?, ?, ?)", r.ID, r.Command, string(r.State), nanos(r.Started), by)
	num := c.LastInsertRowID()
	if err == nil && len(r.Mapping) > 0 {
		err = keepMapping(c, num, r.Mapping)
	}
	if err == nil && len(r.Config) > 0 {
		err = keepConfig(c, num, r.Config)
	}
	return err
}

// EndRun records how a run stands: its State, Ended, Exit and Verdict. What it began with and what its plan wrote
// (Input, Files) stay as they are.
func (l *Ledger) EndRun(r export.RunRecord) error {
	err := l.write(func(c *sqlite.Conn) error {
		num, err := needRun(c, r.ID)
		if err != nil {
			return err
		}
		return exec(c, "UPDATE runs SET state = ?, ended = ?, exit = ?, verdict = ?, given_up_by = ?, planned_by = ? WHERE num = ?",
			string(r.State), nanos(r.Ended), r.Exit, string(r.Verdict.End), r.Verdict.Kept.GivenUpBy, r.Verdict.Kept.PlannedBy, num)
	})
	if err != nil {
		return fmt.Errorf("ledger: end run: %w", err)
	}
	return nil
}

// Run returns the run with that id, or the latest for "".
func (l *Ledger) Run(id string) (r export.RunRecord, ok bool, err error) {
	var runs []export.RunRecord
	err = l.read(func(c *sqlite.Conn) (err error) {
		if id == "" {
			runs, err = selectRuns(c, "ORDER BY num DESC LIMIT 1")
		} else {
			runs, err = selectRuns(c, "WHERE id = ?", id)
		}
		return err
	})
	if err != nil {
		return r, false, fmt.Errorf("ledger: read run: %w", err)
	}
	if len(runs) == 0 {
		return r, false, nil
	}
	return runs[0], true, nil
}

// Runs returns the last runs, newest first, at most limit of them.
func (l *Ledger) Runs(limit int) (runs []export.RunRecord, err error) {
	err = l.read(func(c *sqlite.Conn) (err error) {
		runs, err = selectRuns(c, "ORDER BY num DESC LIMIT ?", max(limit, 0))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read runs: %w", err)
	}
	return runs, nil
}

// Working returns the runs whose end is not recorded, newest first.
func (l *Ledger) Working() (runs []export.RunRecord, err error) {
	err = l.read(func(c *sqlite.Conn) (err error) {
		runs, err = selectRuns(c, "WHERE state IN (?, ?) ORDER BY num DESC", string(export.RunWorking), string(export.RunOpen))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read runs at work: %w", err)
	}
	return runs, nil
}

// RunsSince returns the runs that began or ended after a time, newest first.
func (l *Ledger) RunsSince(t time.Time) (runs []export.RunRecord, err error) {
	err = l.read(func(c *sqlite.Conn) (err error) {
		runs, err = selectRuns(c, "WHERE max(started, ended) > ? ORDER BY num DESC", nanos(t))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read runs since %s: %w", t.UTC().Format(time.RFC3339), err)
	}
	return runs, nil
}

func selectRuns(c *sqlite.Conn, where string, args ...any) (runs []export.RunRecord, err error) {
	var nums []int64
	err = query(c, "SELECT num, id, command, state, started, ended, input, exit, verdict, given_up_by, planned_by, feed, held, operator FROM runs "+where,
		func(s *sqlite.Stmt) error {
			nums = append(nums, s.ColumnInt64(0))
			held, err := ledger.DecodeBreaches(s.ColumnText(12))
			if err != nil {
				return err
			}
			by, err := ledger.ReadOperator(s.ColumnText(13))
			runs = append(runs, export.RunRecord{
				ID: s.ColumnText(1), Command: s.ColumnText(2), State: export.RunState(s.ColumnText(3)),
				Started: fromNanos(s.ColumnInt64(4)), Ended: fromNanos(s.ColumnInt64(5)),
				Input: s.ColumnInt(6), Exit: s.ColumnInt(7), Verdict: verdictOf(s, 8), Feed: max(0, s.ColumnInt(11)), Held: held, Operator: by,
			})
			return err
		}, args...)
	for i := 0; err == nil && i < len(runs); i++ {
		runs[i].Files, err = runFiles(c, nums[i])
	}
	return runs, err
}

// verdictOf reads the columns verdict, given_up_by and planned_by, the first of them at column at.
func verdictOf(s *sqlite.Stmt, at int) export.RunVerdict {
	return export.RunVerdict{
		End: export.RunEnd(s.ColumnText(at)), Kept: export.Ending{GivenUpBy: s.ColumnText(at + 1), PlannedBy: s.ColumnText(at + 2)},
	}
}

func runFiles(c *sqlite.Conn, num int64) (files []export.FeedFile, err error) {
	err = query(c, "SELECT path, name, size, sha256 FROM feed_files WHERE run = ? ORDER BY id",
		func(s *sqlite.Stmt) error { files = append(files, scanFile(s)); return nil }, num)
	return files, err
}

func scanFile(s *sqlite.Stmt) export.FeedFile {
	return export.FeedFile{Path: s.ColumnText(0), Name: s.ColumnText(1), Size: s.ColumnInt64(2), SHA256: s.ColumnText(3)}
}

// Seen returns the last feed file that a committed plan saw under that name. Files of drop runs are not feed files: one
// with a feed file's name must not make that feed file new again.
func (l *Ledger) Seen(name string) (export.SeenFile, bool, error) {
	f, ok, err := l.lastFile("f.name = ? AND r.command <> 'drop'", name)
	if err != nil || ok {
		return f, ok, err
	}
	return l.prunedFile(name)
}

// prunedFile searches the files of pruned runs; nothing of them is open any more.
func (l *Ledger) prunedFile(name string) (f export.SeenFile, ok bool, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT path, name, size, sha256, run FROM pruned_files WHERE name = ?", func(s *sqlite.Stmt) error {
			f, ok = export.SeenFile{FeedFile: scanFile(s), Run: s.ColumnText(4), RunState: export.RunEnded, Pruned: true}, true
			return nil
		}, name)
	})
	if err != nil {
		return export.SeenFile{}, false, fmt.Errorf("ledger: look up file: %w", err)
	}
	return f, ok, nil
}

// SeenAt returns the last feed file that a committed plan read from that path.
func (l *Ledger) SeenAt(path string) (export.SeenFile, bool, error) {
	return l.lastFile("f.path = ? AND r.command <> 'drop'", path)
}

// SeenBytes returns the last file with this hash that a drop run saw, whatever its name.
func (l *Ledger) SeenBytes(sha256 string) (export.SeenFile, bool, error) {
	return l.lastFile("f.sha256 = ? AND r.command = 'drop'", sha256)
}

// openRows picks the rows that may be planned again. These include rows of a part with a verdict where Coupa did not
// say whether it refused them. Rows of a part that was settled unconfirmed are not open: the config asks for no verdict
// there.
const openRows = `WHERE outcome IN ('quarantined', 'rejected', 'drifted') OR outcome = 'pending'
	AND EXISTS (SELECT 1 FROM parts p WHERE p.id = home.part AND p.state = 'settled' AND p.verdict <> 'unconfirmed')`

func (l *Ledger) lastFile(where, arg string) (f export.SeenFile, ok bool, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		var num int64
		err := query(c, `SELECT f.path, f.name, f.size, f.sha256, r.id, r.state, r.num,
			EXISTS (SELECT 1 FROM kept WHERE kept.run = r.num AND kept.ended = '')
			FROM feed_files f JOIN runs r ON r.num = f.run WHERE `+where+` ORDER BY f.id DESC LIMIT 1`,
			func(s *sqlite.Stmt) error {
				ok, num = true, s.ColumnInt64(6)
				f = export.SeenFile{FeedFile: scanFile(s), Run: s.ColumnText(4), RunState: export.RunState(s.ColumnText(5)), Kept: s.ColumnBool(7)}
				return nil
			}, arg)
		if err != nil || !ok {
			return err
		}
		err = query(c, "SELECT count(*) FROM "+ofRun+openRows,
			func(s *sqlite.Stmt) error { f.Open = s.ColumnInt(0); return nil }, num)
		if err != nil {
			return err
		}
		if f.Config, err = configOf(c, num); err != nil {
			return err
		}
		if f.Before, err = plannedBefore(c, f, num); err != nil {
			return err
		}
		return later(c, num, &f)
	})
	if err != nil {
		return export.SeenFile{}, false, fmt.Errorf("ledger: look up file: %w", err)
	}
	return f, ok, nil
}

// plannedBefore returns the earlier runs that planned a file's bytes, since others were planned under its name.
func plannedBefore(c *sqlite.Conn, f export.SeenFile, num int64) (runs []string, err error) {
	err = query(c, `WITH planned AS (SELECT f.run, r.id, f.sha256 = ?2 AS same FROM feed_files f JOIN runs r ON r.num = f.run
			WHERE f.name = ?1 AND r.command <> 'drop' AND f.run < ?3)
		SELECT id FROM planned WHERE same AND run > coalesce((SELECT max(run) FROM planned WHERE NOT same), 0) ORDER BY run`,
		func(s *sqlite.Stmt) error { runs = append(runs, s.ColumnText(0)); return nil }, f.Name, f.SHA256, num)
	return runs, err
}

// later follows the records that a file's run kept through the runs that planned them again, up to where they were
// given up, if they were.
func later(c *sqlite.Conn, num int64, f *export.SeenFile) (err error) {
	sources := []string{f.Name}
	for {
		var next int64
		err := query(c, "SELECT k.by_run, r.id FROM kept k JOIN runs r ON r.num = k.by_run WHERE k.run = ?", func(s *sqlite.Stmt) error {
			next = s.ColumnInt64(0)
			f.Later = append(f.Later, s.ColumnText(1))
			return nil
		}, num)
		if err != nil {
			return err
		}
		if next == 0 {
			f.GivenUp, err = givenUp(c, num, sources)
			return err
		}
		num, sources = next, f.KeptAs()
		list, err := json.Marshal(sources)
		if err != nil {
			return err
		}
		err = query(c, "SELECT count(*) FROM "+ofRun+"JOIN sources ON sources.id = rows.source AND sources.name IN (SELECT value FROM json_each(?2)) "+openRows,
			func(s *sqlite.Stmt) error { f.OpenLater += s.ColumnInt(0); return nil }, num, string(list))
		if err != nil {
			return err
		}
	}
}

func runNum(c *sqlite.Conn, id string) (num int64, ok bool, err error) {
	err = query(c, "SELECT num FROM runs WHERE id = ?",
		func(s *sqlite.Stmt) error { num, ok = s.ColumnInt64(0), true; return nil }, id)
	return num, ok, err
}

func needRun(c *sqlite.Conn, id string) (int64, error) {
	num, ok, err := runNum(c, id)
	if err == nil && !ok {
		err = export.Hint(fmt.Errorf("the ledger knows no run %q", id), "hr2coupa status lists the runs")
	}
	return num, err
}
