package prospect

import (
	"context"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// Ask is what to plan, and the ledger and the client that answer about it.
type Ask struct {
	Pipe    *wiring.Pipeline
	Started time.Time
	Key     baseline.HashKey // of the ledger's hashes; zero: it is looked for
	Ledger  Ledger           // nil: that of the config, where there is one; it is only read from
	Client  *coupa.Client    // nil: one is built if Coupa has to be asked

	Files  []string       // named by a person; none: the feed of the config
	Typed  export.Feed    // an urgent change that a person has typed, instead of files; nil for nearly every plan
	Repair *change.Repair // what a comparison has left to send, instead of files; that of Expect, if it has one
	Claim  bool           // they are claims of a watcher: each path is one file for good
	Again  bool           // not the new files, but the rows of seen ones that may be planned again
	Expect *SavedPlan     // its files, if all that it was made of is as it was; else a *MovedError
	Replan bool           // not the new files, but the seen ones, as if they were new
	Late   bool           // the person who has named them means it, also where they were passed over as late
	All    bool           // where no file is new and nothing is kept: all files all the same
	Full   bool           // rows that would change nothing are sent too
	Alone  bool           // the files and nothing else, whatever was seen, is kept or waits; and Coupa is not asked
}

// Prospect is a plan that is about to be made: its planner, and what the planner was made of.
type Prospect struct {
	Pipe    *wiring.Pipeline
	Planner *planning.Planner // nil where there is nothing to plan
	Outlook *Outlook
	Seen    []export.SeenFile         // the files that were planned before
	Fresh   bool                      // there is something new; else it is only about what earlier plans have kept
	Idle    bool                      // its files were all seen: it is only looked at, and a run would send nothing of it
	Whole   bool                      // it is about HR's whole feed
	AnySize bool                      // limits.shrink does not look at it: files that a person names and a watcher's claims have any size
	Checked bool                      // Coupa was asked about the people
	LookUps int                       // calls that asked it
	Late    []export.LateFile         // files that it passes over, since newer ones were planned before them
	Older   bool                      // there is nothing new but these
	Today   string                    // the day that today() is, as 2006-01-02; "" where nothing depends on it
	Doubts  []export.Fault            // about the order of its files, and overrides that have ended
	NoFeed  *export.UnusableFeedError // why there is no feed, where it is only about records whose day has come
	Roll    *Roll                     // who is in the snapshot; nil where it is none
	repair  *change.Repair            // that it is a plan of; nil for nearly every plan
	missing string                    // who was missing in snapshots before this one
	learned string                    // in words, that the ledger knows other things of people than when the plan was saved; "" where it does not
	known   int                       // people of it whom Coupa knows
	made    int                       // records of it that are of people who are gone, and none of HR's
}

// Prepare finds out what a plan depends on, one thing after another, and returns its planner: which files are new, what the
// ledger remembers, whether a held run is left alone, which route the rows take, what Coupa answers about their people.
// Nothing is sent and nothing is recorded.
func Prepare(ctx context.Context, env *wiring.Env, ask Ask) (*Prospect, error) {
	ask.repairs()
	all, files, err := ask.open()
	noFeed, err := ask.nothingDelivered(err)
	if err != nil {
		return nil, err
	}
	known, err := ask.recall(env, files)
	if err != nil {
		return nil, err
	}
	come := len(known.outlook.keysCome(ask.now())) > 0
	if noFeed != nil && !come {
		return nil, noFeed
	}
	p := &Prospect{Outlook: known.outlook, Seen: known.seen, Pipe: ask.Pipe, Late: known.news.late, Doubts: known.news.doubts, repair: ask.Repair}
	p.Doubts = append(slices.Clone(p.Doubts), ask.Pipe.Known.Expired(ask.day())...)
	if ask.Pipe.Mapping.ReadsToday() || ask.Pipe.Known.Ends() {
		p.Today = ask.day().Format(time.DateOnly)
	}
	p.Older, p.missing = len(p.Late) > 0 && len(known.paths) == 0, missingText(known.roll)
	if ask.Expect.planned(known.seen) {
		return p, nil
	}
	if ask.goesBeside(known) {
		if p.Outlook, err = known.outlook.beside(ctx, ask.Pipe, ask.Started); err != nil {
			return nil, err
		}
	}
	if ask.Expect != nil {
		if err := ask.lists(ctx, env, p); err != nil {
			return nil, err
		}
	}
	if err := ask.expected(p); err != nil {
		return nil, err
	}
	if ask.Expect != nil {
		p.Late = ask.Expect.Older
	}
	ask.All = ask.All && !come
	fresh, err := ask.fresh(all, known.paths, known.news.passed, p.Outlook)
	if err != nil {
		return p, err
	}
	whole := fresh == nil || ask.wholeFeed() && !ask.Again && !ask.Replan
	d := &draft{ask: &ask, out: p.Outlook, fresh: fresh, only: known.only, gone: known.again}
	if err := d.dated(ctx, whole); err != nil || fresh == nil && p.Outlook.joined() == 0 {
		return p, err
	}
	p.Fresh, p.Whole = fresh != nil, whole
	p.Idle = ask.All && p.Fresh && len(known.paths) == 0 && len(known.seen) > 0
	p.AnySize = !p.Whole || p.Fresh && len(ask.Files) > 0 && ask.Expect == nil
	if p.NoFeed = noFeed; noFeed != nil {
		p.Whole, p.AnySize = false, true
	}
	if known.roll != nil {
		if p.Roll, err = d.callRoll(ctx, known.roll); err != nil {
			return nil, err
		}
		d.roll, d.gone, known.roll = p.Roll, p.Roll.due, nil // a million people are not needed any more
		if len(d.gone) > 0 {
			p.Today = ask.day().Format(time.DateOnly)
		}
	}
	if err := d.persons(ctx, env); err != nil {
		return nil, err
	}
	p.made = len(d.gone)
	if ask.Expect == nil {
		if err := ask.lists(ctx, env, p); err != nil {
			return nil, err
		}
	}
	sheet, err := d.route(ctx)
	if err != nil {
		return nil, err
	}
	answers, err := d.preflight(ctx, env, sheet)
	if err != nil {
		return nil, err
	}
	p.Planner, p.Checked = d.planner(sheet, answers), answers != nil
	if p.Checked {
		p.LookUps, p.known = answers.calls, answers.Known()
	}
	return p, nil
}

// open opens the feed, and returns the files that a plan may be about. Those of a saved plan are not opened yet: HR may
// have written the next feed over them.
func (a *Ask) open() (all export.Feed, files []export.FeedFile, err error) {
	if a.Typed != nil {
		return a.Typed, a.Typed.Files(), nil
	}
	if a.Expect != nil {
		return nil, a.Expect.Feed, nil
	}
	feed, err := a.Pipe.Open(a.Pipe.Patterns(a.Files), a.Started)
	switch {
	case err != nil:
		return nil, nil, err
	case a.Alone:
		return feed, nil, nil
	}
	return feed, feed.Files(), nil
}

// fresh returns what of the files is planned; nil if nothing is. Their age is not checked any more: that of the newest file was
// checked when all were opened, or when the saved plan was built.
func (a *Ask) fresh(all export.Feed, paths, passed []string, out *Outlook) (export.Feed, error) {
	switch {
	case a.Alone && a.Pipe.Config.Feed.Snapshot:
		paths = but(all.Files(), a.older(all.Files(), news{}).passed)
	case all != nil && len(paths) == len(all.Names()), a.Alone, a.All && len(paths) == 0 && out.Kept == nil && len(passed) == 0:
		return all, nil
	case a.All && len(paths) == 0 && out.Kept == nil:
		if paths = but(all.Files(), passed); len(paths) == 0 {
			return all, nil
		}
	case len(paths) == 0:
		return nil, nil
	}
	f, err := a.Pipe.OpenAnyAge(paths)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// but returns the paths of all files but those with these names.
func but(files []export.FeedFile, names []string) (paths []string) {
	for _, f := range files {
		if !slices.Contains(names, f.Name) {
			paths = append(paths, f.Path)
		}
	}
	return paths
}

// wholeFeed reports whether the files are HR's feed, and not a few people in a file by hand.
func (a *Ask) wholeFeed() bool { return a.Typed == nil && (a.Claim || a.Pipe.IsFeed(a.Files)) }

// HoldersUnknown reports whether people who hold a role of roles.never are to be protected, and it is not known who they are.
func (p *Prospect) HoldersUnknown() bool {
	roles := p.Pipe.Config.Roles
	return !p.Checked && roles.ProtectHolders && len(roles.Never) > 0
}

// Superseded returns the older snapshots that it passes over.
func (p *Prospect) Superseded() []export.LateFile {
	return slices.DeleteFunc(slices.Clone(p.Late), func(f export.LateFile) bool { return !f.Superseded })
}

// Judge compares a plan with the limits and returns those it breaks; nil if it may go.
func (p *Prospect) Judge(plan *export.Plan) []export.Breach { return export.Breaches(p.Uses(plan)) }

// Uses returns how much a plan uses of each limit that counts.
func (p *Prospect) Uses(plan *export.Plan) []export.LimitUse {
	return p.Outlook.uses(p.Pipe.Config, !p.AnySize, p.known, p.made, plan)
}

// Beside returns the id of the held run that the plan leaves as it is; "" if there is none.
func (p *Prospect) Beside() string {
	if p.Outlook.Beside == nil {
		return ""
	}
	return p.Outlook.Beside.Run
}
