package ready

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
)

// Ledger is what files are judged by.
type Ledger interface {
	prospect.Used
	SeenBytes(sha256 string) (f export.SeenFile, ok bool, err error)
	Parts(run string) ([]export.Part, error)
	People() (int, error)
	Known() (*baseline.KnownPeople, error)
	Waiting() (*export.Waiting, error)
}

// Ask is what a drop is judged by, beside its files.
type Ask struct {
	Config  *config.Config
	Ledger  Ledger // nil: there is none yet
	Now     time.Time
	Resumed []*export.Report // what this start has finished before
}

// Judged are the files of a drop that may go.
type Judged struct {
	Files    []File
	Repeated bool // this start has just finished sending the same bytes, and nothing more is to be sent
	People   int  // how many the ledger knows
	kinds    *Kinds
}

// Kinds returns what a row of a file may change.
func (j *Judged) Kinds(f *File, row int) export.ChangeKinds {
	return j.kinds.Of(f.Sheet, &f.Sheet.Rows[row])
}

// Counted returns the names of the limits of single columns that count the rows of a file.
func (j *Judged) Counted(f *File) []string { return j.kinds.Counted(f.Sheet) }

// Judge decides whether files may be sent, and returns all reasons against it in one error. Nothing is sent or recorded.
func Judge(files []File, o Options, a Ask) (*Judged, error) {
	j := &Judged{Files: files}
	if !o.Again {
		repeated, err := a.droppedBefore(files)
		if j.Repeated = repeated; err != nil || repeated {
			return j, err
		}
	}
	var known *baseline.KnownPeople
	if a.Ledger != nil {
		var err error
		if known, err = a.Ledger.Known(); err != nil {
			return nil, err
		}
		if j.People, err = a.Ledger.People(); err != nil {
			return nil, err
		}
	}
	j.kinds = NewKinds(a.Config, known)
	return j, a.against(j)
}

// against returns the error with everything that speaks against a drop; nil where nothing does.
func (a *Ask) against(j *Judged) error {
	held, err := a.broken(j)
	if err != nil {
		return err
	}
	behind, err := a.behind(j.Files)
	if err != nil {
		return err
	}
	inWay := unwritable(j.Files)
	all := slices.Concat(held, behind, inWay)
	switch {
	case held != nil:
		return stopped(export.ExitHeld, all)
	case behind != nil:
		return stopped(export.ExitStalled, all)
	case inWay != nil:
		return stopped(export.ExitFeed, all)
	}
	return nil
}

// droppedBefore refuses bytes that were sent before and names the load they became. repeated: this start has just finished that
// load for every file, so that the same command was only repeated.
func (a *Ask) droppedBefore(files []File) (repeated bool, err error) {
	if a.Ledger == nil {
		return false, nil
	}
	var faults []error
	finished := 0
	for _, f := range files {
		old, ok, err := a.Ledger.SeenBytes(f.Feed.SHA256)
		if err == nil && !ok {
			old, ok, err = a.Ledger.SeenBytes(f.Sent.SHA256)
		}
		if err != nil {
			return false, err
		}
		if !ok {
			continue
		}
		if slices.ContainsFunc(a.Resumed, func(r *export.Report) bool { return r.Run == old.Run }) {
			finished++
			continue
		}
		became, err := a.became(f, old.Run)
		if err != nil {
			return false, err
		}
		faults = append(faults, export.Hint(fmt.Errorf("%s: the same bytes were dropped before, as %s", f.Feed.Name, became), "--again sends them once more"))
	}
	if len(faults) > 0 {
		return false, stopped(export.ExitUsage, faults)
	}
	return finished == len(files), nil
}

// became returns what the bytes of a file became in a run.
func (a *Ask) became(f File, run string) (string, error) {
	parts, err := a.Ledger.Parts(run)
	for _, p := range parts {
		if p.SHA256 == f.Sent.SHA256 {
			return fmt.Sprintf("%s in run %s, load %s, %s", p.Name, run, words.Dash(p.LoadID), p.State), err
		}
	}
	return "run " + run, err
}

// broken returns the limits that hold a drop.
func (a *Ask) broken(j *Judged) (faults []error, err error) {
	var used *export.Usage
	if a.Ledger != nil {
		if used, err = prospect.Usage(a.Ledger, a.Config, nil, a.Now); err != nil {
			return nil, err
		}
	}
	for _, b := range wiring.Limits(a.Config).Broken(j.kinds.Count(j.Files, used), export.Seen{People: j.People}) {
		faults = append(faults, export.Hint(fmt.Errorf("held: %s", b), "%s", b.Hint()))
	}
	return faults, nil
}

// behind returns the rows that could overtake an earlier one of their person.
func (a *Ask) behind(files []File) (faults []error, err error) {
	if a.Ledger == nil {
		return nil, nil
	}
	waiting, err := a.Ledger.Waiting()
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		for _, r := range f.Sheet.Rows {
			if part, ok := waiting.Behind("", r.First, r.Login); ok {
				at := export.Origin{File: f.Feed.Name, Line: r.Line}
				faults = append(faults, export.Hint(fmt.Errorf("%s: an earlier row of this person is in part %s, which has no verdict yet", at, part), "drop the file again once that part has one"))
			}
		}
	}
	return faults, nil
}

// Look reads and judges files as a drop would, and sends and records nothing. What earlier starts have left unfinished, which a
// drop goes on with first, stays as it is.
func Look(ctx context.Context, env *wiring.Env, o Options) (*Judged, error) {
	now := env.Now().UTC()
	cfg, err := wiring.Load(ctx, env, config.Options{NoFeed: true, Route: config.RouteCSV})
	if err != nil {
		return nil, err
	}
	files, err := Read(cfg, o, now)
	if err != nil {
		return nil, err
	}
	a := Ask{Config: cfg, Now: now}
	if wiring.LedgerExists(cfg.Ledger) {
		l, done, err := wiring.UseLedger(env, cfg, "")
		if err != nil {
			return nil, err
		}
		defer done()
		a.Ledger = l
	}
	return Judge(files, o, a)
}
