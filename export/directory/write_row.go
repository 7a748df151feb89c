package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// write finds the user of a row and writes what differs.
func (j *writing) write(ctx context.Context, r export.RowResult) error {
	row := j.cells[r.PartRow-1]
	before, begun := j.known(r.PartRow)
	cells := j.sendable(row)
	user, err := j.find(ctx, row, before, cells)
	var none *export.NotOneError
	w := export.Write{CoupaID: before.CoupaID, Unfilled: before.Unfilled}
	switch {
	case errors.As(err, &none) && len(none.IDs) > 1:
		return j.end(w, r, export.Quarantined, none.Fault())
	case errors.As(err, &none) && row.ID != "":
		return j.end(w, r, export.Quarantined, export.Fault{Rule: "gone", Message: fmt.Sprintf(sayGone, row.ID)})
	case errors.As(err, &none):
		return j.create(ctx, r, cells)
	case err != nil:
		return err
	case row.ID == "" && !begun:
		return j.end(export.Write{CoupaID: user.ID}, r, export.Quarantined, export.Fault{Rule: "there", Message: fmt.Sprintf(sayThere, user.ID)})
	}
	if changed := changedMeanwhile(cells, row, user, before, begun); len(changed) > 0 {
		w = export.Write{CoupaID: user.ID, Unfilled: j.emptyIn(before.Unfilled, user, true)}
		return j.end(w, r, export.Quarantined, export.Fault{Rule: "moved", Message: fmt.Sprintf(sayMoved, strings.Join(changed, ", "))})
	}
	return j.update(ctx, r, before, user, cells)
}

// changedMeanwhile returns the columns that have changed in Coupa since the plan. An earlier start that has begun the
// row may have changed lists halfway, and a list that it has emptied has to be filled again whatever else has changed.
// Any other cell is as it was or as it was sent.
func changedMeanwhile(cells []export.ElementCell, row export.APIRow, now export.User, before export.Write, begun bool) []string {
	if begun {
		for _, c := range cells {
			held, _ := now.Value(c.Element)
			if had, ok := before.Emptied[c.Element.Column]; ok && !maps.Equal(export.NameSet(held.List), export.NameSet(had)) {
				return nil
			}
		}
		cells = slices.DeleteFunc(slices.Clone(cells), func(c export.ElementCell) bool { return c.Element.Kind == export.KindNames })
	}
	return export.Moved(cells, export.User{Values: row.Was}, now)
}

// sendable returns the cells of a row that are written; it leaves out Coupa's own number.
func (j *writing) sendable(row export.APIRow) (cells []export.ElementCell) {
	for i, e := range j.elements {
		if e.Column != "Id" {
			cells = append(cells, export.ElementCell{Element: e, Cell: row.Cell(i)})
		}
	}
	return cells
}

// find looks the user up by the strongest key of the row: Id, Employee Number, Login.
func (j *writing) find(ctx context.Context, row export.APIRow, before export.Write, cells []export.ElementCell) (export.User, error) {
	id, _ := j.Element("Id")
	by, value := id, cmp.Or(row.ID, before.CoupaID)
	if value == "" && j.key >= 0 {
		by, value = j.elements[j.key], row.Cell(j.key).Text
	}
	want := make([]export.Element, 0, len(cells))
	for _, c := range cells {
		if c.Element.Kind != export.KindAction {
			want = append(want, c.Element)
		}
	}
	found, err := j.Users.Find(ctx, by, []string{value}, want)
	if err != nil {
		return export.User{}, err
	}
	return export.One(found, by, value)
}

// update writes the cells that Coupa does not hold.
func (j *writing) update(ctx context.Context, r export.RowResult, before export.Write, user export.User, cells []export.ElementCell) error {
	w := j.of(r)
	w.CoupaID, w.Created = user.ID, before.Created || before.CoupaID == "" && j.cells[r.PartRow-1].ID == ""
	w.Emptied, w.Unfilled = before.Emptied, j.emptyIn(before.Unfilled, user, true)
	missing := toWrite(j.cells[r.PartRow-1], cells, user)
	if missing == nil {
		outcome := export.Unchanged
		if _, begun := j.known(r.PartRow); begun { // an earlier start wrote it and died before the answer was recorded
			outcome = export.Applied
		}
		j.confirms(&w, r, cells, user, outcome)
		return j.end(w, r, outcome)
	}
	if blind := unshownLists(missing, user); blind != nil {
		return j.end(w, r, export.Quarantined, export.Fault{Rule: "blind", Message: fmt.Sprintf(sayBlind, strings.Join(blind, ", "))})
	}
	steps := export.UpdateSteps(missing, user)
	empty := w.Unfilled
	if len(steps) > 1 {
		w.Empties(lists(steps[1], user))
	}
	if err := j.begin(w); err != nil {
		return err
	}
	shown := export.User{ID: user.ID, Values: map[string]export.Value{}}
	for n, step := range steps {
		after, err := j.Users.Update(ctx, user.ID, step)
		if refused, ok := errors.AsType[*export.RefusedError](err); ok {
			if n == 0 {
				w.Unfilled = empty
			}
			return j.refused(ctx, w, r, refused)
		}
		if err != nil {
			return err
		}
		j.answered(w, r, after)
		maps.Copy(shown.Values, after.Values)
	}
	if err := j.putBackKept(ctx, w, r, missing, shown); err != nil {
		return err
	}
	w.Unfilled = j.emptyIn(w.Unfilled, shown, false)
	return j.judge(w, r, missing, shown, cells, overlaid(user, missing, shown))
}

// overlaid returns a user as they are after cells were sent, as far as Coupa shows it.
func overlaid(before export.User, sent []export.ElementCell, shown export.User) export.User {
	after := export.User{ID: before.ID, Values: maps.Clone(before.Values)}
	for _, c := range sent {
		delete(after.Values, c.Element.Path)
	}
	if after.Values == nil {
		after.Values = map[string]export.Value{}
	}
	maps.Copy(after.Values, shown.Values)
	return after
}

// putBackKept restores the names that should stay in lists that were emptied and then not filled as asked.
func (j *writing) putBackKept(ctx context.Context, w export.Write, r export.RowResult, sent []export.ElementCell, shown export.User) error {
	back := j.kept(w, sent, shown)
	if back == nil {
		return nil
	}
	after, err := j.Users.Update(ctx, w.CoupaID, back)
	if err != nil {
		return fmt.Errorf("put back what is to stay in a list: %w", err)
	}
	j.answered(w, r, after)
	maps.Copy(shown.Values, after.Values)
	return nil
}

// refused ends a row that Coupa has refused. It restores a list that was emptied first.
func (j *writing) refused(ctx context.Context, w export.Write, r export.RowResult, no *export.RefusedError) error {
	why := export.CoupaFaults("", no.Messages...)
	why.Stake(j.columns, func(i int) string {
		if text := j.cells[r.PartRow-1].Cells[i]; text != nil {
			return *text
		}
		return ""
	})
	if len(w.Unfilled) > 0 {
		note := listsNote(w.Emptied, w.Unfilled)
		still, err := j.restore(ctx, w)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			j.Log.WithFields(j.fields(r)).Errorf("put back what a list held: %s", j.logText(ctx, w, r, err))
			why = append(why, export.Fault{Rule: "lists", Message: fmt.Sprintf(sayNotPutBack, note)})
		default:
			why = append(why, export.Fault{Rule: "lists", Message: fmt.Sprintf(sayPutBack, note)})
		}
		w.Unfilled = still
	}
	j.Log.WithFields(j.about(w, r)).Warn(j.logText(ctx, w, r, no))
	return j.end(w, r, export.Rejected, why...)
}

// create creates the user of a row that was planned as a create.
func (j *writing) create(ctx context.Context, r export.RowResult, cells []export.ElementCell) error {
	w := j.of(r)
	if err := j.begin(w); err != nil {
		return err
	}
	made, err := j.Users.Create(ctx, cells)
	if refused, ok := errors.AsType[*export.RefusedError](err); ok {
		return j.refused(ctx, w, r, refused)
	}
	if err != nil {
		return err
	}
	w.CoupaID, w.Created = made.ID, true
	j.answered(w, r, made)
	return j.judge(w, r, cells, made, cells, made)
}

// judge compares Coupa's answer with the request: a 200 that left the old value is drift. cells are all of the row, and now is
// the user after the call.
func (j *writing) judge(w export.Write, r export.RowResult, sent []export.ElementCell, shown export.User, cells []export.ElementCell, now export.User) error {
	if drifted := driftedIn(sent, shown); drifted != nil {
		j.confirms(&w, r, cells, now, export.Drifted)
		return j.end(w, r, export.Drifted, export.Fault{Rule: "drift", Message: fmt.Sprintf(sayKeptAnother, strings.Join(drifted, ", "))})
	}
	j.confirms(&w, r, cells, now, export.Applied)
	return j.end(w, r, export.Applied)
}

func driftedIn(sent []export.ElementCell, shown export.User) (columns []string) {
	for _, o := range export.Compare(sent, shown) {
		if o.Verdict == export.CellDrifted {
			columns = append(columns, o.Column)
		}
	}
	return columns
}
