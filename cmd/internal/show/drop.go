package show

import (
	"github.com/hr2coupa/hr2coupa/cmd/internal/ready"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/spreadsheet"
)

// dropped is a drop that was only looked at, as JSON has it.
type dropped struct {
	Exit  int           `json:"exit"`
	Files []droppedFile `json:"files"`
}

type droppedFile struct {
	export.FeedFile
	Rows    int      `json:"rows"`
	Columns []string `json:"columns"`

	Changes []spreadsheet.Change `json:"converted,omitempty"`
}

// Drop prints what a drop would send: that of ready.Look.
func Drop(env *wiring.Env, d *ready.Judged) error {
	res := dropped{Files: make([]droppedFile, len(d.Files))}
	for i, f := range d.Files {
		res.Files[i] = droppedFile{FeedFile: f.Sent, Rows: len(f.Sheet.Rows), Columns: f.Sheet.Columns, Changes: f.Changes}
	}
	if env.JSON {
		return JSON(env, res)
	}
	w := env.Stdout.Text()
	for _, f := range res.Files {
		w.Printf("%s would be sent: %s, %d bytes\n", f.Name, export.Plural(f.Rows, "row"), f.Size)
	}
	for _, f := range d.Files {
		for _, c := range f.Changes {
			w.Printf("  %s is converted: %s\n", f.Feed.Name, c)
		}
	}
	w.Printf("nothing was sent or recorded\n")
	return w.Err()
}
