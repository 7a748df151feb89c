package rejected

import (
	"bufio"
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

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
)

// most is how many rows of one file are written. Where there are more, HR's file is what has to be fixed.
const most = 100_000

const tempPattern = ".rejected-*.tmp"

// Path returns where the file for a feed file of a run is. A run may have several of one ending.
func Path(dir, run, feedFile string) string { return filepath.Join(dir, Name(run+"."+feedFile)) }

// Rows returns the rows of a feed file that need a person, by origin.
func Rows(rep *export.Report, feedFile string) (rows []export.RowResult, err error) {
	for r := range rep.Rows.All() {
		if r.Origin.File != feedFile || !r.Outcome.Mendable() {
			continue
		}
		if len(rows) == most {
			return nil, export.Hint(fmt.Errorf("they are more than %d", most), "correct the file itself")
		}
		rows = append(rows, r)
	}
	return rows, rep.Rows.Err()
}

// Excerpt writes the file for a feed file: HR's records byte for byte, behind the columns that say why. open opens the feed.
func Excerpt(dir, run string, of export.FeedFile, rows []export.RowResult, open func(paths []string) (*feed.Feed, error), causes feed.Advisor) (export.RejectedFile, error) {
	res := export.RejectedFile{File: of.Name, Path: Path(dir, run, of.Name)}
	f, err := open([]string{of.Path})
	if err != nil {
		return res, err
	}
	if now := f.Files(); len(now) != 1 || now[0].SHA256 != of.SHA256 {
		return res, export.Hint(fmt.Errorf("%s is not the file any more that was planned", of.Path), "correct HR's data and deliver it again")
	}
	return res, write(res.Path, func(to io.Writer) error {
		res.Records, err = f.Excerpt(to, rows, causes)
		want := 0
		for _, r := range rows {
			want += r.Lines
		}
		if err == nil && res.Records != want {
			err = export.Ours(fmt.Errorf("%d of %d records were found in %s", res.Records, want, of.Path))
		}
		return err
	})
}

// Lines writes the file for a ready Coupa CSV, from the bytes that were sent: the header and the rows as they are, so that the
// file can be dropped again once it is fixed. rows are numbered from 1.
func Lines(dir, run, name string, data []byte, rows map[int]bool) (export.RejectedFile, error) {
	res := export.RejectedFile{File: name, Path: Path(dir, run, name), Records: len(rows)}
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

// write writes a file whole or not at all.
func write(path string, content func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), tempPattern) // created with 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // once it has its name, there is nothing to remove
	w := bufio.NewWriterSize(f, 64<<10)
	err = content(w)
	if err == nil {
		err = errors.Join(w.Flush(), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Find returns the files of a run that are there.
func Find(dir, run string) (found []export.RejectedFile) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), run+".") && isOurs(e.Name()) {
			found = append(found, export.RejectedFile{Path: filepath.Join(dir, e.Name())})
		}
	}
	return found
}

func isOurs(name string) bool {
	return slices.ContainsFunc([]string{".csv", ".tsv", ".jsonl"}, func(ext string) bool { return strings.HasSuffix(name, Ending+ext) })
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
		if !left && !isOurs(e.Name()) {
			continue
		}
		if info, err := e.Info(); left || err == nil && info.ModTime().Before(before) {
			failed = errors.Join(failed, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return failed
}
