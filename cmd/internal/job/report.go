package job

import (
	"context"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// findings are what a start knows of a run and the ledger does not.
type findings struct {
	earlier bool             // the run is an earlier one, which this start goes on with or looks at
	lost    error            // why Coupa could not be asked about its parts; the runner may know more
	back    *export.ReadBack // what reading its people back came to; nil if no person was read back
	people  int              // how many the ledger knew when it was planned
	checked bool             // Coupa was asked about them
	beside  string           // the held run that it was planned beside
}

// report judges one run, writes what people have to fix of it, and records how it stands.
func (j *Job) report(ctx context.Context, run string, f findings) (*export.Report, error) {
	lost := f.lost
	if lost == nil {
		lost = j.runner.Lost()
	}
	creates, err := wiring.Creates(j.ledger, j.cfg, run)
	if err != nil {
		return nil, err
	}
	rep, err := export.NewReport(j.ledger, run, export.Finding{
		Undelivered: j.runner.Undelivered(), Lost: lost, NoWait: j.runner.NoWait, Earlier: f.earlier, Creates: creates, People: f.people,
		Before: func(rep *export.Report) { j.writeRejected(ctx, rep) },
	}, j.env.Now().UTC())
	if err != nil {
		return nil, err
	}
	rep.Checked, rep.Beside = f.checked, f.beside
	if f.back != nil {
		rep.ReadBack, rep.Drift = f.back, f.back.Drift
	}
	return rep, nil
}

// EmptyReport is the report of a start that has planned nothing.
func EmptyReport(end export.RunEnd, started time.Time) *export.Report {
	return &export.Report{
		Verdict: export.RunVerdict{End: end}, Counts: export.Counts{By: map[export.Outcome]int{}},
		Parts: []export.Part{}, Started: started,
	}
}
