package sqlite

import (
	"encoding/json"
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Keep keeps a record that is not sent for the next plan. Its values stay in a file of the spool until then. A replaced
// record is removed with its file.
func (t *planTx) Keep(r export.KeptRecord) error {
	if err := t.keep(r); err != nil {
		return t.fail(fmt.Errorf("ledger: keep record: %s: %w", r.Origin, err))
	}
	return nil
}

func (t *planTx) keep(r export.KeptRecord) (err error) {
	if err := t.usable(); err != nil {
		return err
	}
	if by := r.ReplacedBy; by != nil {
		t.gone = append(t.gone, replaced{r.Origin, export.Origin{File: ledger.KeptFile(by, t.run), Line: by.Origin.Line}})
		return nil
	}
	if r.Dated != nil {
		return t.keepDated(&r)
	}
	if t.kept == nil {
		var id int64
		err := query(t.c, "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'kept'), 0) + 1",
			func(s *sqlite.Stmt) error { id = s.ColumnInt64(0); return nil })
		if err != nil {
			return err
		}
		if t.kept, err = t.l.spool.NewKept(id, t.run); err != nil {
			return export.Hint(fmt.Errorf("spool: %w", err), checkRoom)
		}
	}
	return t.kept.Add(r)
}

// dropKept discards the records that the plan has kept so far.
func (t *planTx) dropKept() error {
	if t.kept == nil {
		return nil
	}
	err := t.kept.Drop()
	t.kept = nil
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	return nil
}

// writeKept ends the kept records that this plan took up from earlier ones, and stores those that this plan keeps.
func (t *planTx) writeKept(sum export.PlanSum) error {
	feed := sum.Feed
	if sum.AnySize {
		feed = 0
	}
	for _, f := range sum.Files {
		if f.Kept <= 0 {
			continue
		}
		if feed == 0 { // nothing new was read, so the size of the feed stays as recorded
			err := query(t.c, "SELECT feed FROM kept WHERE id = ?", func(s *sqlite.Stmt) error { feed = s.ColumnInt(0); return nil }, f.Kept)
			if err != nil {
				return err
			}
		}
		if err := endKept(t.c, f.Kept, export.Ending{PlannedBy: t.run}); err != nil {
			return err
		}
		if err := exec(t.c, "UPDATE kept SET by_run = ? WHERE id = ?", t.num, f.Kept); err != nil {
			return err
		}
	}
	if err := t.recordReplaced(sum.Files); err != nil {
		return err
	}
	if t.kept == nil {
		return nil
	}
	k := t.kept.Kept()
	files, err := json.Marshal(k.Sources)
	if err != nil {
		return err
	}
	return exec(t.c, "INSERT INTO kept (id, run, records, feed, files, size, sha256) VALUES (?, ?, ?, ?, ?, ?, ?)",
		k.ID, t.num, k.Records, feed, string(files), k.Size, k.SHA256)
}

// endKept ends kept records and, where their run was held, that run.
func endKept(c *sqlite.Conn, id int64, why export.Ending) error {
	if err := exec(c, "UPDATE kept SET ended = ?, given_up_by = ? WHERE id = ? AND ended = ''", why.String(), why.GivenUpBy, id); err != nil {
		return err
	}
	faults, err := ledger.Store(export.Faults{{Rule: "kept", Message: why.String()}})
	if err != nil {
		return err
	}
	err = exec(c, `UPDATE rows SET faults = ?2 WHERE outcome IN ('held', 'pending')
		AND id BETWEEN (SELECT -run FROM kept WHERE id = ?1) << 32 AND (SELECT -run FROM kept WHERE id = ?1) << 32 | 0xffffffff`, id, faults)
	if err != nil {
		return err
	}
	if err := exec(c, `UPDATE runs SET given_up_by = ?, planned_by = ?
		WHERE verdict = ? AND num = (SELECT run FROM kept WHERE id = ?)`, why.GivenUpBy, why.PlannedBy, string(export.EndWaiting), id); err != nil {
		return err
	}
	return exec(c, `UPDATE runs SET state = ?, verdict = ?, given_up_by = ?, planned_by = ? WHERE state = ? AND num = (SELECT run FROM kept WHERE id = ?)`,
		string(export.RunEnded), string(export.EndHeld), why.GivenUpBy, why.PlannedBy, string(export.RunHeld), id)
}
