package delivery

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// judge settles a part by its load: verdict, counts and the outcome of every row.
func (r *Runner) judge(p *export.Part, l *export.Load, v export.Verdict) error {
	p.Verdict, p.Created, p.Updated, p.Note = v, l.Created, l.Updated, ""
	var rows []export.RowResult
	if err := r.Ledger.PartRows(p.ID, func(row export.RowResult) error { rows = append(rows, row); return nil }); err != nil {
		return err
	}
	if v == export.VerdictFailed || v == export.VerdictEmpty {
		why := failure(l, v)
		p.Note = why.Text()
		for i := range rows {
			rows[i].Outcome, rows[i].Faults = export.Rejected, why
		}
		return r.settle(p, export.Rejected, rows)
	}
	j := Join(rows, l.Errors)
	for _, n := range j.Notes {
		r.Log.WithField("load", l.ID).Warn(n)
	}
	rest := export.Applied
	if why := unexplained(l, j, len(rows)); why != "" {
		// It is not known which rows are refused, so no other row can be called applied.
		p.Verdict, rest = export.VerdictPartial, export.Pending
		p.Note = why
		j.Rows = append(j.Rows, pending(rows, j.Rows, why)...)
	}
	p.Note = notes(p.Note, joinNote(j))
	return r.settle(p, rest, j.Rows)
}

// unexplained returns why rows without an error cannot be called applied: there are errors that fit no row, or the answer
// does not say whether there are errors.
func unexplained(l *export.Load, j Joined, sent int) string {
	if missing := max(l.ErrorsN-len(l.Errors), 0) + len(j.Loose); missing > 0 {
		return fmt.Sprintf("Coupa reports %d row errors that fit no row of ours; see load %s in Coupa", missing, l.ID)
	}
	if known := l.Created >= 0 && l.Updated >= 0; l.ErrorsN < 0 && (!known || l.Created+l.Updated < sent) {
		return fmt.Sprintf("Coupa's answer about load %s does not say whether rows were refused; look at it in Coupa", l.ID)
	}
	return ""
}

// pending returns the rows that are not in refused, as pending, with the reason.
func pending(rows, refused []export.RowResult, why string) []export.RowResult {
	hit := map[int]bool{}
	for _, row := range refused {
		hit[row.PartRow] = true
	}
	var out []export.RowResult
	faults := export.Faults{{Rule: "load", Message: why}}
	for _, row := range rows {
		if !hit[row.PartRow] {
			row.Outcome, row.Faults = export.Pending, faults
			out = append(out, row)
		}
	}
	return out
}

// notes joins the non-empty notes about a part.
func notes(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), "; ")
}

func joinNote(j Joined) string {
	if len(j.Notes) == 0 {
		return ""
	}
	return "first cell and row number of Coupa's errors disagree: " + strings.Join(j.Notes, "; ")
}

// failure returns why a whole load came to nothing, in Coupa's words where there are any.
func failure(l *export.Load, v export.Verdict) export.Faults {
	if v == export.VerdictEmpty {
		return export.Faults{{Rule: "load", Message: "Coupa loaded the file and processed no row of it"}}
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
	if len(texts) == 0 {
		return export.Faults{{Rule: "load", Message: fmt.Sprintf("Coupa's load %s and says no more; see load %s in Coupa", export.LoadStatus(l.Status), l.ID)}}
	}
	slices.Sort(texts)
	why := export.CoupaFaults("", slices.Compact(texts)...)
	why[0].Message = fmt.Sprintf("Coupa's load %s: %s", export.LoadStatus(l.Status), why[0].Message)
	return why
}
