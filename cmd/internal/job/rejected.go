package job

import (
	"github.com/hr2coupa/hr2coupa/cmd/internal/rejected"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// writeRejected writes the rows of a start's runs that need a person into files. Where one cannot be written, the start ends as
// it would with it, and the log says what is missing.
func (j *Job) writeRejected(rep *export.Report) {
	if rep == nil || j.watched {
		return
	}
	for _, r := range append([]*export.Report{rep}, rep.Resumed...) {
		write := j.excerpts
		if r.Command == "drop" {
			write = j.droppedLines
		}
		write(r, func(name string, f export.RejectedFile, err error) {
			if err != nil {
				export.LogHints(j.env.Log, export.HintsOf(err)...).Warnf("there is no file with the records of %s that did not reach Coupa: %v", name, err)
				return
			}
			r.RejectedFiles = append(r.RejectedFiles, f)
		})
	}
}

// excerpts writes HR's own records.
func (j *Job) excerpts(rep *export.Report, wrote func(name string, f export.RejectedFile, err error)) {
	for _, f := range rep.Files {
		if j.feed == nil || f.Kept != 0 || f.Path == "" {
			continue
		}
		rows, err := rejected.Rows(rep, f.Name)
		if err == nil && len(rows) == 0 {
			continue
		}
		var out export.RejectedFile
		if err == nil {
			out, err = rejected.Excerpt(j.cfg.Ledger, rep.Run, f, rows, j.feed.OpenAnyAge, wiring.Causes())
		}
		wrote(f.Name, out, err)
	}
}

// droppedLines writes the lines of ready files that were sent and refused, from the bytes of their parts.
func (j *Job) droppedLines(rep *export.Report, wrote func(name string, f export.RejectedFile, err error)) {
	for _, p := range rep.Parts {
		rows, name := map[int]bool{}, ""
		for r := range rep.Rows.All() {
			if r.Part == p.ID && r.Outcome.Mendable() {
				rows[r.PartRow], name = true, r.Origin.File
			}
		}
		if len(rows) == 0 {
			continue
		}
		var out export.RejectedFile
		data, err := j.ledger.Bytes(p)
		if err == nil {
			out, err = rejected.Lines(j.cfg.Ledger, rep.Run, name, data, rows)
		}
		wrote(name, out, err)
	}
}
