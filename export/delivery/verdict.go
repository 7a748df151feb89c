package delivery

import (
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// judge settles a part by its load: verdict, counts and the outcome of every row.
func (r *Runner) judge(p *export.Part, l *export.Load, v export.Verdict) error {
	p.Verdict, p.Created, p.Updated, p.Notes = v, l.Created, l.Updated, nil
	var rows []export.RowResult
	if err := r.Ledger.PartRows(p.ID, func(row export.RowResult) error { rows = append(rows, row); return nil }); err != nil {
		return err
	}
	if v == export.VerdictFailed || v == export.VerdictEmpty {
		note := failure(l, v)
		p.Notes = export.Noted(note)
		why := failureFaults(note)
		for i := range rows {
			rows[i].Outcome, rows[i].Faults = export.Rejected, why
		}
		return r.settle(p, export.Rejected, rows)
	}
	j := Join(rows, l.Errors)
	for _, n := range j.Notes {
		r.Log.WithField("load", l.ID).Warn(n.String())
	}
	rest := export.Applied
	if why, unsure := unexplained(l, j, len(rows)); unsure {
		// It is not known which rows are refused, so no other row can be called applied.
		p.Verdict, rest = export.VerdictPartial, export.Pending
		p.Notes = export.Noted(why)
		j.Rows = append(j.Rows, pending(rows, j.Rows, why)...)
	}
	p.Notes = append(p.Notes, j.Notes...)
	return r.settle(p, rest, j.Rows)
}

// unexplained returns why rows without an error cannot be called applied: there are errors that fit no row, or the answer
// does not say whether there are errors.
func unexplained(l *export.Load, j Joined, sent int) (why export.PartNote, unsure bool) {
	if missing := max(l.ErrorsN-len(l.Errors), 0) + len(j.Loose); missing > 0 {
		return export.PartNote{Kind: export.NoteLoose, Has: int64(missing), Load: l.ID}, true
	}
	if known := l.Created >= 0 && l.Updated >= 0; l.ErrorsN < 0 && (!known || l.Created+l.Updated < sent) {
		return export.PartNote{Kind: export.NoteUnsure, Load: l.ID}, true
	}
	return why, false
}

// pending returns the rows that are not in refused, as pending, with the reason.
func pending(rows, refused []export.RowResult, why export.PartNote) []export.RowResult {
	hit := map[int]bool{}
	for _, row := range refused {
		hit[row.PartRow] = true
	}
	var out []export.RowResult
	faults := loadFaults(why)
	for _, row := range rows {
		if !hit[row.PartRow] {
			row.Outcome, row.Faults = export.Pending, faults
			out = append(out, row)
		}
	}
	return out
}

// loadFaults returns what a load says of all its rows.
func loadFaults(n export.PartNote) export.Faults {
	return export.Faults{{Rule: "load", Message: n.String(), Hint: n.Hint()}}
}

// failure returns why a whole load came to nothing, in Coupa's words where there are any.
func failure(l *export.Load, v export.Verdict) export.PartNote {
	if v == export.VerdictEmpty {
		return export.PartNote{Kind: export.NoteEmpty}
	}
	var texts []string
	for _, e := range l.Errors {
		if e.Header() {
			texts = append(texts, e.Messages...)
		}
	}
	if len(texts) == 0 && l.Result != "" {
		texts = []string{l.Result}
	}
	slices.Sort(texts)
	return export.PartNote{Kind: export.NoteFailed, Load: l.ID, Status: export.LoadStatus(l.Status), Words: slices.Compact(texts)}
}

// failureFaults returns why each row of a load was rejected that came to nothing.
func failureFaults(n export.PartNote) export.Faults {
	if len(n.Words) == 0 {
		return loadFaults(n)
	}
	why := export.CoupaFaults("", n.Words...)
	why[0].Message = fmt.Sprintf("Coupa's load %s: %s", n.Status, why[0].Message)
	return why
}
