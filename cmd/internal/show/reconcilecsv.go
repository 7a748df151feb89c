package show

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/disk"
	"github.com/hr2coupa/hr2coupa/cmd/internal/reconciling"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

// errNoMore ends a pass over findings.
var errNoMore = errors.New("no more is wanted")

// reconcileHeader names the fields of the file of findings. A person has a line for each cell with two values, and one without a
// column where there is none.
const reconcileHeader = `"class","reason","file","line","key","coupa_id","login","column","hr","coupa"` + "\n"

// writeFindings writes all findings, and the rows and users that are left out, as a CSV for its owner alone (0600): it holds
// personal data. No cell is a formula to a spreadsheet.
func writeFindings(path string, r *reconciling.Result) error {
	err := disk.Replace(path, tempFile, func(to io.Writer) error {
		w := &findingsCSV{w: bufio.NewWriterSize(to, 64<<10)}
		w.w.WriteString(reconcileHeader) // Flush returns the error of any write
		if err := r.Each(w.finding); err != nil {
			return err
		}
		for _, d := range r.Doubles {
			w.line("double", DoubleText(d), export.Origin{}, "", strings.Join(d.IDs, " "), "", d.Column, "", d.Value)
		}
		for row := range r.LeftRows() {
			w.line("left_out", row.Faults.Text(), row.Origin, row.Key, "", "", "", "", "")
		}
		return w.w.Flush()
	})
	if err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	return nil
}

type findingsCSV struct{ w *bufio.Writer }

func (w *findingsCSV) finding(f *reconcile.Finding) error {
	if len(f.Cells) == 0 {
		w.line(string(f.Class), DoubtText(f), f.Origin, f.Key, f.ID, f.Login, f.Column, "", "")
	}
	for _, c := range f.Cells {
		reason := ""
		if !c.Known {
			reason = string(reconcile.NotShown)
		}
		w.line(string(f.Class), reason, f.Origin, f.Key, f.ID, f.Login, c.Column, c.New, c.Old)
	}
	return nil
}

// line writes one line with every field quoted.
func (w *findingsCSV) line(class, reason string, at export.Origin, key, id, login, column, hr, coupa string) {
	where := ""
	if at.Line > 0 {
		where = strconv.Itoa(at.Line)
	}
	for i, c := range []string{class, reason, at.File, where, key, id, login, column, hr, coupa} {
		if i > 0 {
			w.w.WriteByte(',')
		}
		w.w.WriteString(export.SheetField(c))
	}
	w.w.WriteByte('\n')
}
