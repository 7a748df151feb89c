package show

import (
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/export"
)

// causesText prints what is behind the rows and who has to act, in lines of that width; 0 folds nothing.
func causesText(w *terminal.Text, counts []export.CauseCount, width int) {
	if len(counts) == 0 {
		return
	}
	w.Printf("\nCauses\n")
	for _, c := range counts {
		rows := export.Plural(c.Rows, "row")
		if c.Records > c.Rows {
			rows += ", " + export.Plural(c.Records, "record")
		}
		if c.Owner != "" {
			rows += ", for " + c.Owner
		}
		w.Lines("  ", terminal.Fold(rows+": "+c.Meaning, "  ", width-2)...)
		if c.Config != nil {
			c.Todo = strings.Join(c.Config, ", ") + ": " + c.Todo
		}
		if c.Todo != "" {
			w.Lines("    ", terminal.Fold(c.Todo, "  ", width-4)...)
		}
	}
}
