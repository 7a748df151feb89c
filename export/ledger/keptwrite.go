package ledger

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	stdhash "hash"
	"io/fs"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
)

// keptWriter writes the kept records of one plan.
type keptWriter struct {
	id      int64
	run     string
	f       file
	w       *bufio.Writer
	sum     stdhash.Hash
	size    int64
	records int
	header  *export.Header
	file    string
	files   []string
}

// newKept begins the file of a plan. One that is there already is an orphan of a plan that never got committed.
func (s spool) newKept(id int64, run string) (*keptWriter, error) {
	path := s.keptPath(id)
	if err := s.disk.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := s.disk.Create(path)
	if err != nil {
		return nil, err
	}
	return &keptWriter{id: id, run: run, f: f, w: bufio.NewWriterSize(f, 1<<16), sum: sha256.New()}, nil
}

// keptFile is how the file of a record is named from this plan on: tonight's often has the name of last night's.
func keptFile(r *export.KeptRecord, run string) string {
	if r.Again {
		return r.Origin.File
	}
	return r.Origin.File + "@" + run
}

func (k *keptWriter) add(r export.KeptRecord) error {
	file := keptFile(&r, k.run)
	if r.Header != k.header || file != k.file {
		k.header, k.file = r.Header, file
		k.note(file)
		if err := k.line(keptLine{File: file, Fields: r.Header.Fields}); err != nil {
			return err
		}
	}
	l := keptLine{Line: r.Origin.Line, Values: r.Values}
	for i, missing := range r.Missing {
		if missing {
			l.Missing = append(l.Missing, i)
		}
	}
	k.records++
	return k.line(l)
}

func (k *keptWriter) note(file string) {
	for _, f := range k.files {
		if f == file {
			return
		}
	}
	k.files = append(k.files, file)
}

func (k *keptWriter) line(l keptLine) error {
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	data = append(data, '\n')
	k.sum.Write(data)
	k.size += int64(len(data))
	_, err = k.w.Write(data)
	return err
}

// finish leaves the file to be synced.
func (k *keptWriter) finish() error { return k.w.Flush() }

// Keep keeps a record that is not sent, for the next plan. Its values stay in a file of the spool until then. One that is
// replaced goes with the file that it was in.
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
		t.gone = append(t.gone, replaced{r.Origin, export.Origin{File: keptFile(by, t.run), Line: by.Origin.Line}})
		return nil
	}
	if t.kept == nil {
		var id int64
		err := query(t.c, "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'kept'), 0) + 1",
			func(s *sqlite.Stmt) error { id = s.ColumnInt64(0); return nil })
		if err != nil {
			return err
		}
		if t.kept, err = t.l.spool.newKept(id, t.run); err != nil {
			return fmt.Errorf("spool: %w; is there room on that disk?", err)
		}
	}
	return t.kept.add(r)
}

// dropKept forgets what the plan has kept so far.
func (t *planTx) dropKept() error {
	if t.kept == nil {
		return nil
	}
	name := keptName(t.kept.id)
	_ = t.kept.f.Close() // it goes anyway; it may be closed already
	t.kept = nil
	if err := t.l.spool.removeFiles([]string{name}); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	return nil
}

// writeKept ends what earlier plans kept and this one took up, and writes down what this one keeps.
func (t *planTx) writeKept(sum export.PlanSum) error {
	feed := sum.Feed
	for _, f := range sum.Files {
		if f.Kept == 0 {
			continue
		}
		if feed == 0 { // nothing new: what is kept is as much of a feed as it was
			err := query(t.c, "SELECT feed FROM kept WHERE id = ?", func(s *sqlite.Stmt) error { feed = s.ColumnInt(0); return nil }, f.Kept)
			if err != nil {
				return err
			}
		}
		if err := endKept(t.c, f.Kept, "planned again by run "+t.run); err != nil {
			return err
		}
		if err := exec(t.c, "UPDATE kept SET by_run = ? WHERE id = ?", t.num, f.Kept); err != nil {
			return err
		}
	}
	if err := t.tellReplaced(sum.Files); err != nil {
		return err
	}
	if t.kept == nil {
		return nil
	}
	files, err := json.Marshal(t.kept.files)
	if err != nil {
		return err
	}
	return exec(t.c, "INSERT INTO kept (id, run, records, feed, files, size, sha256) VALUES (?, ?, ?, ?, ?, ?, ?)",
		t.kept.id, t.num, t.kept.records, feed, string(files), t.kept.size, hex.EncodeToString(t.kept.sum.Sum(nil)))
}

// endKept ends what is kept and, where that was a held run, the run.
func endKept(c *sqlite.Conn, id int64, why string) error {
	if err := exec(c, "UPDATE kept SET ended = ? WHERE id = ? AND ended = ''", why, id); err != nil {
		return err
	}
	err := exec(c, `UPDATE rows SET reason = ?2 WHERE outcome IN ('held', 'pending')
		AND id BETWEEN (SELECT -run FROM kept WHERE id = ?1) << 32 AND (SELECT -run FROM kept WHERE id = ?1) << 32 | 0xffffffff`, id, why)
	if err != nil {
		return err
	}
	if err := exec(c, `UPDATE runs SET verdict = 'waiting, ' || ?
		WHERE verdict = 'waiting' AND num = (SELECT run FROM kept WHERE id = ?)`, why, id); err != nil {
		return err
	}
	return exec(c, `UPDATE runs SET state = ?, verdict = 'held, ' || ?
		WHERE state = ? AND num = (SELECT run FROM kept WHERE id = ?)`, string(export.RunEnded), why, string(export.RunHeld), id)
}
