package heldfile

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Ending is the end of the file's name, behind the run.
const Ending = ".held.csv"

// Path returns where the file of a run is.
func Path(dir, run string) string { return filepath.Join(dir, run+Ending) }

// Find returns the path of a run's file, "" where there is none.
func Find(dir, run string) string {
	path := Path(dir, run)
	if _, err := os.Lstat(path); err != nil {
		return ""
	}
	return path
}

// Writer writes the file of a run that is being planned. It implements planning.HeldSink. A nil *os.File in it means that
// nothing was held yet.
type Writer struct {
	Limits []export.HeldLimit // whom the limits count

	path string
	f    *os.File
	w    *bufio.Writer
	err  error // the first failure; what comes after it is not written
}

// New returns a Writer for a run, whose file is in a folder. It makes no file before Begin.
func New(dir, run string) *Writer { return &Writer{path: Path(dir, run)} }

// header names the fields of the file. A person has a line for each cell that would change, and one with empty values where
// these are not known.
const header = "file,line,key,limits,kinds,column,old,new\n"

// Begin begins the file, and begins it anew where there is one already.
func (w *Writer) Begin(broken []export.Breach) {
	w.Limits = export.HeldLimits(broken)
	w.drop()
	w.err = nil
	if w.f, w.err = os.CreateTemp(filepath.Dir(w.path), ".held-*.tmp"); w.err == nil { // created with 0600
		w.w = bufio.NewWriterSize(w.f, 64<<10)
		_, w.err = w.w.WriteString(header)
	}
}

// Row writes a held row.
func (w *Writer) Row(r *export.RowResult) {
	var limits []string
	for i := range w.Limits {
		if w.Limits[i].Add(r) {
			limits = append(limits, w.Limits[i].Limit)
		}
	}
	cells := changed(r)
	if w.err != nil || len(limits)+len(cells) == 0 && r.Kinds == 0 { // or nothing is to be said of the person
		return
	}
	kinds := make([]string, 0, 3)
	for _, k := range r.Kinds.List() {
		kinds = append(kinds, k.String())
	}
	lead := []string{r.Origin.File, strconv.Itoa(r.Origin.Line), r.Key, strings.Join(limits, " "), strings.Join(kinds, " ")}
	lead = slices.Clip(lead)
	if len(cells) == 0 {
		cells = []export.CellChange{{}}
	}
	for _, c := range cells {
		w.line(append(lead, c.Column, c.Old, c.New))
	}
}

// changed returns the cells of a row that would change, and those that have come blank, whose old value is not known.
func changed(r *export.RowResult) (cells []export.CellChange) {
	if r.Change != nil {
		cells = slices.Clip(r.Change.Cells)
	}
	for _, limit := range r.Counted {
		if column, ok := export.FilledColumn(limit); ok {
			cells = append(cells, export.CellChange{Column: column})
		}
	}
	return cells
}

// line writes one line with every field quoted. No field is a formula to a spreadsheet, or steers a terminal.
func (w *Writer) line(cells []string) {
	for i, c := range cells {
		cells[i] = export.SheetField(c)
	}
	if _, err := w.w.WriteString(strings.Join(cells, ",") + "\n"); err != nil {
		w.err = err
	}
}

// Close ends the file. It stays, under its name, only where keep is set. An error says that there is no file.
func (w *Writer) Close(keep bool) error {
	if w.f == nil || !keep {
		err := w.err
		w.drop()
		if keep && err != nil {
			return fmt.Errorf("write %s: %w", w.path, err)
		}
		return nil
	}
	defer w.drop()
	if w.err == nil {
		w.err = errors.Join(w.w.Flush(), w.f.Sync())
	}
	if w.err == nil {
		w.err = os.Rename(w.f.Name(), w.path)
	}
	if w.err != nil {
		return fmt.Errorf("write %s: %w", w.path, w.err)
	}
	return nil
}

// drop closes the temporary file, and removes it where it has no other name yet.
func (w *Writer) drop() {
	if w.f == nil {
		return
	}
	w.f.Close()
	os.Remove(w.f.Name())
	w.f = nil
}

// Remove removes the file of a run, where there is one.
func Remove(dir, run string) error {
	if err := os.Remove(Path(dir, run)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Sweep removes the files of runs that are not held any more, those from before a time, and what a start that was killed
// has left.
func Sweep(dir string, before time.Time, isHeld func(run string) (bool, error)) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var failed error
	for _, e := range entries {
		run, ours := strings.CutSuffix(e.Name(), Ending)
		left := strings.HasPrefix(e.Name(), ".held-") && strings.HasSuffix(e.Name(), ".tmp")
		if !ours && !left {
			continue
		}
		if ours {
			stays, err := isHeld(run)
			if err != nil {
				return err
			}
			info, err := e.Info()
			if stays && (err != nil || info.ModTime().After(before)) {
				continue
			}
		}
		failed = errors.Join(failed, os.Remove(filepath.Join(dir, e.Name())))
	}
	return failed
}
