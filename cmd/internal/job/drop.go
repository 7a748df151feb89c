package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/ready"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// DropOptions are the files of a manual drop, and what its flags allow.
type DropOptions struct {
	Files      []string
	Again      bool
	AllowEmpty bool
	NoWait     bool
}

// Drop sends files that are Coupa's users CSVs already, as they are. With one fault in one file nothing is sent (9).
func Drop(ctx context.Context, env *wiring.Env, o DropOptions) (*Started, error) {
	begun := env.Now().UTC()
	cfg, err := wiring.Load(ctx, env, config.Options{NeedSecrets: true, NoFeed: true, Route: config.RouteCSV})
	if err != nil {
		return nil, err
	}
	files, err := ready.Read(cfg, o.Files, o.AllowEmpty)
	if err != nil {
		return nil, err
	}
	return Start(ctx, env, cfg, Work{Command: "drop", NoWait: o.NoWait, Do: func(j *Job, earlier []*export.Report) (*export.Report, error) {
		return j.drop(ctx, files, o, earlier, begun)
	}})
}

func (j *Job) drop(ctx context.Context, files []ready.File, o DropOptions, earlier []*export.Report, started time.Time) (*export.Report, error) {
	if !o.Again {
		if done, err := j.droppedBefore(files, earlier); done != nil || err != nil {
			return done, err
		}
	}
	people, err := j.ledger.People()
	if err != nil {
		return nil, err
	}
	known, err := j.ledger.Known()
	if err != nil {
		return nil, err
	}
	kinds := ready.NewKinds(j.cfg, known)
	if err := j.withinLimits(files, kinds, people, started); err != nil {
		return nil, err
	}
	if err := j.untouchable(files, started); err != nil {
		return nil, err
	}
	if err := j.runner.Check(ctx); err != nil {
		return nil, err
	}
	id, err := j.planDrop(files, kinds, started)
	if err != nil {
		return nil, err
	}
	back, err := j.send(ctx, id)
	if err != nil {
		return nil, err
	}
	return j.report(id, findings{people: people, back: back})
}

// droppedBefore refuses bytes that were sent before and names the load they became.
//
// If this start has just finished that load, the same command was only repeated: done is the report that says so.
func (j *Job) droppedBefore(files []ready.File, earlier []*export.Report) (done *export.Report, err error) {
	var faults []error
	repeated := 0
	for _, f := range files {
		old, ok, err := j.ledger.SeenBytes(f.Feed.SHA256)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if slices.ContainsFunc(earlier, func(r *export.Report) bool { return r.Run == old.Run }) {
			repeated++
			continue
		}
		parts, err := j.ledger.Parts(old.Run)
		if err != nil {
			return nil, err
		}
		became := "run " + old.Run
		for _, p := range parts {
			if p.SHA256 == f.Feed.SHA256 {
				became = fmt.Sprintf("%s in run %s, load %s, %s", p.Name, old.Run, words.Dash(p.LoadID), p.State)
			}
		}
		faults = append(faults, export.Hint(fmt.Errorf("%s: the same bytes were dropped before, as %s", f.Feed.Name, became), "--again sends them once more"))
	}
	if len(faults) > 0 {
		return nil, &exit.Error{Code: export.ExitUsage, Err: errors.Join(faults...)}
	}
	if repeated == len(files) {
		done = EmptyReport(export.EndSeen, j.env.Now().UTC())
		for _, f := range files {
			done.Files = append(done.Files, f.Feed)
		}
		return done, nil
	}
	return nil, nil
}

// withinLimits refuses files that a limit holds.
func (j *Job) withinLimits(files []ready.File, kinds *ready.Kinds, people int, now time.Time) error {
	used, err := prospect.Usage(j.ledger, j.cfg, nil, now)
	if err != nil {
		return err
	}
	var faults []error
	limits := wiring.Limits(j.cfg)
	for _, b := range limits.Broken(kinds.Count(files, used), export.Seen{People: people}) {
		faults = append(faults, export.Hint(fmt.Errorf("held: %s", b), "%s", b.Hint()))
	}
	if len(faults) > 0 {
		return &exit.Error{Code: export.ExitHeld, Err: errors.Join(append(faults, errors.New("nothing was sent"))...)}
	}
	return nil
}

// untouchable refuses files with people who must not be changed, or not yet, each with its line.
func (j *Job) untouchable(files []ready.File, now time.Time) error {
	waiting, err := j.ledger.Waiting()
	if err != nil {
		return err
	}
	protects := wiring.Guard(j.cfg, now)
	var faults []error
	code := export.ExitFeed
	for _, f := range files {
		for _, r := range f.Sheet.Rows {
			at := export.Origin{File: f.Feed.Name, Line: r.Line}
			if protects != nil {
				if by := protects(r.Key, r.Login, ""); by != nil {
					faults = append(faults, fmt.Errorf("%s: %s", at, by.Why))
				}
			}
			if part, ok := waiting.Behind("", r.First, r.Login); ok {
				code = export.ExitStalled
				faults = append(faults, export.Hint(fmt.Errorf("%s: an earlier row of this person is in part %s, which has no verdict yet", at, part), "drop the file again once that part has one"))
			}
		}
	}
	if len(faults) > 0 {
		return &exit.Error{Code: code, Err: errors.Join(append(faults, errors.New("nothing was sent"))...)}
	}
	return nil
}

// planDrop writes the files into the ledger as they are, each as one part and, since they may build on each other, one
// wave.
func (j *Job) planDrop(files []ready.File, kinds *ready.Kinds, started time.Time) (string, error) {
	run, err := j.ledger.BeginRun(export.RunRecord{Command: "drop", Operator: j.env.By, Started: started})
	if err != nil {
		return "", err
	}
	tx, err := j.ledger.Plan(run.ID)
	if err != nil {
		return "", err
	}
	defer tx.Rollback()
	var seen []export.FeedFile
	hashes := make([]string, len(files))
	for i, f := range files {
		hashes[i] = f.Feed.SHA256
	}
	batch := planning.BatchHash(hashes)
	input := 0
	for i, f := range files {
		part := export.Part{
			Name: export.PartName(run.Started, batch, i+1, len(files), export.ByCSV), UserName: f.Feed.Name, Wave: i + 1,
			Rows: len(f.Sheet.Rows), Size: f.Feed.Size, SHA256: f.Feed.SHA256, State: export.Planned, Planned: run.Started,
			Columns: export.CarriedColumns(f.Sheet.Columns),
		}
		if part.ID, err = tx.AddPart(part, f.Data); err != nil {
			return "", err
		}
		for n, r := range f.Sheet.Rows {
			input++
			row := export.RowResult{
				Part: part.ID, PartRow: n + 1, Origin: export.Origin{File: f.Feed.Name, Line: r.Line}, Lines: 1,
				Key: r.Key, First: r.First, Login: r.Login, Outcome: export.Pending, Kinds: kinds.Of(f.Sheet, &f.Sheet.Rows[n]),
			}
			if err := tx.AddRow(row); err != nil {
				return "", err
			}
		}
		seen = append(seen, f.Feed)
	}
	return run.ID, tx.Commit(export.PlanSum{Files: seen, Input: input, Beside: true})
}
