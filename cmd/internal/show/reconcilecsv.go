package show

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/disk"
	"github.com/hr2coupa/hr2coupa/cmd/internal/reconciling"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

// errNoMore ends a pass over findings.
var errNoMore = errors.New("no more is wanted")

// reconcileHeader names the fields of the file of findings. A person has a line for each cell with two values, and one without a
// column where there is none.
const reconcileHeader = reconcileMark + `,"cause","left","hours","ledger","open_run"` + "\n"

// reconcileMark begins such a file. By it one is known.
const reconcileMark = `"class","reason","file","line","key","coupa_id","login","column","hr","coupa"`

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
			w.line(&reconcile.Finding{Class: "double", ID: strings.Join(d.IDs, " ")}, DoubleText(d), d.Column, "", d.Value, "")
		}
		if r.Period != nil {
			for _, l := range r.Period.Leavers {
				w.line(&reconcile.Finding{Class: "leaver", Origin: l.Origin, Key: l.Key, Left: l.Left, Hours: l.Hours}, LeaverText(&l), "", "", "", "")
			}
		}
		for row := range r.LeftRows() {
			why := row.Faults.Text()
			if row.Outcome == export.Excluded {
				why = reasonWords[reconcile.Excluded]
			}
			w.line(&reconcile.Finding{Class: reconcile.LeftOut, Origin: row.Origin, Key: row.Key}, why, "", "", "", "")
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
		w.line(f, cmp.Or(DoubtText(f), reasonWords[f.Reason]), f.Column, "", "", f.Cause)
	}
	for _, c := range f.Cells {
		reason := ""
		if !c.Known {
			reason = string(reconcile.NotShown)
		}
		w.line(f, reason, c.Column, c.New, c.Old, c.Cause)
	}
	return nil
}

// line writes one line with every field quoted.
func (w *findingsCSV) line(f *reconcile.Finding, reason, column, hr, coupa string, why reconcile.Cause) {
	where, left, hours := "", "", ""
	if f.Origin.Line > 0 {
		where = strconv.Itoa(f.Origin.Line)
	}
	if f.Hours != nil {
		hours = strconv.Itoa(*f.Hours)
	}
	if !f.Left.IsZero() {
		left = f.Left.UTC().Format(time.RFC3339)
	}
	for i, c := range []string{
		string(f.Class), reason, f.Origin.File, where, f.Key, f.ID, f.Login, column, hr, coupa, string(why), left, hours, string(f.Past), f.Open,
	} {
		if i > 0 {
			w.w.WriteByte(',')
		}
		w.w.WriteString(export.SheetField(c))
	}
	w.w.WriteByte('\n')
}
