package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// Look asks Coupa about people with lists that a call has emptied, records which lists are filled again, and returns
// the people who still lack one. unasked is why Coupa could not be asked about the others, who are returned unchanged.
func (w *Writer) Look(ctx context.Context, people []export.Unfilled) (still []export.Unfilled, unasked, err error) {
	for len(people) > 0 {
		some := people[:min(len(people), export.LookUp)]
		found, id, err := w.holders(ctx, some)
		if err != nil {
			return append(still, people...), err, nil
		}
		people = people[len(some):]
		for _, u := range some {
			if u, err = w.seen(u, found, id); err != nil {
				return nil, nil, err
			}
			if len(u.Lists) > 0 {
				still = append(still, u)
			}
		}
	}
	return still, nil, nil
}

// holders looks people up by Coupa's number, with the lists that they lack.
func (w *Writer) holders(ctx context.Context, people []export.Unfilled) (found []export.User, id export.Element, err error) {
	id, _ = w.Element("Id")
	var ids []string
	var want []export.Element
	for _, u := range people {
		if !slices.Contains(ids, u.CoupaID) {
			ids = append(ids, u.CoupaID)
		}
		for _, column := range u.Columns() {
			if e, ok := w.Element(column); ok && !slices.Contains(want, e) {
				want = append(want, e)
			}
		}
	}
	found, err = w.Users.Find(ctx, id, ids, want)
	return found, id, err
}

// seen compares a person with the users found. A person who was not found lacks the same lists as before.
func (w *Writer) seen(u export.Unfilled, found []export.User, id export.Element) (export.Unfilled, error) {
	user, err := export.One(found, id, u.CoupaID)
	if err != nil {
		return u, nil
	}
	columns := u.Columns()
	u.Empty = len(export.EmptyIn(columns, user, false, w.Element)) == len(columns)
	return w.left(u, export.EmptyIn(columns, user, true, w.Element), "")
}

// left records that a person now lacks only these lists.
func (w *Writer) left(u export.Unfilled, columns []string, says string) (export.Unfilled, error) {
	if len(columns) == len(u.Lists) && says == "" {
		return u, nil
	}
	u = u.Only(columns)
	return u, w.Ledger.Filled(u, says)
}

// PutBack restores what the emptied lists of a person held, reads the person again and returns what is still missing.
// by is the person who decided it.
func (w *Writer) PutBack(ctx context.Context, u export.Unfilled, by string) (export.Unfilled, error) {
	cells := export.FillCells(u.Lists, u.Columns(), w.Element)
	if cells == nil {
		return u, errors.New("the ledger no longer knows what the lists held")
	}
	after, err := w.Users.Update(ctx, u.CoupaID, cells)
	if err != nil {
		return u, err
	}
	w.Log.WithFields(w.Naming.UserFields(w.Naming.Fields(u.Run, u.Row), u.CoupaID)).Info(after.Answer)
	found, id, err := w.holders(ctx, []export.Unfilled{u})
	if err != nil {
		return u, fmt.Errorf("read back what was put: %w", err)
	}
	user, err := export.One(found, id, u.CoupaID)
	if err != nil {
		return u, fmt.Errorf("read back what was put: %w", err)
	}
	still := export.EmptyIn(u.Columns(), user, true, w.Element)
	return w.left(u, still, putBackNote(u, still, driftedIn(cells, user), by))
}

// putBackNote returns a text on what was restored, for the reason of the row; "" where all lists are still empty.
func putBackNote(u export.Unfilled, still, drifted []string, by string) string {
	back := slices.DeleteFunc(u.Columns(), func(c string) bool { return slices.Contains(still, c) })
	if len(back) == 0 {
		return ""
	}
	says := fmt.Sprintf(sayPutBack, listsNote(u.Lists, back)) + " by " + by
	if drifted = slices.DeleteFunc(drifted, func(c string) bool { return !slices.Contains(back, c) }); drifted != nil {
		says += ", and Coupa shows another value in " + strings.Join(drifted, ", ")
	}
	return says
}

// listsNote returns lists with what they held, as text.
func listsNote(held map[string][]string, columns []string) string {
	var texts []string
	for _, column := range columns {
		texts = append(texts, column+" ("+strings.Join(held[column], ", ")+")")
	}
	return strings.Join(texts, ", ")
}
