package rejected

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/disk"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
)

// most is how many rows of one file are written. Where there are more, HR's file is what has to be fixed.
const most = 100_000

const tempPattern = ".rejected-*.tmp"

// Writer writes the files of runs.
type Writer struct {
	Dir    string                                   // the ledger's folder
	Open   func(paths []string) (*feed.Feed, error) // opens feed files again
	Bytes  func(p export.Part) ([]byte, error)      // returns what was sent
	Causes feed.Advisor                             // knows what to do, and who owns the task
	Warn   func(err error)                          // takes what is missing; no failure ends a start
}

// pathOf returns where the file for a feed file of a run is. A run may have several of one ending.
func pathOf(dir, run, feedFile string) string { return filepath.Join(dir, Name(run+"."+feedFile)) }

// Write writes the files of a run, and names them in its report: of a drop the rows of its files, else HR's records. A file of which
// nothing needs a person any more goes, unless one could not be written.
func (w *Writer) Write(rep *export.Report) {
	rows, err := mendable(rep)
	whole := err == nil
	switch {
	case err != nil:
		w.Warn(fmt.Errorf("there is no file with the records that did not reach Coupa: %w", err))
	case len(rows) == 0:
	case rep.Command == "drop":
		whole = w.lines(rep, rows)
	default:
		whole = w.records(rep, rows)
	}
	if whole {
		w.removeOld(rep)
	}
}

// removeOld removes the files of a run that an earlier start has written and this one has not.
func (w *Writer) removeOld(rep *export.Report) {
	for _, old := range Find(w.Dir, rep.Run) {
		if slices.ContainsFunc(rep.RejectedFiles, func(f export.RejectedFile) bool { return f.Path == old.Path }) {
			continue
		}
		if err := os.Remove(old.Path); err != nil {
			w.Warn(export.Hint(fmt.Errorf("%s has records that are in Coupa by now, and cannot be removed: %w", old.Path, err), "remove it"))
		}
	}
}

// mendable returns the rows of a run that need a person.
func mendable(rep *export.Report) (rows []export.RowResult, err error) {
	for r := range rep.Rows.All() {
		if !r.Outcome.Mendable() {
			continue
		}
		if len(rows) == most {
			return nil, export.Hint(fmt.Errorf("they are more than %d rows", most), "correct HR's data itself and deliver it again")
		}
		rows = append(rows, r)
	}
	return rows, rep.Rows.Err()
}

// records writes HR's records. Those of one person may come from several files, and so be in several files here. Records that
// an earlier plan has kept are in no file of this run.
func (w *Writer) records(rep *export.Report, rows []export.RowResult) (whole bool) {
	want, found, failed := 0, 0, false
	rows = slices.DeleteFunc(rows, func(r export.RowResult) bool { return isGone(r.Origin.File) })
	for _, r := range rows {
		want += r.Lines
	}
	for _, f := range rep.Files {
		if f.Kept != 0 || isGone(f.Name) {
			continue
		}
		if filepath.Ext(f.Name) == "" {
			return true // what a person has typed: every file of HR's has an ending
		}
		res, err := excerpt(w.Dir, rep.Run, f, rows, w.Open, w.Causes)
		if err != nil {
			failed = true
			w.Warn(fmt.Errorf("there is no file with the records of %s that did not reach Coupa: %w", f.Name, err))
		} else if res.Records > 0 {
			found += res.Records
			rep.RejectedFiles = append(rep.RejectedFiles, res)
		}
	}
	if found < want && !failed {
		w.Warn(export.Hint(fmt.Errorf("%d of %d records that did not reach Coupa are in files to fix: the others are of earlier deliveries, or the config reads the files differently now", found, want),
			"see all of them with hr2coupa status %s --all", rep.Run))
	}
	return !failed
}

// isGone reports whether rows are of people who are gone from HR's snapshots (feed.gone): HR has no record of them, and the next
// snapshot finds them again.
func isGone(file string) bool { return strings.HasPrefix(file, "gone from ") }

// excerpt writes the file for a feed file: HR's records byte for byte, behind the columns that say why. Rows of other files
// count where several records of a person went into them. Without a record of the file there is none.
func excerpt(dir, run string, of export.FeedFile, rows []export.RowResult, open func(paths []string) (*feed.Feed, error), causes feed.Advisor) (export.RejectedFile, error) {
	res := export.RejectedFile{File: of.Name, Path: pathOf(dir, run, of.Name)}
	var mine []export.RowResult
	for _, r := range rows {
		if r.Origin.File != of.Name {
			r.Origin.Line = 0 // of another file: it is found by its person alone
		}
		if r.Origin.File == of.Name || r.Lines > 1 {
			mine = append(mine, r)
		}
	}
	if len(mine) == 0 {
		return res, nil
	}
	f, err := open([]string{of.Path})
	if err != nil {
		return res, err
	}
	if now := f.Files(); len(now) != 1 || now[0].SHA256 != of.SHA256 {
		return res, export.Hint(fmt.Errorf("%s is not the file any more that was planned", of.Path), "correct HR's data and deliver it again")
	}
	err = write(res.Path, func(to io.Writer) error {
		if res.Records, err = f.Excerpt(to, mine, causes); err == nil && res.Records == 0 {
			return errNone
		}
		return err
	})
	if errors.Is(err, errNone) {
		err = nil
	}
	return res, err
}

// errNone says that a file would have no record.
var errNone = errors.New("no record")

// lines writes the rows of a drop from the bytes of its parts. Rows that --skip has left out are in a file already.
func (w *Writer) lines(rep *export.Report, rows []export.RowResult) (whole bool) {
	whole = true
	for _, p := range rep.Parts {
		in, name := map[int]bool{}, ""
		for _, r := range rows {
			if r.Part == p.ID {
				in[r.PartRow], name = true, r.Origin.File
			}
		}
		if len(in) == 0 {
			continue
		}
		data, err := w.Bytes(p)
		var res export.RejectedFile
		if err == nil {
			res, err = dropped(w.Dir, rep.Run, name, data, in)
		}
		if err != nil {
			w.Warn(fmt.Errorf("there is no file with the rows of %s that did not reach Coupa: %w", name, err))
			whole = false
			continue
		}
		rep.RejectedFiles = append(rep.RejectedFiles, res)
	}
	return whole
}

// dropped writes the file for a ready Coupa CSV, from the bytes that were sent: the header and the rows as they are, so that the
// file can be dropped again once it is fixed. rows are numbered from 1.
func dropped(dir, run, name string, data []byte, rows map[int]bool) (export.RejectedFile, error) {
	res := export.RejectedFile{File: name, Path: pathOf(dir, run, name), Records: len(rows)}
	return res, write(res.Path, func(to io.Writer) error {
		found, err := copyLines(to, data, rows)
		if err == nil && found != len(rows) {
			err = export.Ours(fmt.Errorf("%d of %d rows were found in %s", found, len(rows), name))
		}
		return err
	})
}

// copyLines copies the header and some records of a CSV with their bytes, and returns how many records.
func copyLines(to io.Writer, data []byte, rows map[int]bool) (found int, err error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.ReuseRecord = true
	at := int64(0)
	for n := 0; ; n++ {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return found, err
		}
		line := data[at:r.InputOffset()]
		at = r.InputOffset()
		switch {
		case rows[n]:
			found++
		case n > 0:
			continue
		}
		if !bytes.HasSuffix(line, []byte("\n")) {
			line = append(slices.Clip(line), '\n')
		}
		if _, err := to.Write(line); err != nil {
			return found, err
		}
	}
}

// write writes a file whole or not at all. Sweep knows its temporary name.
func write(path string, content func(io.Writer) error) error {
	return disk.Replace(path, tempPattern, content)
}

// Find returns the files of a run that are there.
func Find(dir, run string) (found []export.RejectedFile) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), run+".") && IsOurs(e.Name()) {
			found = append(found, export.RejectedFile{Path: filepath.Join(dir, e.Name())})
		}
	}
	return found
}

// IsOurs reports whether a name is one of ours: it begins with a run, and has our ending.
func IsOurs(name string) bool {
	run, _ := filepath.Match("[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T*Z*.*", name)
	return run && slices.ContainsFunc([]string{".csv", ".tsv", ".jsonl"}, func(ext string) bool { return strings.HasSuffix(name, Ending+ext) })
}

// Sweep removes the files from before a time, and what a start that was killed has left.
func Sweep(dir string, before time.Time) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var failed error
	for _, e := range entries {
		left, _ := filepath.Match(tempPattern, e.Name())
		if !left && !IsOurs(e.Name()) {
			continue
		}
		if info, err := e.Info(); left || err == nil && info.ModTime().Before(before) {
			failed = errors.Join(failed, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return failed
}
