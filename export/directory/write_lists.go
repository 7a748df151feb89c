package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// unshownLists returns the lists that would have to be emptied first although Coupa does not show what they hold.
func unshownLists(cells []export.ElementCell, u export.User) (columns []string) {
	for _, c := range cells {
		if _, known := u.Value(c.Element); !known && export.LosesNames(c, u) {
			columns = append(columns, c.Element.Column)
		}
	}
	return columns
}

// kept returns what has to be restored in lists that were emptied and then not filled as asked, because Coupa does not
// know one of the names: the names that the user had and should keep.
func (j *writing) kept(w export.Write, sent []export.ElementCell, shown export.User) (back []export.ElementCell) {
	for _, c := range sent {
		held, known := shown.Value(c.Element)
		if c.Element.Kind != export.KindNames || !known {
			continue
		}
		has, wanted := export.NameSet(held.List), export.NameSet(export.SplitNames(c.Cell.Text))
		var names []string
		for name := range export.NameSet(w.Emptied[c.Element.Column]) {
			if wanted[name] && !has[name] {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		if names != nil {
			back = append(back, export.ElementCell{Element: c.Element, Cell: export.Cell{Text: strings.Join(names, ","), State: export.Set}})
		}
	}
	return back
}

// lists returns what the lists of a second step hold before the first empties them.
func lists(cells []export.ElementCell, u export.User) map[string][]string {
	out := map[string][]string{}
	for _, c := range cells {
		held, _ := u.Value(c.Element)
		out[c.Element.Column] = append([]string{}, held.List...)
	}
	return out
}

// restore puts back what the unfilled lists held, and returns the lists that are still empty.
func (j *writing) restore(ctx context.Context, w export.Write) (still []string, err error) {
	cells := export.FillCells(w.Emptied, w.Unfilled, j.Element)
	after, err := j.Users.Update(ctx, w.CoupaID, cells)
	if err != nil {
		return w.Unfilled, err
	}
	if drifted := driftedIn(cells, after); drifted != nil {
		err = fmt.Errorf("coupa shows another value in %s", strings.Join(drifted, ", "))
	}
	return j.emptyIn(w.Unfilled, after, false), err
}

// emptyIn returns the lists among columns that a user still lacks: those that are shown empty and, with unshown, those
// that are not shown.
func (j *writing) emptyIn(columns []string, shown export.User, unshown bool) (empty []string) {
	return export.EmptyIn(columns, shown, unshown, j.Element)
}
