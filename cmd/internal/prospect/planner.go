package prospect

import (
	"runtime"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/known"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// draft is what is known of a plan before its route is known and Coupa has answered.
type draft struct {
	ask   *Ask
	out   *Outlook
	fresh export.Feed // what is new; nil where nothing is
	only  recordFilter
	roll  *Roll           // nil where the files are no snapshot
	gone  []change.Absent // people who are to be deactivated, since the files do not have them
}

// planner returns a planner of what is kept and then what is new, on a sheet. answers is nil if Coupa was not asked.
func (d *draft) planner(sheet export.Sheet, answers *preflightAnswers) *planning.Planner {
	cfg := d.ask.Pipe.Config
	p := &planning.Planner{
		Feed: d.out.feed(d.fresh), Mapping: d.mapping(), Sheet: sheet, Key: cfg.Feed.Key, Several: cfg.Feed.Several,
		MaxRows: cfg.Layout.MaxRows, MaxSize: cfg.Layout.MaxBytes, Workers: runtime.GOMAXPROCS(0), Started: d.ask.Started,
		MayCreate: wiring.MayCreate(cfg, d.out.People.Len()), Only: d.only, Waiting: d.out.waiting, Beside: d.out.Beside,
		Protects: wiring.Guard(cfg, d.ask.Started), Joined: d.out.joined(),
	}
	if d.roll != nil {
		p.Superseded = d.supersedes
	}
	if d.fresh != nil && len(d.gone) > 0 {
		p.Feed, p.Made = change.WithGone(d.ask.Pipe, p.Feed, d.fresh.Names()[0], d.gone), len(d.gone)
	}
	if m := d.ask.Pipe.Mapping.On(d.ask.day()); m.Leaves() != "" {
		p.Leaves = &planning.Leaving{Field: m.Leaves(), Ahead: m.Ahead}
	}
	p.ReadsCoupa = len(d.ask.Pipe.Mapping.Held()) > 0
	p.Effective, p.Replaced, p.Dated = d.ask.effective(), d.out.replaced, d.out.changes
	if cfg.Feed.Where != "" {
		p.Where = func(file string) bool { return !change.Typed(export.Origin{File: file}) } // whoever types a change means it
	}
	if d.fresh != nil && d.ask.Typed == nil {
		p.MinRecords = cfg.Feed.MinRecords
	}
	if d.out.People != nil {
		p.Memory = memory{d.out.People, d.cutFiles()}
	}
	if !d.ask.Alone {
		p.Compare, p.Full, p.ExactCase, p.Used = coupa.Element, d.ask.Full, cfg.Layout.ExactCase, d.out.used
		p.Roles, p.Ceilings = wiring.RoleRules(cfg), wiring.ApprovalCeilings(cfg)
		p.Confirmed, p.HashKey = d.out.confirmed, d.out.key
		p.Trusting = cfg.OnlyChanged && d.ask.Typed == nil
	}
	if answers != nil {
		p.Mapping, p.Sheet, p.Answers = answers.mapping, answers.sheet, answers
	}
	if a := d.known(); a != nil {
		p.Mapping, p.Known = a.Over(p.Mapping), a
	}
	return p
}

// known returns the overrides that count on the plan's day; nil where there are none.
func (d *draft) known() *known.Applied {
	return d.ask.Pipe.Known.On(d.ask.day(), d.ask.Pipe.Config.Feed.Key)
}

// mapping returns the config's mapping on the plan's day, which takes typed changes too, with the columns that only Coupa fills.
func (d *draft) mapping() export.Mapping {
	return planning.WithColumns(change.Mapping(d.ask.Pipe, d.ask.day()), d.ask.Pipe.Lacks...)
}

// day returns what today() is: the day of a saved plan, whenever that is applied, else the day on which the start began in the
// feed's zone. Its year, month and day count.
func (a *Ask) day() time.Time {
	if a.Expect != nil {
		if day, err := time.Parse(time.DateOnly, a.Expect.Today); err == nil { // else the plan's mapping reads no day
			return day
		}
	}
	return a.Started.In(a.Pipe.Config.Feed.TimeZone)
}

// FirstLook returns a planner for a feed of which nothing is known yet: no ledger is read, and Coupa is not asked.
func FirstLook(pipe *wiring.Pipeline, f export.Feed, now time.Time) *planning.Planner {
	return (&draft{ask: &Ask{Pipe: pipe, Started: now}, out: &Outlook{}, fresh: f}).planner(pipe.Sheet, nil)
}

// memory is what a planner knows from earlier plans.
type memory struct {
	people *baseline.KnownPeople
	cut    map[string]bool
}

func (m memory) Known(key string) (export.Person, bool) { return m.people.Of(key) }
func (m memory) Cut(file string) bool                   { return m.cut[file] }

// Each calls f with what was last sent for everyone.
func (m memory) Each(f func(export.Person)) {
	m.people.All(func(_ string, p export.Person) { f(p) })
}
