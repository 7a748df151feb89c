package wiring

import (
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Latest, in the place of a run's id, means the newest run, or the held one for a command about held runs. No id is like it:
// they begin with a year.
const Latest = "latest"

// runFinder is what a ledger has to answer to find a run.
type runFinder interface {
	Run(id string) (rec export.RunRecord, ok bool, err error)
	Kept() (k *ledger.Kept, ok bool, err error)
}

// FindRun returns the run that a person names by its id or as Latest. It is a usage error (2) if there is none.
func FindRun(l runFinder, id string) (export.RunRecord, error) {
	if id == Latest {
		id = "" // for the ledger
	}
	rec, ok, err := l.Run(id)
	if err == nil && !ok {
		err = exit.NoRun(id)
	}
	return rec, err
}

// FindHeld is FindRun for a command about a held run: Latest is the one that is held.
func FindHeld(l runFinder, id string) (export.RunRecord, error) {
	if id == Latest {
		k, _, err := l.Kept()
		if err != nil {
			return export.RunRecord{}, err
		}
		if k == nil || len(k.Held) == 0 {
			return export.RunRecord{}, export.Hint(exit.Usage("no run is held"), "hr2coupa status lists the runs")
		}
		id = k.Run
	}
	return FindRun(l, id)
}
