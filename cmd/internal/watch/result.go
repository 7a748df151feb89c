package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/heldfile"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rejected"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// outcome is the result of a claimed file.
type outcome struct {
	*export.Report
	final    bool
	read     glance             // the file as it was just before it was read
	rejected []export.RowResult // rows to fix and drop again
	apart    bool               // the results stay with the claim: a later file has the same name, or the folder cannot take them
}

// result judges a run. A file is finished if every part of its run is, or if it cannot be used. Everything else is tried
// again, since the file did not cause it.
func (w *watcher) result(c claim, rep *export.Report, err error) *outcome {
	if err != nil {
		return w.failed(rep, err)
	}
	res := &outcome{Report: rep}
	late := res.Verdict.End == export.EndLate // a snapshot that is older than one that was planned
	res.final = late || res.Run != "" && !slices.ContainsFunc(res.Parts, isOpen)
	if !res.final {
		return res
	}
	for i, f := range res.Files {
		if claimOf(f.Path) == c.id {
			res.Files[i].Path = w.folder.donePath(c)
		}
	}
	for r := range res.Rows.All() {
		if r.Origin.File != c.name { // an earlier run has kept it and answered its file
			continue
		}
		if r.Outcome.Mendable() {
			res.rejected = append(res.rejected, r)
		}
	}
	return res
}

func isOpen(p export.Part) bool { return !p.State.Final() }

// waits reports whether all is done and only verdicts are missing. Later files may go on then, as they do in a run after
// this one.
func (o *outcome) waits() bool {
	return !o.final && o.Run != "" && (o.Exit == export.ExitStalled || o.Exit == export.ExitFailed)
}

// failed is the outcome of a run that ended with an error. rep, if there is one, has what was resumed before it.
func (w *watcher) failed(rep *export.Report, err error) *outcome {
	code := exit.Code(err)
	if rep == nil {
		rep = job.EmptyReport(exit.Ends[code], w.env.Now().UTC())
		rep.Exit = code
	}
	var unusable *export.UnusableFeedError
	res := &outcome{Report: rep, final: errors.As(err, &unusable)}
	rep.Files = []export.FeedFile{}
	rep.Because(err)
	if res.final {
		rep.Verdict.End = exit.Ends[export.ExitFeed]
	}
	return res
}

// others returns what was resumed without the runs of claims: those have results beside their own files.
func (w *watcher) others(resumed []*export.Report) (left []*export.Report) {
	for _, r := range resumed {
		if !w.claimed(r) {
			left = append(left, r)
		}
	}
	return left
}

// claimed reports whether a run is one of a claim.
func (w *watcher) claimed(r *export.Report) bool {
	return slices.ContainsFunc(r.Files, func(f export.FeedFile) bool { return filepath.Dir(filepath.Dir(f.Path)) == w.folder.claimed() })
}

// own returns the report of the run that planned the file, if an earlier start did. A file that is dropped a second time
// is still reported as seen.
func (w *watcher) own(path string, rep *export.Report) (*export.Report, error) {
	l, err := wiring.OpenLedger(w.env, w.ledger)
	if err != nil {
		return nil, err
	}
	defer l.Close() // only read from
	f, ok, err := l.SeenAt(path)
	if err != nil {
		return nil, err
	}
	if !ok || rep.Run == f.Run && rep.Verdict.End != export.EndSeen {
		if len(rep.Resumed)+len(rep.Unfilled) > 0 { // of other runs
			rep.Exit = rep.Alone
		}
		return rep, nil
	}
	if rep.Run != "" && rep.Run != f.Run {
		w.env.Log.WithField("run", rep.Run).Infof("resumed from earlier files: %s, %s", rep.Verdict, show.Sums(rep.Counts))
	}
	for _, r := range rep.Resumed {
		if r.Run == f.Run {
			return r, nil
		}
	}
	rec, _, err := l.Run(f.Run)
	if err != nil {
		return nil, err
	}
	return export.ReadReport(l, rec)
}

// write writes the results into the folder, last the one that others wait for, and then puts the file away.
func (w *watcher) write(ctx context.Context, c claim, res *outcome) (err error) {
	overtaken, err := w.folder.overtaken(c)
	if err != nil {
		return err
	}
	if res.apart = overtaken || w.apart[c.id]; !res.apart {
		err = w.answer(ctx, c, res, w.folder.dir)
		res.apart = err != nil
	}
	if res.apart {
		if failed := w.answer(ctx, c, res, w.folder.claimed(c.id)); failed != nil {
			return failed
		}
		if err != nil {
			w.keepApart(c, err)
		}
	}
	if !res.final {
		return nil
	}
	return w.putAway(c, w.finished(c, res))
}

// putAway ends a claim, and starts to watch for later writes to its file.
func (w *watcher) putAway(c claim, f *finished) error {
	now, changed, err := w.changed(f, w.folder.path(c))
	if changed {
		err = w.giveBack(f, w.folder.path(c), now)
	}
	if err != nil {
		return fmt.Errorf("find out whether %s was changed: %w", c.name, err)
	}
	if err := w.folder.finish(c); err != nil {
		return err
	}
	delete(w.apart, c.id)
	if !changed {
		w.late = append(w.late, f)
	}
	return nil
}

// answer writes the results of a claim into a folder.
func (w *watcher) answer(ctx context.Context, c claim, res *outcome, dir string) error {
	if len(res.rejected) > 0 {
		pipe, err := wiring.QuietPipeline(ctx, w.env, config.Options{FeedGiven: true})
		if err != nil {
			return err
		}
		f, err := pipe.OpenAnyAge([]string{w.folder.path(c)})
		if err != nil {
			return err
		}
		err = w.folder.publish(c, dir, rejected.Name(c.name), func(to io.Writer) error {
			n, err := f.Excerpt(to, res.rejected, w.env.Causes())
			if want := records(res.rejected); err == nil && n != want {
				w.env.Log.WithField(export.HintField, "correct "+c.name+" itself").Errorf("%s has %d of %d records: the config now reads %s differently than when it was planned", rejected.Name(c.name), n, want, c.name)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := w.answerHeld(c, res, dir); err != nil {
		return err
	}
	return w.folder.publish(c, dir, ResultName(c.name), func(to io.Writer) error { return show.WriteJSON(to, show.Explained(w.env, res.Report)) })
}

// answerHeld copies the file about a held run beside the claim's other results. The one in the ledger's folder stays.
func (w *watcher) answerHeld(c claim, res *outcome, dir string) error {
	path := heldfile.Find(w.ledger, res.Run)
	if res.State != export.RunHeld || path == "" {
		return nil
	}
	f, err := os.Open(path) // own file: it has our name, in the folder of the ledger
	if err != nil {
		return err
	}
	defer f.Close()
	res.HeldFile = HeldName(c.name)
	return w.folder.publish(c, dir, res.HeldFile, func(to io.Writer) error {
		_, err := io.Copy(to, f)
		return err
	})
}

// place returns where the results are, seen from the folder.
func (o *outcome) place(c claim) string {
	switch {
	case !o.apart:
		return ""
	case o.final:
		return ".hr2coupa/done/" + c.id + "/"
	}
	return ".hr2coupa/claimed/" + c.id + "/"
}

// records counts the records that went into rows.
func records(rows []export.RowResult) int {
	n := 0
	for _, r := range rows {
		n += r.Lines
	}
	return n
}

// print prints one line about a file's outcome. The result itself is in the folder: what a service prints ends up in a
// log, which must not hold personal data.
func (w *watcher) print(c claim, res *outcome) error {
	line := struct {
		File     string        `json:"file"`
		Run      string        `json:"run"`
		Verdict  string        `json:"verdict"`
		Exit     int           `json:"exit"`
		Final    bool          `json:"final"`
		Counts   export.Counts `json:"counts"`
		Result   string        `json:"result"`
		Rejected string        `json:"rejected,omitempty"`
	}{c.name, res.Run, res.Verdict.String(), res.Exit, res.final, res.Counts, res.place(c) + ResultName(c.name), ""}
	if len(res.rejected) > 0 {
		line.Rejected = res.place(c) + rejected.Name(c.name)
	}
	if res.Exit != export.ExitOK && res.Why != "" {
		export.LogHints(w.env.Log.WithField("file", c.name), res.Hint).Warn(res.Why)
	}
	if w.env.JSON {
		return json.NewEncoder(w.env.Stdout.JSON()).Encode(line)
	}
	text := fmt.Sprintf("%s: %s (%d)", c.name, res.Verdict, res.Exit)
	if res.Counts.Input > 0 {
		text += ": " + show.Sums(res.Counts)
	}
	if len(res.rejected) > 0 {
		text += "; fix the rows in " + line.Rejected
	}
	if !res.final {
		text += "; stays claimed"
	}
	return w.env.Stdout.Printf("%s\n", text)
}
