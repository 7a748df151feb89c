package show

import (
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// UnfilledText prints each person that a call has left without a list, and what fills it. It is personal data: for stdout
// alone.
func UnfilledText(w *terminal.Text, people []export.Unfilled) {
	if len(people) == 0 {
		return
	}
	w.Printf("\nWithout lists that a call has emptied (%s)\n", words.Persons(len(people)))
	var rows [][]string
	for _, u := range people[:min(len(people), shownLines)] {
		rows = append(rows, []string{u.Row.Origin.String(), words.Dash(u.Row.Key), words.Dash(u.Row.Login), "Coupa id " + words.Dash(u.CoupaID), u.Says()})
	}
	w.Table(rows)
	if more := len(people) - len(rows); more > 0 {
		w.Printf("  and %d more: see --json\n", more)
	}
	for i, u := range people {
		if i == 0 || u.Part != people[i-1].Part {
			w.Printf("  %s: %s\n", u.Part, u.ToDo())
		}
	}
}
