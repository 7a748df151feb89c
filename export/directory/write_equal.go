package directory

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/hr2coupa/hr2coupa/export"
)

// unchanged ends the rows that matched Coupa when the plan was made and still do: nothing is written for them, so one
// look-up may serve many. It returns the other rows, each of which gets a look-up of its own: those that have to be
// written, that match no user, or that had a failed look-up.
func (j *writing) unchanged(ctx context.Context, rows []export.RowResult) (rest []export.RowResult, err error) {
	equal := make([]export.RowResult, 0, len(rows))
	for _, r := range rows {
		if j.wasEqual(r) {
			equal = append(equal, r)
		} else {
			rest = append(rest, r)
		}
	}
	if len(equal) < 2 {
		return rows, nil
	}
	var mu sync.Mutex
	chunks := slices.Collect(slices.Chunk(equal, export.LookUp))
	err = atOnce(ctx, j.Workers, len(chunks), func(_ context.Context, i int) error {
		left, err := j.stillEqual(ctx, chunks[i])
		mu.Lock()
		defer mu.Unlock()
		rest = append(rest, left...)
		return err
	})
	slices.SortFunc(rest, func(a, b export.RowResult) int { return a.PartRow - b.PartRow })
	if own, ok := errors.AsType[*recordError](err); ok {
		err = own.err
	}
	return rest, err
}

// wasEqual reports whether a row that no start has begun holds only what Coupa held when the plan was made.
func (j *writing) wasEqual(r export.RowResult) bool {
	row := j.cells[r.PartRow-1]
	_, begun := j.known(r.PartRow)
	return row.ID != "" && row.Was != nil && !begun && toWrite(row, j.sendable(row), export.User{Values: row.Was}) == nil
}

// toWrite returns the cells that a user does not hold: see export.Missing. Where case does not count, a plan writes logins and
// e-mail addresses as Coupa has them. So one that differed in case alone when the plan was made is to differ, and is compared
// exactly.
func toWrite(row export.APIRow, cells []export.ElementCell, user export.User) []export.ElementCell {
	then := export.User{Values: row.Was}
	cells = slices.Clone(cells)
	for i, c := range cells {
		held, known := then.Value(c.Element)
		if d, changes := c.Change(held, known); changes && d.Kind == export.ChangeCase {
			cells[i].Element.Kind = export.KindText
		}
	}
	return export.Missing(cells, user)
}

// stillEqual ends the rows that still match Coupa, and returns the others.
func (j *writing) stillEqual(ctx context.Context, rows []export.RowResult) (left []export.RowResult, err error) {
	by, _ := j.Element(export.ColumnID)
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = j.cells[r.PartRow-1].ID
	}
	found, err := j.Users.Find(ctx, by, ids, j.comparable())
	if _, lost := errors.AsType[*export.NotDeliveredError](err); lost || ctx.Err() != nil {
		return rows, err
	}
	if err != nil {
		return rows, nil
	}
	for _, r := range rows {
		row := j.cells[r.PartRow-1]
		user, err := export.One(found, by, row.ID)
		if err != nil || export.Missing(j.sendable(row), user) != nil {
			left = append(left, r)
			continue
		}
		w := export.Write{CoupaID: user.ID}
		j.confirms(&w, r, j.sendable(row), user, export.Unchanged)
		if err := j.end(w, r, export.Unchanged); err != nil {
			return left, err
		}
	}
	return left, nil
}

// comparable returns the elements of a part's columns that Coupa shows.
func (j *writing) comparable() (want []export.Element) {
	for _, e := range j.elements {
		if e.Column != export.ColumnID && e.Kind != export.KindAction {
			want = append(want, e)
		}
	}
	return want
}
