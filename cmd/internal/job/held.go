package job

import (
	"github.com/hr2coupa/hr2coupa/cmd/internal/heldfile"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rejected"
	"github.com/hr2coupa/hr2coupa/export"
)

// sweepHeld removes the files about runs that are not held any more. Values of people stay in them no longer than in the
// ledger. The error is one of the ledger: a file that cannot be removed ends no start.
func (j *Job) sweepHeld() error {
	var unread error
	err := heldfile.Sweep(j.cfg.Ledger, j.env.Now().Add(-j.cfg.Retention.Values), func(run string) (bool, error) {
		rec, ok, err := j.ledger.Run(run)
		unread = err
		return ok && (rec.State == export.RunHeld || rec.State == export.RunWorking), err
	})
	if err == nil {
		err = rejected.Sweep(j.cfg.Ledger, j.env.Now().Add(-j.cfg.Retention.Values))
	}
	if err != nil && unread == nil {
		export.LogHints(j.env.Log, export.HintsOf(err)...).Warnf("remove files about runs that are no longer held: %v", err)
	}
	return unread
}

// closeHeld ends the file about a run that was planned. held says that it stays, since the run is held.
func (j *Job) closeHeld(w *heldfile.Writer, held bool) {
	if err := w.Close(held); err != nil {
		export.LogHints(j.env.Log, export.HintsOf(err)...).Warnf("there is no file with everyone who is held: %v", err)
	}
}

// nameHeld puts into the report of a held run whom the limits count. A run that was planned a moment ago knows what would
// change of them.
func (j *Job) nameHeld(rep *export.Report, planned *heldfile.Writer) error {
	if rep.State != export.RunHeld {
		return nil
	}
	rep.HeldFile = heldfile.Find(j.cfg.Ledger, rep.Run)
	if planned != nil {
		rep.HeldBy = planned.Limits
		return nil
	}
	return rep.NameHeld()
}
