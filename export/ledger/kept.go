package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
)

// A file of kept records is JSON Lines: a line with a header, then its records, then the next header.
type keptLine struct {
	File    string   `json:"file,omitempty"` // with Fields: a header
	Fields  []string `json:"fields,omitempty"`
	Line    int      `json:"line,omitempty"` // with Values: a record
	Values  []string `json:"values,omitempty"`
	Missing []int    `json:"missing,omitempty"` // indexes of the fields the record lacks
}

const keptExt = ".kept.jsonl"

func keptName(id int64) string           { return strconv.FormatInt(id, 10) + keptExt }
func (s spool) keptPath(id int64) string { return filepath.Join(s.dir, keptName(id)) }

// Kept is what the last plan has kept. It implements export.KeptFeed.
type Kept struct {
	Run     string   // whose plan kept it
	Held    []string // which limits hold that run; nil where only people of it wait
	Records int
	Feed    int // how large that run's feed was

	id     int64
	path   string
	files  []string
	size   int64
	sha256 string
}

// Kept gives what the last plan has kept; ok is false where nothing is. Its bytes are held against their hash first.
func (l *Ledger) Kept() (k *Kept, ok bool, err error) {
	err = l.read(func(c *sqlite.Conn) (err error) { k, err = l.keptNow(c); return err })
	if err != nil {
		return nil, false, fmt.Errorf("ledger: read what is kept: %w", err)
	}
	if k == nil {
		return nil, false, nil
	}
	if err := k.check(); err != nil {
		return nil, false, fmt.Errorf("spool: the records that run %s has kept: %w; restore the ledger folder from its backup", k.Run, err)
	}
	return k, true, nil
}

// keptNow gives what is kept, its bytes unchecked; nil where nothing is.
func (l *Ledger) keptNow(c *sqlite.Conn) (k *Kept, err error) {
	err = query(c, `SELECT k.id, r.id, r.held, k.records, k.feed, k.files, k.size, k.sha256
		FROM kept k JOIN runs r ON r.num = k.run WHERE k.ended = ''`, func(s *sqlite.Stmt) error {
		k = &Kept{
			id: s.ColumnInt64(0), Run: s.ColumnText(1), Held: splitLines(s.ColumnText(2)), Records: s.ColumnInt(3),
			Feed: s.ColumnInt(4), size: s.ColumnInt64(6), sha256: s.ColumnText(7),
		}
		k.path = l.spool.keptPath(k.id)
		return json.Unmarshal([]byte(s.ColumnText(5)), &k.files)
	})
	return k, err
}

func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

func (k *Kept) check() error {
	f, err := os.Open(k.path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != k.sha256 {
		return fmt.Errorf("%s was changed after it was written", k.path)
	}
	return nil
}

// keptIDs gives the kept files in the spool.
func (s spool) keptIDs() ([]int64, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, e := range entries {
		stem, ok := strings.CutSuffix(e.Name(), keptExt)
		if id, err := strconv.ParseInt(stem, 10, 64); ok && err == nil && id > 0 {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// sweepKept removes the files of what is not kept any more.
func (l *Ledger) sweepKept(c *sqlite.Conn) (removed int, err error) {
	ids, err := l.spool.keptIDs()
	if err != nil {
		return 0, err
	}
	var gone []string
	for _, id := range ids {
		kept := false
		err := query(c, "SELECT 1 FROM kept WHERE id = ? AND ended = ''", func(*sqlite.Stmt) error { kept = true; return nil }, id)
		if err != nil {
			return 0, err
		}
		if kept {
			continue
		}
		gone = append(gone, keptName(id))
	}
	return len(gone), l.spool.removeFiles(gone)
}

// keptOf refuses to forget a person of whom, or by whose name in another's record, something is kept for the next plan.
func (l *Ledger) keptOf(c *sqlite.Conn, p somebody) error {
	k, err := l.keptNow(c)
	if err != nil || k == nil {
		return err
	}
	return k.From(0).Chunks(func(chunk export.Chunk) error {
		var rec export.Record
		for chunk.Next(&rec) {
			if p.named([]byte(strings.Join(rec.Values, "\n"))) {
				return &KeptError{Run: k.Run}
			}
		}
		return nil
	})
}

// KeptError says that a person cannot be forgotten while a run keeps records that hold or name them.
type KeptError struct{ Run string }

func (e *KeptError) Error() string {
	return fmt.Sprintf("run %s keeps records for the next plan that hold or name this person; let hr2coupa run send them (hr2coupa approve where it is held), "+
		"or give them up with hr2coupa settle %s rejected, then forget", e.Run, e.Run)
}

// Keeps tells whether records of a run are kept for the next plan.
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

// GiveUp ends what a run has kept: its records are not planned again. ok is false where it keeps nothing.
func (l *Ledger) GiveUp(run, by string) (ok bool, err error) {
	var id int64
	err = l.write(func(c *sqlite.Conn) error {
		err := query(c, "SELECT k.id FROM kept k JOIN runs r ON r.num = k.run WHERE k.ended = '' AND r.id = ?",
			func(s *sqlite.Stmt) error { id = s.ColumnInt64(0); return nil }, run)
		if err != nil || id == 0 {
			return err
		}
		ok = true
		if err := endApprovals(c, run, export.GivenUpBy+by); err != nil {
			return err
		}
		return endKept(c, id, export.GivenUpBy+by)
	})
	if err != nil {
		return false, fmt.Errorf("ledger: give up what run %s keeps: %w", run, err)
	}
	if ok {
		_ = l.spool.removeFiles([]string{keptName(id)}) // else the next Sweep does
	}
	return ok, nil
}

// givenUp tells what of a file was given up. num is the last run that may have kept records of it, and source how the rows
// of that run name it.
func givenUp(c *sqlite.Conn, num int64, source string) (g export.GivenUp, err error) {
	err = query(c, "SELECT r.id, k.ended FROM kept k JOIN runs r ON r.num = k.run WHERE k.run = ? AND k.ended <> '' AND k.by_run = 0",
		func(s *sqlite.Stmt) error { g.Run, g.Note = s.ColumnText(0), s.ColumnText(1); return nil }, num)
	if err != nil || g.Run == "" {
		return g, err
	}
	err = query(c, "SELECT count(*) FROM rows JOIN sources ON sources.id = rows.source AND sources.name = ?2 WHERE "+ofPart+"AND outcome IN ('held', 'pending')",
		func(s *sqlite.Stmt) error { g.Rows = s.ColumnInt(0); return nil }, -num, source)
	if err != nil || g.Rows == 0 {
		return export.GivenUp{}, err
	}
	return g, nil
}
