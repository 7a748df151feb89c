package show

import (
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/export"
)

// causesText prints what is behind the rows and who has to act.
func causesText(w *terminal.Text, counts []export.CauseCount) {
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
		w.Printf("  %s: %s\n", rows, c.Meaning)
		if c.Todo != "" {
			w.Printf("    %s\n", c.Todo)
		}
	}
}
