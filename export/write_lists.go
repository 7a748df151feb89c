package export

import (
	"context"
	"fmt"
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

func emptiedNote(w Write) string {
	var texts []string
	for column, names := range w.Emptied {
		texts = append(texts, column+" ("+strings.Join(names, ", ")+")")
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}

func (j *writing) restore(ctx context.Context, w Write) error {
	var cells []ElementCell
	for i, column := range j.columns {
		if names, ok := w.Emptied[column]; ok && len(names) > 0 {
			cells = append(cells, ElementCell{j.elements[i], Cell{Text: strings.Join(names, ","), State: Set}})
		}
	}
	if cells == nil {
		return nil
	}
	after, err := j.Users.Update(ctx, w.CoupaID, cells)
	if err != nil {
		return err
	}
	if drifted := driftedIn(cells, after); drifted != nil {
		return fmt.Errorf("coupa shows another value in %s", strings.Join(drifted, ", "))
	}
	return nil
}
