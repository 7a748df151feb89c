package main

import (
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
)

// forgotten finds the files of held runs that no later run has planned, whichever name they had: HR has overwritten or
// removed them, and what they say has reached nobody. runs are newest first.
func forgotten(runs []export.RunRecord) []export.SeenFile {
	planned := map[string]bool{} // by hash: taken up by a later run, held again or not
	var out []export.SeenFile
	for _, r := range runs {
		if r.Command != "run" {
			continue
		}
		for _, f := range r.Files {
			if r.State == export.RunHeld && !planned[f.SHA256] {
				out = append(out, export.SeenFile{FeedFile: f, Run: r.ID, RunState: r.State})
			}
			planned[f.SHA256] = true
		}
	}
	return out
}

// allRuns is more runs than a ledger holds in ten years of nights.
const allRuns = 10_000

// tellForgotten keeps a start from ending well while records of an earlier held run are in no feed any more.
func (j *job) tellForgotten(rep *export.Report) error {
	if rep == nil {
		return nil
	}
	runs, err := j.ledger.Runs(allRuns)
	if err != nil {
		return err
	}
	for _, f := range forgotten(runs) {
		if f.Run == rep.Run {
			continue // held just now, and told as such
		}
		rep.Held = append(rep.Held, fmt.Sprintf("the records of %s (run %s) were never sent, and the feed does not hold that file any more; put it back and raise the limit, or give them up: hr2coupa settle %s rejected --by NAME", f.Name, f.Run, f.Run))
		rep.Exit = export.WorstExit(rep.Exit, export.ExitHeld)
	}
	return nil
}
