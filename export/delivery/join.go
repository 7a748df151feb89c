package delivery

import "github.com/hr2coupa/hr2coupa/export"

// Joined is the result of matching Coupa's row errors with the rows that were sent.
type Joined struct {
	Rows   []export.RowResult // refused rows, in the order of the part
	Loose  []export.LoadError // row errors that fit no row
	Notes  export.PartNotes   // where first cell and row number disagree
	Offset int                // Coupa's row number minus ours, by most errors
}

// Join matches Coupa's row errors with the rows of a part: first by first cell, then by row number (DataFileSources API
// Example Calls: first-column is the row's first cell; how rows are numbered is not stated). Where the two name
// different rows, the first cell counts, and a note says so.
func Join(rows []export.RowResult, errs []export.LoadError) Joined {
	byFirst := map[string][]int{}
	for i, r := range rows {
		byFirst[r.First] = append(byFirst[r.First], i)
	}
	at := make([]int, len(errs)) // index into rows; -1 where unknown
	votes := map[int]int{}
	for i, e := range errs {
		at[i] = -1
		if hits := byFirst[e.FirstColumn]; len(hits) == 1 && e.FirstColumn != "" {
			at[i] = hits[0]
			if e.Row > 0 {
				votes[e.Row-rows[hits[0]].PartRow]++
			}
		}
	}
	j := Joined{Offset: majority(votes)}
	faults := map[int]export.Faults{}
	for i, e := range errs {
		if e.Header() {
			continue
		}
		n := e.Row - j.Offset
		switch {
		case at[i] >= 0 && e.Row > 0 && rows[at[i]].PartRow != n:
			j.Notes = append(j.Notes, export.PartNote{Kind: export.NoteFirstCell, Has: int64(e.Row), Of: int64(rows[at[i]].PartRow), Origin: rows[at[i]].Origin})
		case at[i] < 0 && e.Row > 0 && n >= 1 && n <= len(rows) && (e.FirstColumn == "" || e.FirstColumn == rows[n-1].First):
			at[i] = n - 1
			j.Notes = append(j.Notes, export.PartNote{Kind: export.NoteRowNumber, Has: int64(e.Row), Origin: rows[n-1].Origin})
		}
		if at[i] < 0 {
			j.Loose = append(j.Loose, e)
			continue
		}
		why := export.CoupaFaults(e.Field, e.Messages...)
		for k := range why {
			why[k].Value = export.AtStake(e.Field, e.Value)
		}
		faults[at[i]] = append(faults[at[i]], why...)
	}
	for i, r := range rows {
		if why, refused := faults[i]; refused {
			r.Outcome, r.Faults = export.Rejected, why
			j.Rows = append(j.Rows, r)
		}
	}
	return j
}

// majority returns the key with the most votes, the smallest of equals; 0 without any.
func majority(votes map[int]int) int {
	best := 0
	for k, n := range votes {
		if n > votes[best] || n == votes[best] && k < best {
			best = k
		}
	}
	return best
}
