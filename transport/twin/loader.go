package twin

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"time"
	"unicode/utf8"
)

// Limits of one file ("Coupa CSV Flat File Integration"): data rows, the header not counted, and bytes.
const (
	maxRows  = 5000
	maxBytes = 8_000_000
)

// job is the loading of one file, row by row, so that several may take turns.
type job struct {
	twin   *Twin
	load   *Load
	data   []byte
	reader *csv.Reader
	cols   []*column
	row    int // data rows read so far
}

// begin reads the header and tells whether there are rows to come. A file that Coupa refuses as a whole is settled here.
func (j *job) begin(now time.Time) bool {
	switch j.twin.sw.Load().LoadOutcome {
	case "failed":
		j.settle("failed", "", now)
		return false
	case "empty":
		j.settle("done", resultText(0, 0, 0), now)
		return false
	}
	if j.twin.sw.Load().FileLimits == "fail" && (len(j.data) > maxBytes || countRows(j.data) > maxRows) {
		j.settle("failed", "", now)
		return false
	}
	j.reader = newReader(j.data)
	header, err := j.reader.Read()
	cols, message := j.twin.users.headerColumns(header)
	if err != nil {
		message = "Column header is not valid."
	}
	if message != "" {
		j.twin.loads.recordError(j.load, UploadError{Type: "UploadHeaderError", Messages: []string{message}})
		j.settle("done", "", now)
		return false
	}
	j.cols = cols
	j.twin.loads.change(j.load, func(l *Load) { l.Status, l.Started = "loading", now })
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

// step loads one row and tells whether there was one. Good rows stay, whatever the others come to.
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
	out, errs := j.twin.users.applyRow(j.cols, cells)
	if len(errs) > 0 {
		j.refuse(cells[0], errs)
		return true
	}
	j.twin.loads.recordRow(j.load, Applied{Row: j.row, Key: cells[0], UserID: out.userID, Login: out.login,
		Created: out.created, Changed: out.changed, Notified: out.notified})
	j.twin.loads.change(j.load, func(l *Load) {
		l.Processed++
		switch {
		case out.created:
			l.Created++
		case out.changed || j.twin.sw.Load().UnchangedCounted == yes:
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

// corrupt records the error without a field that Coupa has for rows it cannot read.
func (j *job) corrupt(cells []string) {
	e := UploadError{Type: "UploadRowError", Row: j.rowNumber(), Messages: []string{"Row corrupt or invalid."}}
	if len(cells) > 0 && utf8.ValidString(cells[0]) {
		e.FirstColumn = &cells[0]
	}
	j.twin.loads.recordError(j.load, e)
	if j.twin.sw.Load().CorruptRowsProcessed == yes {
		j.twin.loads.change(j.load, func(l *Load) { l.Processed++ })
	}
}

// refuse records one upload error for each field; the row counts as processed, as in the samples.
func (j *job) refuse(first string, errs []fieldError) {
	var fields []UploadError
	for _, e := range errs {
		if n := len(fields); n > 0 && *fields[n-1].Field == e.attr {
			fields[n-1].Messages = append(fields[n-1].Messages, e.message)
			continue
		}
		fields = append(fields, UploadError{Type: "UploadRowError", Row: j.rowNumber(), FirstColumn: &first,
			Field: &e.attr, Value: &e.value, Messages: []string{e.message}})
	}
	for _, e := range fields {
		j.twin.loads.recordError(j.load, e)
	}
	j.twin.loads.change(j.load, func(l *Load) { l.Processed++ })
}

// rowNumber counts as the switch says: row-base is the number of the first data row.
func (j *job) rowNumber() *int {
	n := j.row - 1 + int(j.twin.sw.Load().RowBase[0]-'0')
	return &n
}

// finish settles a load whose rows are through.
func (j *job) finish(now time.Time) {
	l := j.load
	j.settle("done", resultText(l.Processed, l.Created, l.Updated), now)
}

func (j *job) settle(status, text string, now time.Time) {
	j.twin.loads.change(j.load, func(l *Load) {
		l.Status, l.ResultText = status, text
		l.Rows = j.row
		if text != "" || status != "done" {
			if l.Started.IsZero() {
				l.Started = now
			}
			l.Ended = now
		}
	})
	j.twin.log.WithField("load", j.load.ID).WithField("status", status).Info("load settled")
	j.data = nil
}
