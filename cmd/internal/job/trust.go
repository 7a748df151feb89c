package job

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/trust"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// A ledger that was lost, restored or copied does not know what was sent since, and would send it again. What was sent is
// known outside it too: in Coupa's list of loads, and in the mark beside the config.

// trust decides whether a start may go on with its ledger. done is its report where it may not, or where that was all
// that was asked for.
func (j *Job) trust(ctx context.Context, pipe *wiring.Pipeline, o RunOptions) (done *export.Report, err error) {
	if j.env.Apart {
		return nil, nil
	}
	s, err := trust.Suspect(ctx, j.cfg, j.ledger, j.wires.Lists, j.env.Now(), false)
	if err != nil {
		return nil, err
	}
	accepted := o.Adopt || o.NewLedger
	if s.Grave() && !accepted {
		if j.cfg.HoldUnknown {
			return j.distrusted(s)
		}
		j.env.Log.Warn(s.Says() + "; was the ledger lost, restored or copied? What it does not know is sent again (docs/operations.md, A lost ledger)")
		if len(s.Unknown) > 0 {
			j.unknown, j.teller.Unknown = s.Unknown, []string{s.Says()}
		}
	}
	j.marked = true
	if err := j.alreadySent(s.Sent); err != nil {
		return nil, err
	}
	if !accepted {
		return nil, nil
	}
	return j.accept(pipe, o, s)
}

// distrusted is the report of a start that sends nothing because of its ledger.
func (j *Job) distrusted(s *trust.Suspicion) (*export.Report, error) {
	if not := (*export.NotDeliveredError)(nil); len(s.Unknown) == 0 && errors.As(s.Unasked, &not) {
		return nil, s.Unasked
	}
	rep := EmptyReport(export.EndUnknownFiles, j.env.Now().UTC())
	rep.Exit, rep.UnknownFiles = export.ExitHeld, s.Unknown
	rep.Why = "nothing is sent (ledger_unknown: hold): " + s.Says()
	j.teller.Unknown = []string{s.Says()}
	return rep, nil
}

// afterDistrust is what to do about it.
var AfterDistrust = []string{
	"if the ledger was lost, restored or copied: put the newest one back, or hr2coupa run --adopt, which marks the feed files of this start as seen and sends nothing of them",
	"if the ledger is new, or others have sent these: hr2coupa run --new-ledger, which sends all that the ledger does not know",
}

// alreadySent moves on parts that the ledger takes for unsent and that Coupa has: the ledger is older than their sending.
func (j *Job) alreadySent(sent map[string]bool) error {
	parts, err := j.ledger.Unfinished()
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.Route != export.ByCSV || !sent[p.Name] || p.State != export.Planned && p.State != export.Staged {
			continue
		}
		p.Note = "it was sent already, says Coupa or the mark beside the config"
		j.env.Log.WithField("part", p.Name).Warn(p.Note + "; it is not sent again")
		for _, next := range []export.PartState{export.Renaming, export.Delivered} {
			if p.State = next; next == export.Delivered {
				p.Sent = j.env.Now()
			}
			if err := j.ledger.Move(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// accept writes a person's word about the ledger down, so that no later start asks again. done is the report of --adopt.
func (j *Job) accept(pipe *wiring.Pipeline, o RunOptions, s *trust.Suspicion) (done *export.Report, err error) {
	started := j.env.Now().UTC()
	if !o.Adopt {
		id, err := j.blank(export.EndNewLedger, nil, started)
		if err == nil {
			j.env.Log.WithField("run", id).Infof("the ledger is taken as it is; unknown to it: %s", words.Plural(len(s.Unknown), "file"))
		}
		return nil, err
	}
	var files []export.FeedFile
	fresh, _, err := j.feed(pipe, RunOptions{Files: o.Files}, started)
	if err != nil {
		return nil, err
	}
	if fresh != nil {
		files = fresh.Files()
	}
	rep := EmptyReport(export.EndAdopted, started)
	rep.Files, rep.UnknownFiles, rep.Why = files, s.Unknown, adopted(files)
	rep.Run, err = j.blank(export.EndAdopted, files, started)
	return rep, err
}

// blank records a run that has seen files and has no records.
func (j *Job) blank(end export.RunEnd, files []export.FeedFile, started time.Time) (id string, err error) {
	rec := export.RunRecord{Command: j.command, Started: started, State: export.RunEnded, Verdict: export.RunVerdict{End: end}}
	if rec.ID, err = j.ledger.BeginRun(rec); err != nil {
		return "", err
	}
	tx, err := j.ledger.Plan(rec.ID)
	if err != nil {
		return "", err
	}
	if err := tx.Commit(export.PlanSum{Files: files, Beside: true}); err != nil {
		return "", err
	}
	rec.Ended = j.env.Now().UTC()
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

// keepMark writes how far the ledger has come. That it cannot be written breaks no run; doctor tells.
func (j *Job) keepMark() {
	if !j.marked {
		return
	}
	water, err := j.past.Water(j.env.Now().Add(-trust.Remembered))
	if err == nil {
		err = trust.WriteMark(j.cfg, water, j.env.Now())
	}
	if err != nil {
		j.env.Log.Debugf("how far the ledger has come is not written down beside the config: %v", err)
	}
}
