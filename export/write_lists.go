package export

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unshownLists names the lists that would have to be emptied first though Coupa does not show what they hold.
func unshownLists(cells []ElementCell, u User) (columns []string) {
	for _, c := range cells {
		if _, known := u.Value(c.Element); !known && losesNames(c, u) {
			columns = append(columns, c.Element.Column)
		}
	}
	return columns
}

// kept gives what has to be put back of lists that were emptied and then not filled as asked, because Coupa knows one of
// the names not: those that the user had and is to keep.
func (j *writing) kept(w Write, sent []ElementCell, shown User) (back []ElementCell) {
	for _, c := range sent {
		held, known := shown.Value(c.Element)
		if c.Element.Kind != KindNames || !known {
			continue
		}
		has, wanted := nameSet(held.List), nameSet(splitNames(c.Cell.Text))
		var names []string
		for name := range nameSet(w.Emptied[c.Element.Column]) {
			if wanted[name] && !has[name] {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		if names != nil {
			back = append(back, ElementCell{c.Element, Cell{Text: strings.Join(names, ","), State: Set}})
		}
	}
	return back
}

// lists gives what the lists of a second step hold before the first empties them.
func lists(cells []ElementCell, u User) map[string][]string {
	out := map[string][]string{}
	for _, c := range cells {
		held, _ := u.Value(c.Element)
		out[c.Element.Column] = append([]string{}, held.List...)
	}
	return out
}

// empties notes lists that the next call empties, with what they hold. What was noted of a list before stays.
func (w *Write) empties(held map[string][]string) {
	columns := slices.AppendSeq(slices.Clone(w.Unfilled), maps.Keys(held))
	slices.Sort(columns)
	w.Unfilled = slices.Compact(columns)
	maps.Copy(held, w.Emptied)
	w.Emptied = held
}

// restore puts back what the lists held that are not filled, and names those that are empty still.
func (j *writing) restore(ctx context.Context, w Write) (still []string, err error) {
	cells := fillCells(w.Emptied, w.Unfilled, j.Element)
	after, err := j.Users.Update(ctx, w.CoupaID, cells)
	if err != nil {
		return w.Unfilled, err
	}
	if drifted := driftedIn(cells, after); drifted != nil {
		err = fmt.Errorf("coupa shows another value in %s", strings.Join(drifted, ", "))
	}
	return j.emptyIn(w.Unfilled, after, false), err
}

// emptyIn names the lists among columns that a user still lacks: those that are shown empty, and those that are not shown
// where unshown says so.
func (j *writing) emptyIn(columns []string, shown User, unshown bool) (empty []string) {
	return emptyIn(columns, shown, unshown, j.Element)
}
