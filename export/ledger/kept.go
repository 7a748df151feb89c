package ledger

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	stdhash "hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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

func (k *keptWriter) add(r export.KeptRecord) error {
	file := r.Origin.File
	if !r.Again {
		file += "@" + k.run // tonight's file often has the name of last night's
	}
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

// Keep keeps a record that is not sent, for the next plan. Its values stay in a file of the spool until then.
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

// From gives the records as a feed whose files count from index first on.
func (k *Kept) From(first int) export.Feed { return &keptFeed{k, first} }

type keptFeed struct {
	*Kept
	first int
}

func (k *keptFeed) Files() []export.FeedFile {
	files := make([]export.FeedFile, len(k.files))
	for i, name := range k.files {
		files[i] = export.FeedFile{Path: k.path, Name: name, Size: k.size, SHA256: k.sha256, Kept: k.id}
	}
	return files
}

func (k *keptFeed) Names() []string { return slices.Clone(k.files) }

// keptChunkSize is how many bytes of lines a chunk has at least; one line more may be up to a record's size.
const keptChunkSize = 256 << 10

// Chunks cuts the file into runs of lines; a chunk has one header.
func (k *keptFeed) Chunks(take func(export.Chunk) error) error {
	f, err := os.Open(k.path)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(io.LimitReader(f, k.size), 1<<16)
	var header *export.Header
	var data []byte
	seq := 0
	give := func() error {
		if len(data) == 0 {
			return nil
		}
		c := &keptChunk{seq: seq, header: header, rest: data}
		data = nil
		seq++
		return take(c)
	}
	for {
		line, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("spool: %w", err)
		}
		if bytes.HasPrefix(line, []byte(`{"file"`)) {
			if err := give(); err != nil {
				return err
			}
			if header, err = k.header(line); err != nil {
				return err
			}
			continue
		}
		data = append(data, line...)
		if len(data) >= keptChunkSize || err != nil {
			if err := give(); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

func (k *keptFeed) header(line []byte) (*export.Header, error) {
	var l keptLine
	if err := json.Unmarshal(line, &l); err != nil {
		return nil, fmt.Errorf("spool: %s: %w", k.path, err)
	}
	for i, name := range k.files {
		if name == l.File {
			return &export.Header{File: k.first + i, Fields: l.Fields}, nil
		}
	}
	return nil, fmt.Errorf("spool: %s: a header names the file %s, which the ledger does not have", k.path, l.File)
}

type keptChunk struct {
	seq    int
	header *export.Header
	rest   []byte
}

func (c *keptChunk) Seq() int { return c.seq }
func (c *keptChunk) Release() {}

func (c *keptChunk) Next(rec *export.Record) bool {
	if len(c.rest) == 0 {
		return false
	}
	line, rest, _ := bytes.Cut(c.rest, []byte{'\n'})
	c.rest = rest
	var l keptLine
	err := json.Unmarshal(line, &l)
	if err == nil && len(l.Values) != len(c.header.Fields) {
		err = fmt.Errorf("%d values for %d fields", len(l.Values), len(c.header.Fields))
	}
	*rec = export.Record{Header: c.header, File: c.header.File, Line: l.Line, Values: l.Values, Kept: true}
	if err != nil {
		rec.Fault = &export.Fault{Rule: "kept", Message: "the kept record cannot be read back: " + err.Error()}
		return true
	}
	if len(l.Missing) > 0 {
		rec.Missing = make([]bool, len(l.Values))
		for _, i := range l.Missing {
			if i >= 0 && i < len(rec.Missing) {
				rec.Missing[i] = true
			}
		}
	}
	return true
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
	err = l.write(func(c *sqlite.Conn) error {
		var id int64
		err := query(c, "SELECT k.id FROM kept k JOIN runs r ON r.num = k.run WHERE k.ended = '' AND r.id = ?",
			func(s *sqlite.Stmt) error { id = s.ColumnInt64(0); return nil }, run)
		if err != nil || id == 0 {
			return err
		}
		ok = true
		if err := endApprovals(c, run, "given up by "+by); err != nil {
			return err
		}
		return endKept(c, id, "given up by "+by)
	})
	if err != nil {
		return false, fmt.Errorf("ledger: give up what run %s keeps: %w", run, err)
	}
	return ok, nil // the file goes with the next Sweep
}

// Waiting gives the people who have a row in a part without a verdict.
func (l *Ledger) Waiting() (*export.Waiting, error) {
	w := &export.Waiting{Keys: map[string]string{}, Firsts: map[string]string{}, Logins: map[string]string{}}
	err := l.read(func(c *sqlite.Conn) error {
		return query(c, `SELECT p.name, r.command, rows.key, rows.first, rows.login
			FROM parts p JOIN runs r ON r.num = p.run CROSS JOIN rows ON rows.id BETWEEN p.id << 32 AND p.id << 32 | 0xffffffff
			WHERE p.state NOT IN ('settled', 'dropped') ORDER BY p.id`, func(s *sqlite.Stmt) error {
			part := s.ColumnText(0)
			if s.ColumnText(1) != "drop" { // a dropped file has no feed and no key of one
				w.Keys[s.ColumnText(2)] = part
			}
			w.Firsts[s.ColumnText(3)] = part
			if login := s.ColumnText(4); login != "" {
				w.Logins[strings.ToLower(login)] = part
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read who waits: %w", err)
	}
	return w, nil
}
