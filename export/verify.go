package export

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// SentRow is a row as Coupa got it: its cells in the order of the file, the key first.
type SentRow struct {
	Row   RowResult
	Cells []ElementCell
}

// Drift is one cell of which Coupa holds something else than was sent. It is personal data: for reports, never for logs.
type Drift struct {
	Origin Origin `json:"origin"`
	Key    string `json:"key"`
	Column string `json:"column"`
	Sent   string `json:"sent"`
	Held   string `json:"held"`
}

// ReadBack is what reading rows back came to.
type ReadBack struct {
	Rows  []RowResult // as they stand now: applied, or drifted with the columns as the reason
	Drift []Drift
	Cells map[CellVerdict]int
}

// VerifyRows reads the people of rows back and holds every cell that was sent against what Coupa shows. All rows are of
// one file. A key that does not lead to exactly one user is drift, too: the load has accepted the row all the same. An
// error means that nobody could be asked.
func VerifyRows(ctx context.Context, users Directory, rows []SentRow) (*ReadBack, error) {
	back := &ReadBack{Cells: map[CellVerdict]int{}}
	if len(rows) == 0 {
		return back, nil
	}
	by := rows[0].Cells[0].Element
	want := make([]Element, len(rows[0].Cells))
	for i, c := range rows[0].Cells {
		want[i] = c.Element
	}
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = r.Cells[0].Cell.Text
	}
	found, err := users.Find(ctx, by, keys, want)
	if err != nil {
		return nil, fmt.Errorf("read users back: %w", err)
	}
	held := map[string][]User{}
	for _, u := range found {
		v, _ := u.Value(by)
		held[foldText(v.Text)] = append(held[foldText(v.Text)], u)
	}
	for i, r := range rows {
		back.add(r, by, held[foldText(keys[i])])
	}
	return back, nil
}

func (b *ReadBack) add(r SentRow, by Element, users []User) {
	row := r.Row
	row.Outcome, row.Reason = Applied, ""
	u, err := One(users, by, r.Cells[0].Cell.Text)
	if err != nil {
		b.Drift = append(b.Drift, Drift{row.Origin, row.Key, by.Column, r.Cells[0].Cell.Text, err.Error()})
		row.Outcome, row.Reason = Drifted, "read back: "+err.Error()
		b.Rows = append(b.Rows, row)
		return
	}
	var columns []string
	for _, o := range Compare(r.Cells, u) {
		b.Cells[o.Verdict]++
		if o.Verdict != CellDrifted {
			continue
		}
		columns = append(columns, o.Column)
		i := slices.IndexFunc(r.Cells, func(c ElementCell) bool { return c.Element.Column == o.Column })
		b.Drift = append(b.Drift, Drift{row.Origin, row.Key, o.Column, r.Cells[i].Cell.Text, o.Held})
	}
	if columns != nil {
		row.Outcome, row.Reason = Drifted, "read back: Coupa shows another value in "+strings.Join(columns, ", ")
	}
	b.Rows = append(b.Rows, row)
}
