package loader

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/transport/twin/instance"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// Limits of one file ("Coupa CSV Flat File Integration"): data rows, without the header, and bytes.
const (
	MaxRows  = 5000
	MaxBytes = 8_000_000
)

// job is the loading of one file, row by row, so that several may take turns.
type job struct {
	in     *instance.Instance
	load   *instance.Load
	data   []byte
	reader *csv.Reader
	cols   instance.Header
	row    int // data rows read so far
}

// begin reads the header and reports whether rows follow. It settles a file that Coupa refuses as a whole.
func (j *job) begin(now time.Time) bool {
	switch j.in.Board.Get().LoadOutcome {
	case "failed":
		j.settle("failed", "", now)
		return false
	case "empty":
		j.settle("done", instance.ResultText(0, 0, 0), now)
		return false
	}
	if j.in.Board.Get().FileLimits == "fail" && (len(j.data) > MaxBytes || countRows(j.data) > MaxRows) {
		j.settle("failed", "", now)
		return false
	}
	j.reader = newReader(j.data)
	header, err := j.reader.Read()
	cols, message := j.in.Users.Header(header)
	if err != nil {
		message = "Column header is not valid."
	}
	if message != "" {
		j.in.Loads.RecordError(j.load, instance.UploadError{Type: "UploadHeaderError", Messages: []string{message}})
		j.settle("done", "", now)
		return false
	}
	j.cols = cols
	j.in.Loads.Change(j.load, func(l *instance.Load) { l.Status, l.Started = "loading", now })
	return true
}

func newReader(data []byte) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	return r
}

func countRows(data []byte) int {
	r := newReader(data)
	r.ReuseRecord = true
	n := -1
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return n
		}
		n++
	}
}

// step loads one row and reports whether there was one. Good rows stay, whatever happens to the others.
func (j *job) step() bool {
	cells, err := j.reader.Read()
	if errors.Is(err, io.EOF) {
		return false
	}
	j.row++
	if err != nil || len(cells) != len(j.cols) || !validText(cells) {
		j.corrupt(cells)
		return true
	}
	out, errs := j.in.Users.ApplyRow(j.cols, cells)
	if len(errs) > 0 {
		j.refuse(cells[0], errs)
		return true
	}
	out.Row = j.row
	j.in.Loads.RecordRow(j.load, out)
	j.in.Loads.Change(j.load, func(l *instance.Load) {
		l.Processed++
		switch {
		case out.Created:
			l.Created++
		case out.Changed || j.in.Board.Get().UnchangedCounted == switchboard.Yes:
			l.Updated++
		}
	})
	return true
}

func validText(cells []string) bool {
	for _, cell := range cells {
		if !utf8.ValidString(cell) {
			return false
		}
	}
	return true
}

// corrupt records the error that Coupa has for rows it cannot read, which names no field.
func (j *job) corrupt(cells []string) {
	e := instance.UploadError{Type: "UploadRowError", Row: j.rowNumber(), Messages: []string{"Row corrupt or invalid."}}
	if len(cells) > 0 && utf8.ValidString(cells[0]) {
		e.FirstColumn = &cells[0]
	}
	j.in.Loads.RecordError(j.load, e)
	if j.in.Board.Get().CorruptRowsProcessed == switchboard.Yes {
		j.in.Loads.Change(j.load, func(l *instance.Load) { l.Processed++ })
	}
}

// refuse records one upload error for each field; the row counts as processed, as in the samples.
func (j *job) refuse(first string, errs []instance.FieldError) {
	var fields []instance.UploadError
	for _, e := range errs {
		if n := len(fields); n > 0 && *fields[n-1].Field == e.Attr {
			fields[n-1].Messages = append(fields[n-1].Messages, e.Message)
			continue
		}
		fields = append(fields, instance.UploadError{Type: "UploadRowError", Row: j.rowNumber(), FirstColumn: &first,
			Field: &e.Attr, Value: &e.Value, Messages: []string{e.Message}})
	}
	for _, e := range fields {
		j.in.Loads.RecordError(j.load, e)
	}
	j.in.Loads.Change(j.load, func(l *instance.Load) { l.Processed++ })
}

// rowNumber counts as the switch says: row-base is the number of the first data row.
func (j *job) rowNumber() *int {
	n := j.row - 1 + int(j.in.Board.Get().RowBase[0]-'0')
	return &n
}

// finish settles a load after its last row.
func (j *job) finish(now time.Time) {
	l := j.load
	j.settle("done", instance.ResultText(l.Processed, l.Created, l.Updated), now)
}

func (j *job) settle(status, text string, now time.Time) {
	j.in.Loads.Change(j.load, func(l *instance.Load) {
		l.Status, l.ResultText = status, text
		l.Rows = j.row
		if text != "" || status != "done" {
			if l.Started.IsZero() {
				l.Started = now
			}
			l.Ended = now
		}
	})
	j.in.Log.WithField("load", j.load.ID).WithField("status", status).Info("load settled")
	j.data = nil
}
