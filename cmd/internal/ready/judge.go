package ready

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// Ledger is what files are judged by.
type Ledger interface {
	prospect.Used
	SeenBytes(sha256 string) (f export.SeenFile, ok bool, err error)
	Parts(run string) ([]export.Part, error)
	People() (int, error)
	Known() (*baseline.KnownPeople, error)
	Waiting() (*baseline.Waiting, error)
}

// Ask is what a drop is judged by, beside its files.
type Ask struct {
	Config  *config.Config
	Ledger  Ledger        // nil: there is none yet
	Client  *coupa.Client // nil: Coupa is not asked
	Log     logrus.FieldLogger
	Now     time.Time
	Resumed []*export.Report // what this start has finished before
	Env     *wiring.Env      // shows that Coupa is being asked; nil: nothing does
}

// wait shows on a terminal that Coupa is being asked.
func (a *Ask) wait(ctx context.Context) (context.Context, func()) {
	if a.Env == nil || a.Client == nil {
		return ctx, func() {}
	}
	return a.Env.Wait(ctx, "looking up people in Coupa: calls")
}

// Judged are the files of a drop that may go.
type Judged struct {
	Files    []File
	Left     []Left        // what stays of them, and of files of which nothing goes
	Repeated bool          // this start has just finished sending the same bytes, and nothing more is to be sent
	Checked  bool          // Coupa was asked about the people
	People   int           // how many the ledger knows
	known    int           // how many of the files' people Coupa knows
	used     *export.Usage // what earlier starts of the day have sent
	found    [][]finding
}

// Changes adds to a row's record what it changes, or may change, of its person.
func (j *Judged) Changes(file, row int, r *export.RowResult) {
	found := &j.found[file][row]
	r.Kinds, r.Change, r.Counted = found.kinds, found.change, found.counted
}

// Judge decides whether files may be sent, and returns all reasons against it in one error. Where there is a client, Coupa is
// asked about all their people first. Nothing is sent or recorded.
func Judge(ctx context.Context, files []File, o Options, a Ask) (*Judged, error) {
	j := &Judged{Files: files}
	if !o.Again {
		fresh, err := a.fresh(files)
		if j.Repeated = err == nil && fresh == nil; err != nil || j.Repeated {
			return j, err
		}
		j.Files = fresh
	}
	if err := a.find(ctx, j, o); err != nil {
		return nil, err
	}
	a.logDoubts(j.Files)
	if o.Skip && slices.ContainsFunc(j.found, anyGoes) {
		if err := j.skip(); err != nil {
			return nil, err
		}
	} else if j.Repeated = o.Skip && len(j.Files) < len(files); j.Repeated { // nothing of the others went before either
		return j, nil
	}
	return j, a.against(j)
}

// logDoubts logs what is doubtful in files, but not wrong: as many of each as a plan shows.
func (a *Ask) logDoubts(files []File) {
	for _, f := range files {
		doubts := f.Sheet.Warnings
		for _, w := range doubts[:min(len(doubts), export.MaxWarnings)] {
			export.LogHints(a.Log, w.Hint).Warn(w.Error())
		}
		if more := len(doubts) - export.MaxWarnings; more > 0 {
			a.Log.Warnf("and %d more of such rows in %s", more, f.Feed.Name)
		}
	}
}

// find finds out what the rows of files may change, and which must not be sent: also those of people who are protected by what the
// file says of them.
func (a *Ask) find(ctx context.Context, j *Judged, o Options) (err error) {
	var known *baseline.KnownPeople
	j.used = wiring.Limits(a.Config).NewUsage(nil)
	if a.Ledger != nil {
		if j.used, err = prospect.Usage(a.Ledger, a.Config, nil, a.Now); err != nil {
			return err
		}
		if known, err = a.Ledger.Known(); err != nil {
			return err
		}
		if j.People, err = a.Ledger.People(); err != nil {
			return err
		}
	}
	ctx, done := a.wait(ctx)
	defer done()
	kinds := newKinds(a.Config, known)
	j.Checked = a.Client != nil
	for i := range j.Files {
		f := &j.Files[i]
		found := kinds.all(f)
		if j.Checked {
			n := 0
			if found, n, err = a.ask(ctx, f, j.People, j.used, o); err != nil {
				return err
			}
			j.known += n
		}
		f.mark(found, f.protected(a.Config, a.Now))
		j.found = append(j.found, found)
	}
	return nil
}

// mark adds faults to rows that have none yet.
func (f *File) mark(found []finding, faults []export.Fault) {
	lines := linesOf(f)
	for _, fault := range faults {
		if row := lines[fault.Origin.Line]; found[row].faults == nil {
			fault.Origin = export.Origin{}
			found[row].faults = export.Faults{fault}
		}
	}
}

// skip takes the rows that must not be sent out of the files, and files without others out of the drop.
func (j *Judged) skip() error {
	files, found := j.Files, j.found
	j.Files, j.found = nil, nil
	for i := range files {
		left, rest, err := files[i].split(found[i])
		if err != nil {
			return err
		}
		if left.Rows != nil {
			j.Left = append(j.Left, left)
		}
		if rest != nil {
			j.Files, j.found = append(j.Files, files[i]), append(j.found, rest)
		}
	}
	return nil
}

// anyGoes reports whether any of the rows may be sent.
func anyGoes(rows []finding) bool {
	return slices.ContainsFunc(rows, func(r finding) bool { return r.faults == nil })
}

// refused returns the rows that must not be sent, each with all its reasons.
func (a *Ask) refused(j *Judged) (errs []error) {
	for i, f := range j.Files {
		var faults []export.Fault
		for row, found := range j.found[i] {
			for _, fault := range found.faults {
				fault = a.loggable(fault)
				hint := skipHint
				if fault.Rule == directory.RuleNear {
					hint = nearHint
				}
				fault.Origin, fault.Hint = export.Origin{File: f.Feed.Name, Line: f.Sheet.Rows[row].Line}, hint
				faults = append(faults, fault)
			}
		}
		errs = append(errs, told(faults)...)
	}
	return errs
}

// loggable returns a fault as a log may have it. With pseudonyms Coupa's ids of people stay out of it, so that the cause stands
// for the reason.
func (a *Ask) loggable(fault export.Fault) export.Fault {
	if !a.Config.Pseudonyms {
		return fault
	}
	causes := wiring.Causes().Behind(export.Faults{fault})
	if fault.Message = "must not be sent"; len(causes) > 0 {
		fault.Message = causes[0].Meaning
	}
	return fault
}

const (
	skipHint = "take these rows out, or give --skip: it sends the others"
	nearHint = "correct the login; if these are new people, give --allow-near; --skip sends the others"
)

// against returns the error with everything that speaks against a drop; nil where nothing does.
func (a *Ask) against(j *Judged) error {
	broken := wiring.Limits(a.Config).Broken(j.count(), export.Seen{People: max(j.People, j.known)})
	behind, err := a.behind(j.Files)
	if err != nil {
		return err
	}
	refused, inWay := a.refused(j), unwritable(j)
	all := slices.Concat(refused, beyond(broken), behind, inWay)
	switch {
	case broken != nil:
		return &HeldError{Err: stopped(export.ExitHeld, all), Held: broken, By: j.heldBy(broken)}
	case behind != nil:
		return stopped(export.ExitStalled, all)
	case inWay != nil:
		return stopped(export.ExitFeed, all)
	case refused != nil:
		return stopped(export.ExitPartial, all)
	}
	return nil
}

// fresh returns the files that are to be sent, and refuses bytes that were sent before: it names the load they became. A file that
// this start has just finished sending is not sent again, since the same command was only repeated.
func (a *Ask) fresh(files []File) (fresh []File, err error) {
	if a.Ledger == nil {
		return files, nil
	}
	var faults []error
	for _, f := range files {
		old, ok, err := a.droppedBefore(f)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			fresh = append(fresh, f)
			continue
		case slices.ContainsFunc(a.Resumed, func(r *export.Report) bool { return r.Run == old.Run }):
			continue
		}
		became, err := a.became(f, old.Run)
		if err != nil {
			return nil, err
		}
		faults = append(faults, export.Hint(fmt.Errorf("%s: the same bytes were dropped before, as %s", f.Feed.Name, became), "--again sends them once more"))
	}
	if len(faults) > 0 {
		return nil, stopped(export.ExitUsage, faults)
	}
	return fresh, nil
}

// droppedBefore returns the last drop of a file, or of what would be sent of it.
func (a *Ask) droppedBefore(f File) (old export.SeenFile, ok bool, err error) {
	if old, ok, err = a.Ledger.SeenBytes(f.Feed.SHA256); ok || err != nil {
		return old, ok, err
	}
	return a.Ledger.SeenBytes(f.Sent.SHA256)
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

// beyond returns the limits that hold a drop as reasons against it.
func beyond(broken []export.Breach) (faults []error) {
	for _, b := range broken {
		faults = append(faults, export.Hint(fmt.Errorf("held: %s", b), "%s; a file by hand cannot be approved: if they are, raise the limit in the config", b.Hint()))
	}
	return faults
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
	cfg, err := wiring.Load(ctx, env, config.Options{Ask: true, NoFeed: true, Route: config.RouteCSV})
	if err != nil {
		return nil, err
	}
	files, err := Read(cfg, o, now)
	if err != nil {
		return nil, err
	}
	a := Ask{Config: cfg, Log: env.Log, Now: now, Env: env}
	if cfg.Preflight {
		if a.Client, err = coupa.NewClient(wiring.CoupaConfig(cfg), env.Log); err != nil {
			return nil, &exit.Error{Code: export.ExitUsage, Err: err}
		}
	}
	if wiring.LedgerExists(cfg.Ledger) {
		l, done, err := wiring.UseLedger(env, cfg, "")
		if err != nil {
			return nil, err
		}
		defer done()
		a.Ledger = l
	}
	return Judge(ctx, files, o, a)
}
