package show

import (
	"context"
	"errors"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/ready"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/spreadsheet"
)

// dropped is a drop that was only looked at, as JSON has it.
type dropped struct {
	Exit  int           `json:"exit"`
	Files []droppedFile `json:"files"`

	Checked bool          `json:"checked"` // false: Coupa was not asked which people it knows
	Left    []droppedLeft `json:"left,omitempty"`
}

// droppedLeft is what would stay of a file.
type droppedLeft struct {
	Name string             `json:"name"`
	Path string             `json:"path"` // where the rows would be
	Rows []export.RowResult `json:"rows"`
}

type droppedFile struct {
	export.FeedFile
	Rows    int      `json:"rows"`
	Columns []string `json:"columns"`

	Changes []spreadsheet.Change `json:"converted,omitempty"`
}

// Drop prints what a drop would send: that of ready.Look.
func Drop(env *wiring.Env, d *ready.Judged) error {
	res := dropped{Files: make([]droppedFile, len(d.Files)), Checked: d.Checked}
	for _, l := range d.Left {
		res.Exit = export.ExitPartial
		res.Left = append(res.Left, droppedLeft{l.Name, l.Path, l.Rows})
	}
	for i, f := range d.Files {
		res.Files[i] = droppedFile{FeedFile: f.Sent, Rows: len(f.Sheet.Rows), Columns: f.Sheet.Columns, Changes: f.Changes}
	}
	if env.JSON {
		return exit.With(res.Exit, JSON(env, res))
	}
	w := env.Stdout.Text()
	for _, f := range res.Files {
		w.Printf("%s would be sent: %s, %d bytes\n", f.Name, export.Plural(f.Rows, "row"), f.Size)
	}
	convertedText(w, d.Files, " is converted")
	for _, l := range res.Left {
		w.Printf("%s of %s would stay, in %s:\n", export.Plural(len(l.Rows), "row"), l.Name, l.Path)
		shown := l.Rows
		if !env.All {
			shown = shown[:min(len(shown), shownRows)]
		}
		for _, r := range shown {
			w.Lines("  ", r.Origin.String()+": "+valued(r.Faults))
		}
		if more := len(l.Rows) - len(shown); more > 0 {
			w.Printf("  and %d more: --all shows them\n", more)
		}
	}
	if d.Checked {
		w.Printf("checked: Coupa was asked about these people\n")
	}
	w.Printf("nothing was sent or recorded\n")
	return exit.With(res.Exit, w.Err())
}

// convertedText prints what is not as its file has it.
func convertedText(w *terminal.Text, files []ready.File, verb string) {
	for _, f := range files {
		for _, c := range f.Changes {
			w.Printf("  %s%s: %s\n", f.Feed.Name, verb, c)
		}
	}
}

// convertedFile is what was changed of a file, as JSON has it.
type convertedFile struct {
	Name    string               `json:"name"`
	Changes []spreadsheet.Change `json:"changes"`
}

// ConcludeDrop is ConcludeReport for a drop. A result says first what of the files was converted before it was sent.
func ConcludeDrop(ctx context.Context, env *wiring.Env, s *job.Started, err error) error {
	if s == nil || s.Rep == nil || s.Rep.Run == "" || errors.Is(err, exit.ErrInterrupted) {
		return ConcludeReport(ctx, env, s, err)
	}
	var converted []convertedFile
	for _, f := range s.Dropped {
		if len(f.Changes) > 0 {
			converted = append(converted, convertedFile{f.Feed.Name, f.Changes})
		}
	}
	if converted == nil {
		return ConcludeReport(ctx, env, s, err)
	}
	return Conclude(ctx, env, s, err, s.Rep.Exit, func() error {
		if env.JSON {
			return JSON(env, struct {
				*export.Report
				Converted []convertedFile `json:"converted"`
			}{Explained(env, s.Rep), converted})
		}
		w := env.Stdout.Text()
		w.Printf("Converted\n")
		convertedText(w, s.Dropped, "")
		w.Printf("\n")
		return errors.Join(w.Err(), Report(env, s.Rep))
	})
}
