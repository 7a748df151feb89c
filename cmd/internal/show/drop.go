package show

import (
	"github.com/hr2coupa/hr2coupa/cmd/internal/ready"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
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
}

// Drop prints what a drop would send: that of ready.Look.
func Drop(env *wiring.Env, d *ready.Judged) error {
	res := dropped{Files: make([]droppedFile, len(d.Files))}
	for i, f := range d.Files {
		res.Files[i] = droppedFile{FeedFile: f.Feed, Rows: len(f.Sheet.Rows), Columns: f.Sheet.Columns}
	}
	if env.JSON {
		return JSON(env, res)
	}
	w := env.Stdout.Text()
	for _, f := range res.Files {
		w.Printf("%s would be sent: %s, %d bytes\n", f.Name, export.Plural(f.Rows, "row"), f.Size)
	}
	w.Printf("nothing was sent or recorded\n")
	return w.Err()
}
