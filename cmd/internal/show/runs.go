package show

import (
	"fmt"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// lookMark stands before the verdict of a run that needs a look, so that it is seen without colours too.
const lookMark = "! "

// Runs prints a list of runs, and the people whom a call has left without a list.
func Runs(env *wiring.Env, runs []export.RunRecord, people []export.Unfilled) error {
	if env.JSON {
		return JSON(env, struct {
			Runs     []export.RunRecord `json:"runs"`
			Unfilled []export.Unfilled  `json:"unfilled,omitempty"`
		}{runs, people})
	}
	w := env.Stdout.Text()
	rows := [][]string{{"RUN", "COMMAND", "STATE", "VERDICT", "EXIT", "RECORDS", "FILES"}}
	tones, look := []terminal.Tone{0}, false
	for _, r := range runs {
		verdict, code, tone := r.Verdict.String(), fmt.Sprint(r.Exit), toneOf(r.Exit)
		switch {
		case r.State == export.RunWorking && r.Verdict.End == "":
			verdict, code, tone = words.Dash(verdict), "-", 0
		case r.Exit != export.ExitOK:
			verdict, look = lookMark+verdict, true
		}
		rows = append(rows, []string{r.ID, r.Command, string(r.State), verdict, code, fmt.Sprint(r.Input), words.FileNames(r.Files)})
		tones = append(tones, tone)
	}
	w.TonedTable(rows, 3, tones)
	if look {
		w.Printf("\n%sneeds a look: hr2coupa status RUN\n", lookMark)
	}
	UnfilledText(w, people)
	return w.Err()
}
