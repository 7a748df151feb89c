package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// outcome is what a claimed file has come to.
type outcome struct {
	*export.Report
	final    bool
	rejected []export.RowResult // rows to be mended
}

// result judges what a run has come to. A file has its end when every part of its run has one, or where it cannot be
// used. Everything else is tried again: what stood in the way is not the file's fault.
func (w *watcher) result(c claim, rep *export.Report, err error) (*outcome, error) {
	if err != nil {
		return w.failed(c, rep, err), nil
	}
	res := &outcome{Report: rep}
	if rep.Verdict == "seen" {
		if res.Report, err = w.recorded(c, rep); err != nil {
			return nil, err
		}
	}
	res.final = res.Run != "" && !slices.ContainsFunc(res.Parts, func(p export.Part) bool { return !p.State.Final() })
	if !res.final {
		return res, nil
	}
	for i, f := range res.Files {
		if claimOf(f.Path) == c.id {
			res.Files[i].Path = w.folder.kept(c)
		}
	}
	for _, r := range res.Rows {
		if r.Origin.File != c.name { // an earlier run has kept it; its file was answered then
			continue
		}
		if r.Outcome.Mendable() {
			res.rejected = append(res.rejected, r)
		}
	}
	return res, nil
}

// failed is the outcome where a run ended with an error. rep, where there is one, has what was resumed before it.
func (w *watcher) failed(c claim, rep *export.Report, err error) *outcome {
	code := exitCode(err)
	if rep == nil {
		rep = emptyReport(failures[code], w.a.now().UTC())
		rep.Exit = code
	}
	var unusable *export.UnusableFeedError
	res := &outcome{Report: rep, final: errors.As(err, &unusable)}
	rep.Why, rep.Files = err.Error(), []export.FeedFile{}
	if res.final {
		rep.Verdict = failures[export.ExitFeed]
	}
	return res
}

// recorded gives the report of the run that this very claim became, where a start before this one has planned it. A file
// that was dropped once more stays what it is: seen.
func (w *watcher) recorded(c claim, seen *export.Report) (*export.Report, error) {
	l, err := ledger.Open(ledger.Options{Dir: w.ledger, Now: w.a.now})
	if err != nil {
		return nil, err
	}
	defer l.Close() // only read from
	rec, ok, err := l.Run(seen.Run)
	if err != nil {
		return nil, err
	}
	if !ok || !slices.ContainsFunc(rec.Files, func(f export.FeedFile) bool { return claimOf(f.Path) == c.id }) {
		return seen, nil
	}
	rep, err := export.ReadReport(l, rec)
	if err != nil {
		return nil, err
	}
	rep.Held = seen.Held
	for _, r := range seen.Resumed {
		if r.Run != rep.Run {
			rep.Resumed = append(rep.Resumed, r)
		}
	}
	rep.Exit = export.WorstExit(rep.Exit, seen.Exit)
	return rep, nil
}

// write puts the results into the folder, the one that others wait for last, and then the file away.
func (w *watcher) write(ctx context.Context, c claim, res *outcome) error {
	if len(res.rejected) > 0 {
		pipe, err := w.a.quietPipeline(ctx, config.Options{FeedGiven: true})
		if err != nil {
			return err
		}
		f, err := pipe.openAnyAge([]string{w.folder.path(c)})
		if err != nil {
			return err
		}
		err = w.folder.publish(c, rejectedName(c.name), func(to io.Writer) error {
			n, err := f.Excerpt(to, res.rejected, causes())
			if want := records(res.rejected); err == nil && n != want {
				w.a.log.Errorf("%s holds %d of %d records: the config reads %s in another way than when it was planned; mend the file itself", rejectedName(c.name), n, want, c.name)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	err := w.folder.publish(c, c.name+resultEnding, func(to io.Writer) error { return writeJSON(to, explained(res.Report)) })
	if err != nil || !res.final {
		return err
	}
	return w.folder.finish(c)
}

// records counts the records that went into rows.
func records(rows []export.RowResult) int {
	n := 0
	for _, r := range rows {
		n += r.Lines
	}
	return n
}

// tell says in one line what a file came to. The result itself lies in the folder: what a service prints ends up in a
// log, which must not hold personal data.
func (w *watcher) tell(c claim, res *outcome) error {
	line := struct {
		File     string        `json:"file"`
		Run      string        `json:"run"`
		Verdict  string        `json:"verdict"`
		Exit     int           `json:"exit"`
		Final    bool          `json:"final"`
		Counts   export.Counts `json:"counts"`
		Result   string        `json:"result"`
		Rejected string        `json:"rejected,omitempty"`
	}{c.name, res.Run, res.Verdict, res.Exit, res.final, res.Counts, c.name + resultEnding, ""}
	if len(res.rejected) > 0 {
		line.Rejected = rejectedName(c.name)
	}
	if res.Exit != export.ExitOK && res.Why != "" {
		w.a.log.WithField("file", c.name).Warn(res.Why)
	}
	if w.a.json {
		w.a.printed = true
		return json.NewEncoder(w.a.stdout).Encode(line)
	}
	text := fmt.Sprintf("%s: %s (%d)", clean(c.name), res.Verdict, res.Exit)
	if res.Counts.Input > 0 {
		text += ": " + sums(res.Counts)
	}
	if len(res.rejected) > 0 {
		text += "; mend " + clean(line.Rejected)
	}
	if !res.final {
		text += "; stays claimed"
	}
	_, err := fmt.Fprintln(w.a.stdout, text)
	return err
}
