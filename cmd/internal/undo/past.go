package undo

import (
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/undone"
)

// Ledger is what an undo asks the ledger.
type Ledger interface {
	Run(id string) (rec export.RunRecord, ok bool, err error)
	Kept() (k *ledger.Kept, ok bool, err error)
	Seen(name string) (f export.SeenFile, ok bool, err error)
	Taken(run string, f func(export.RowResult) error) error
	Waiting() (*baseline.Waiting, error)
	Known() (*baseline.KnownPeople, error)
}

// person is one whom the run has changed.
type person struct {
	key     string // HR's, or of a dropped row what its file calls the person
	id      string // Coupa's
	login   string
	created bool
	cells   []export.CellChange
}

// undoable returns the run that a person names, or why it cannot be undone: a usage error (2).
func undoable(l Ledger, id string) (export.RunRecord, error) {
	run, err := wiring.FindRun(l, id)
	if err != nil {
		return run, err
	}
	switch {
	case run.State == export.RunHeld:
		return run, export.Hint(exit.Usage("run %s is held: nothing of it was sent, so nothing is to be undone", run.ID), "hr2coupa settle %s rejected --by NAME gives it up", run.ID)
	case run.State != export.RunEnded:
		return run, export.Hint(exit.Usage("run %s is still open: what becomes of its parts is not known yet", run.ID), "hr2coupa run goes on with it; hr2coupa status %s shows what is open", run.ID)
	}
	return run, undoneBefore(l, run.ID)
}

// undoneBefore returns an error if a run was undone. An undo that is held, that was given up or of which rows were refused may be
// said again: it takes up what is not undone yet.
func undoneBefore(l Ledger, run string) error {
	by, ok, err := l.Seen(change.UndoFile(run))
	switch {
	case err != nil || !ok, by.RunState == export.RunHeld, by.RunState == export.RunEnded && (by.Left() > 0 || by.Kept):
		return err
	case by.RunState != export.RunEnded:
		return export.Hint(exit.Usage("run %s is being undone by run %s, which is still open", run, by.Run), "hr2coupa run goes on with it")
	}
	return export.Hint(exit.Usage("run %s was undone by run %s", run, by.Run), "hr2coupa undo %s takes that back; hr2coupa explain KEY shows both", by.Run)
}

// mayJoin returns an error if a plan by CSV would take up what a held run keeps: an undo sends nothing else.
func mayJoin(l Ledger, run string) error {
	kept, ok, err := l.Kept()
	if err != nil || !ok || len(kept.Held) == 0 {
		return err
	}
	if !slices.ContainsFunc(kept.Sources, func(s string) bool { return change.Undoes(export.Origin{File: s}) != run }) {
		return nil
	}
	return export.Hint(exit.Usage("run %s is held, and by CSV its records would go with the undo", kept.Run), "approve or settle that run first, or undo with --route api")
}

// read returns whom a run has changed, in the order of its rows, and counts those of whom nothing is kept.
func read(l Ledger, run string, said *undone.Summary) (people []person, err error) {
	rows := 0
	err = l.Taken(run, func(r export.RowResult) error {
		rows++
		if p, why := personOf(r); why != "" {
			said.Leave(undone.Cell{Key: r.Key, Reason: why})
		} else if p.cells != nil {
			people = append(people, p)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case rows == 0:
		return nil, export.Hint(exit.Usage("Coupa has taken no row of run %s, so nothing is to be undone", run), "hr2coupa status %s shows what became of them", run)
	case len(people) == 0 && said.Left[undone.Pruned] > 0:
		return nil, export.Hint(exit.Usage("what run %s has changed is no longer kept", run), "retention.values says how long it is; put the values into a file, and hr2coupa run FILE sends them")
	case len(people) == 0 && said.Left[undone.Unknown] > 0:
		return nil, export.Hint(exit.Usage("what Coupa held before run %s is not known: it was not asked then", run), "put the values from before into a file, and hr2coupa run FILE or hr2coupa drop FILE sends them; with preflight: api Coupa is asked first")
	}
	return people, nil
}

// personOf returns the person of a row with the cells that it has changed; none where it has changed nothing. A new user is one
// who became active.
func personOf(r export.RowResult) (p person, why undone.Reason) {
	p = person{key: r.Key, login: r.Login, created: r.Kinds.Has(export.ChangeCreate)}
	switch {
	case r.Key == "" && r.Login == "": // forgotten
	case p.created && r.Login == "", !p.created && r.Change == nil && r.Kinds != 0 && !r.Kinds.Has(export.ChangeUnchecked):
		return p, undone.Pruned
	case p.created && r.Status != export.StatusInactive:
		p.cells = []export.CellChange{{Column: export.ColumnStatus, Kind: export.ChangeReactivation, Old: export.StatusInactive, New: export.StatusActive, Known: true}}
	case p.created:
	case r.Change == nil && r.Kinds != 0, r.Change != nil && r.Change.CoupaID == "":
		return p, undone.Unknown
	case r.Change != nil:
		p.id, p.cells = r.Change.CoupaID, r.Change.Cells
	}
	return p, ""
}
