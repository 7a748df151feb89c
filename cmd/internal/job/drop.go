package job

import (
	"context"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/ready"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// DropOptions are the files of a manual drop, and what its flags allow.
type DropOptions struct {
	ready.Options
	NoWait bool
}

// Drop sends files that are Coupa's users CSVs already: as they are, or converted as their person has asked. With one fault in one file nothing is sent (9).
func Drop(ctx context.Context, env *wiring.Env, o DropOptions) (*Started, error) {
	begun := env.Now().UTC()
	cfg, err := wiring.Load(ctx, env, config.Options{NeedSecrets: true, NoFeed: true, Route: config.RouteCSV})
	if err != nil {
		return nil, err
	}
	files, err := ready.Read(cfg, o.Options, begun)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		for _, c := range f.Changes {
			env.Log.Infof("%s is converted: %s", f.Feed.Name, c) // the result says it too
		}
	}
	s, err := Start(ctx, env, cfg, Work{Command: "drop", NoWait: o.NoWait, Do: func(j *Job, earlier []*export.Report) (*export.Report, error) {
		return j.drop(ctx, files, o, earlier, begun)
	}})
	s.Dropped = files
	return s, err
}

func (j *Job) drop(ctx context.Context, files []ready.File, o DropOptions, earlier []*export.Report, started time.Time) (*export.Report, error) {
	ask := ready.Ask{Config: j.cfg, Ledger: j.ledger, Log: j.env.Log, Now: started, Resumed: earlier, Env: j.env}
	if j.cfg.Preflight {
		ask.Client = j.wires.Client
	}
	d, err := ready.Judge(ctx, files, o.Options, ask)
	switch {
	case err != nil:
		return nil, err
	case d.Repeated:
		return j.repeated(files), nil
	}
	if err := j.runner.Check(ctx); err != nil {
		return nil, err
	}
	if err := d.Keep(); err != nil {
		return nil, err
	}
	id, err := j.planDrop(d, started)
	if err != nil {
		return nil, err
	}
	back, err := j.send(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, l := range d.Left {
		j.env.Log.Warnf("not sent of %s: %s", l.Name, l)
	}
	return j.report(ctx, id, findings{people: d.People, checked: d.Checked, back: back})
}

// repeated returns the report of a drop whose files this start has just finished sending.
func (j *Job) repeated(files []ready.File) *export.Report {
	rep := EmptyReport(export.EndSeen, j.env.Now().UTC())
	for _, f := range files {
		rep.Files = append(rep.Files, f.Feed)
	}
	return rep
}

// planDrop writes what is sent of the files into the ledger, each as one part and, since they may build on each other, one
// wave.
func (j *Job) planDrop(d *ready.Judged, started time.Time) (string, error) {
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
	hashes := make([]string, len(d.Files))
	for i, f := range d.Files {
		hashes[i] = f.Sent.SHA256
	}
	batch := planning.BatchHash(hashes)
	input := 0
	for i, f := range d.Files {
		part := export.Part{
			Name: export.PartName(run.Started, batch, i+1, len(d.Files), export.ByCSV), UserName: f.Sent.Name, Wave: i + 1,
			Rows: len(f.Sheet.Rows), Size: f.Sent.Size, SHA256: f.Sent.SHA256, State: export.Planned, Planned: run.Started,
			Columns: export.CarriedColumns(f.Sheet.Columns),
		}
		if part.ID, err = tx.AddPart(part, f.Data); err != nil {
			return "", err
		}
		for n, r := range f.Sheet.Rows {
			input++
			row := export.RowResult{
				Part: part.ID, PartRow: n + 1, Origin: export.Origin{File: f.Feed.Name, Line: r.Line}, Lines: 1,
				Key: r.Key, First: r.First, Login: r.Login, Outcome: export.Pending,
			}
			d.Changes(i, n, &row)
			if err := tx.AddRow(row); err != nil {
				return "", err
			}
		}
		seen = append(seen, f.Feed)
		if f.Sent != f.Feed { // neither of the two goes once more
			seen = append(seen, f.Sent)
		}
	}
	for _, l := range d.Left {
		for _, row := range l.Rows {
			input++
			if err := tx.AddRow(row); err != nil {
				return "", err
			}
		}
	}
	return run.ID, tx.Commit(export.PlanSum{Files: seen, Input: input, Beside: true})
}
