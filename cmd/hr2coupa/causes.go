package main

import (
	"sync"

	"github.com/hr2coupa/hr2coupa/cmd/terminal"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
)

// causes finds what is behind a row's messages. Its table is part of the program: a broken one is a bug, found by a test.
var causes = sync.OnceValue(func() *export.Causes {
	var tails []export.Tail
	for _, c := range templates.Causes() {
		tails = append(tails, export.Tail{Text: c.Tail, Cause: export.Cause{Name: c.Name, Meaning: c.Meaning, Todo: c.Todo, Owner: c.Owner}})
	}
	c, err := export.NewCauses(tails)
	if err != nil {
		panic("templates: causes: " + err.Error())
	}
	return c
})

// explained gives a report, and those of the runs that it went on with, their causes.
func explained(rep *export.Report) *export.Report {
	rep.Explain(causes())
	for _, r := range rep.Resumed {
		explained(r)
	}
	return rep
}

// causesText says what is behind the rows and whose task it is.
func causesText(w *terminal.Text, counts []export.CauseCount) {
	if len(counts) == 0 {
		return
	}
	w.Printf("\nCauses\n")
	for _, c := range counts {
		rows := plural(c.Rows, "row")
		if c.Records > c.Rows {
			rows += ", " + plural(c.Records, "record")
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
