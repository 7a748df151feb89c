package job

import (
	"context"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/trust"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// first does what a person asks for before a run goes on with what is unfinished: it accepts the ledger as it is, or plans
// rows again whose parts are in doubt.
func (j *Job) first(ctx context.Context, pipe *wiring.Pipeline, o RunOptions, doubt *trust.Suspicion) (*export.Report, error) {
	if doubt != nil && (o.Adopt || o.NewLedger) {
		if done, err := j.accept(pipe, o, doubt); done != nil || err != nil {
			return done, err
		}
	}
	if o.Again {
		return nil, j.yield(ctx, pipe, o)
	}
	return nil, nil
}

// yield settles as not applied the parts of seen files that are in doubt, so that what waits behind them goes on and their
// rows can be planned again. A person says so with --again, after a look into Coupa. What a run had kept of a file is in the
// parts of a later one.
func (j *Job) yield(ctx context.Context, pipe *wiring.Pipeline, o RunOptions) error {
	files, err := j.files(pipe, o.Files, j.env.Now().UTC())
	if err != nil {
		return err
	}
	runs := map[string]bool{}
	for _, f := range files {
		if f.Seen == nil {
			continue
		}
		for _, run := range append([]string{f.Seen.Run}, f.Seen.Later...) {
			runs[run] = true
		}
	}
	parts, err := j.ledger.Unfinished()
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.State != export.InDoubt || !runs[p.Run] {
			continue
		}
		p.State, p.Verdict, p.Notes = export.Settled, export.VerdictByHand, export.Noted(export.PartNote{Kind: export.NoteAgain})
		if err := j.ledger.Settle(p, export.Rejected, nil); err != nil {
			return err
		}
		j.env.Log.WithField("part", p.Name).Warn(p.Notes.Text())
		if _, err := j.report(ctx, p.Run, findings{earlier: true}); err != nil { // its state has changed
			return err
		}
	}
	return nil
}

// files opens the feed, and returns its files with what was planned of them before.
func (j *Job) files(pipe *wiring.Pipeline, args []string, now time.Time) ([]prospect.File, error) {
	feed, err := pipe.Open(pipe.Patterns(args), now)
	if err != nil {
		return nil, err
	}
	return prospect.Files(j.ledger, feed.Files(), false)
}

// fresh returns the feed's files that were not planned before.
func (j *Job) fresh(pipe *wiring.Pipeline, args []string, now time.Time) (fresh []export.FeedFile, err error) {
	files, err := j.files(pipe, args, now)
	for _, f := range files {
		if f.Seen == nil {
			fresh = append(fresh, f.FeedFile)
		}
	}
	return fresh, err
}

// accept records that a person accepts the ledger, so that no later start asks again. done is the report of --adopt.
func (j *Job) accept(pipe *wiring.Pipeline, o RunOptions, s *trust.Suspicion) (done *export.Report, err error) {
	started := j.env.Now().UTC()
	if !o.Adopt {
		id, err := j.blank(export.EndNewLedger, nil, started)
		if err == nil {
			j.env.Log.WithField("run", id).Infof("the ledger is taken as it is; unknown to it: %s", export.Plural(len(s.Unknown), "file"))
		}
		return nil, err
	}
	files, err := j.fresh(pipe, o.Files, started)
	if err != nil {
		return nil, err
	}
	rep := EmptyReport(export.EndAdopted, started)
	rep.Files, rep.UnknownFiles, rep.Why = files, s.Unknown, adopted(files)
	rep.Run, err = j.blank(export.EndAdopted, files, started)
	return rep, err
}

// blank records a run that has seen files and has no records.
func (j *Job) blank(end export.RunEnd, files []export.FeedFile, started time.Time) (id string, err error) {
	rec, err := j.ledger.BeginRun(export.RunRecord{Command: "run", Operator: j.env.By, Started: started})
	if err != nil {
		return "", err
	}
	tx, err := j.ledger.Plan(rec.ID)
	if err != nil {
		return "", err
	}
	if err := tx.Commit(export.PlanSum{Files: files, Beside: true}); err != nil {
		return "", err
	}
	rec.State, rec.Ended, rec.Verdict = export.RunEnded, j.env.Now().UTC(), export.RunVerdict{End: end}
	return rec.ID, j.ledger.EndRun(rec)
}

func adopted(files []export.FeedFile) string {
	if len(files) == 0 {
		return "no file of the feed is new; nothing was to be marked"
	}
	lines := []string{"marked as seen, nothing of them is sent:"}
	for _, f := range files {
		lines = append(lines, "  "+export.Plain(f.Name))
	}
	return strings.Join(lines, "\n")
}
