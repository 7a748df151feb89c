package prospect

import (
	"context"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/heap"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// Ledger is the reading side of a ledger that a plan is prepared from.
type Ledger interface {
	wiring.Memory
	Seer
	Archive
	opened
	overtaken
	Run(id string) (rec export.RunRecord, ok bool, err error)
	RunsSince(t time.Time) ([]export.RunRecord, error)
}

// recollection is what the ledger knows before a plan is built.
type recollection struct {
	outlook *Outlook
	seen    []export.SeenFile
	paths   []string     // of the files that the plan takes up
	only    recordFilter // of their records, those that it takes up; nil: all
	news    news
	again   []change.Absent // people who are gone, whose rows are planned again
	roll    *ledger.Roll    // whom snapshots had so far; nil where the plan is about none
}

// recall reads from the ledger. One that it opened itself is closed before anything else is asked.
func (a *Ask) recall(env *wiring.Env, files []export.FeedFile) (*recollection, error) {
	if a.Ledger != nil {
		return a.recallFrom(a.Ledger, []export.Operator{env.By}, files)
	}
	if !wiring.LedgerExists(a.Pipe.Config.Ledger) {
		return a.unknown(files), nil
	}
	l, err := wiring.OpenLedger(env, a.Pipe.Config.Ledger)
	if err != nil {
		return nil, err
	}
	defer l.Close()                    // only read from
	return a.recallFrom(l, nil, files) // looking ahead plans nothing
}

func (a *Ask) recallFrom(l Ledger, by []export.Operator, files []export.FeedFile) (*recollection, error) {
	sorted, err := Files(l, files, a.Claim)
	if err != nil {
		return nil, err
	}
	k := &recollection{}
	if k.news, err = a.order(l, sorted); err != nil {
		return nil, err
	}
	a.snapshots(sorted, &k.news)
	for _, f := range sorted {
		if slices.Contains(k.news.passed, f.Name) {
			continue
		}
		if f.Seen != nil {
			k.seen = append(k.seen, *f.Seen)
		}
		if a.takes(f) {
			k.paths = append(k.paths, f.Path)
		}
	}
	if k.outlook, err = lookInto(l, a.Started); err != nil {
		return nil, err
	}
	if a.Typed != nil && a.Repair == nil { // a repair is planned once, as a file is
		if err := k.takeTyped(l, files[0]); err != nil {
			return nil, err
		}
	}
	if a.callsRoll(k.paths) {
		if k.roll, err = l.Roll(); err != nil {
			return nil, err
		}
	}
	if a.Pipe.Config.ApproveOther {
		if len(k.paths) == 0 {
			by = nil
		}
		if err := k.outlook.weigh(l, by); err != nil {
			return nil, err
		}
	}
	if !a.Alone {
		if k.outlook.used, err = Usage(l, a.Pipe.Config, k.outlook.Approved, a.Started); err != nil {
			return nil, err
		}
	}
	if a.Alone {
		k.outlook = k.outlook.alone()
	} else if err := a.confirmed(l, k.outlook); err != nil {
		return nil, err
	}
	joins := k.outlook.Kept
	if a.goesBeside(k) { // what is kept stays where it is, and the plan itself says whom it keeps back
		joins = nil
	}
	if a.Again {
		var gone map[string]bool
		if k.only, gone, err = openRecords(l, k.seen, joins, k.outlook.keysCome(a.now())); err == nil {
			k.again, err = a.goneStill(l, k.outlook, gone)
		}
	}
	if a.Replan {
		k.only, err = recordsAnew(l, k.seen, joins, k.outlook.keysCome(a.now()))
	}
	return k, err
}

// confirmed reads what was last confirmed of people, and finds the key of its hashes.
func (a *Ask) confirmed(l Ledger, o *Outlook) (err error) {
	if o.key = a.Key; o.key.IsZero() {
		if o.key, err = wiring.LedgerKey(a.Pipe.Config, l); err != nil {
			return err
		}
	}
	if o.key.IsZero() { // nothing was ever confirmed
		return nil
	}
	if o.confirmed, err = l.Baselines(); o.confirmed.Len() > manyPeople {
		heap.Tighten(smallHeap)
	}
	return err
}

// What was confirmed of a million people stays in memory as long as the plan is made. By Go's default the heap would grow to
// twice that before it is collected: 360 MB for a plan, and 250 with this. There is nothing in it to be traced, so that a
// collection costs little.
const manyPeople, smallHeap = 100_000, 30

// unknown returns what is known without a ledger: nothing.
func (a *Ask) unknown(files []export.FeedFile) *recollection {
	if a.Again || a.Replan {
		return &recollection{outlook: &Outlook{}, only: nothing}
	}
	k := &recollection{outlook: &Outlook{}}
	if len(a.Files) == 0 {
		k.news.doubts = doubtful(files, nil)
	}
	k.news = a.older(files, k.news)
	k.paths = but(files, k.news.passed)
	return k
}

// Outlook is the part of the ledger that a plan depends on. The zero value stands for no ledger.
type Outlook struct {
	People   *baseline.KnownPeople // nil where there is no ledger
	waiting  *baseline.Waiting
	Kept     *ledger.Kept      // what earlier plans have kept; nil where nothing is
	Approved []export.Approval // those that count
	Void     []export.Approval // those that count for nothing, since whoever has planned may not approve
	used     *export.Usage     // what earlier starts of the day have sent; nil where there is no ledger
	lastFeed int               // records of the last feed that was not held
	lineEnds []export.FeedFile // how the feeds so far ended, oldest first

	confirmed *baseline.Store  // what was last confirmed of people; nil where nothing was
	key       baseline.HashKey // of the hashes in it

	dated    []export.DatedRecord                 // what waits for its day
	come     *ledger.Come                         // of it, what the plan takes up; nil where nothing is
	replaced map[export.Origin]export.DatedChange // what newer records replace of what waits
	changes  map[int64]export.DatedChange         // what the plan makes of dated

	Beside *planning.Beside // the held run that is left as it is; nil where none is
	left   *ledger.Kept     // what it keeps
}

// lookInto reads from the ledger what a plan depends on, as it stands at a time.
func lookInto(l wiring.Memory, now time.Time) (*Outlook, error) {
	o := &Outlook{}
	var err error
	if o.People, err = l.Known(); err != nil {
		return nil, err
	}
	if o.waiting, err = l.Waiting(); err != nil {
		return nil, err
	}
	o.People = o.People.Tidied()
	if o.waiting != nil {
		tidyKeys(o.waiting.Keys)
	}
	if o.Kept, _, err = l.Kept(); err != nil {
		return nil, err
	}
	if o.dated, err = l.Dated(); err != nil {
		return nil, err
	}
	if o.Approved, err = l.Approvals(now); err != nil {
		return nil, err
	}
	if o.lastFeed, err = l.LastFeed(); err != nil {
		return nil, err
	}
	o.lineEnds, err = l.LineEnds()
	return o, err
}

// tidyKeys makes keys that an older version recorded as HR wrote them, with blanks around them perhaps, the keys that
// plans use. Where the ledger has both, the tidy one is newer.
func tidyKeys(byKey map[string]string) {
	for key, value := range byKey {
		tidy := alike.Tidy(key)
		if tidy == key {
			continue
		}
		delete(byKey, key)
		if _, ok := byKey[tidy]; !ok {
			byKey[tidy] = value
		}
	}
}

// alone returns an outlook without those who wait: nothing is sent, so no person can be overtaken.
func (o *Outlook) alone() *Outlook {
	return &Outlook{People: o.People, Approved: o.Approved, lastFeed: o.lastFeed, lineEnds: o.lineEnds}
}

// beside returns an outlook without what a held run keeps, and without the approvals, which are meant for that run. It
// remembers which people are kept.
func (o *Outlook) beside(ctx context.Context, pipe *wiring.Pipeline, now time.Time) (*Outlook, error) {
	kept, err := planning.ReadBeside(ctx, (&draft{ask: &Ask{Pipe: pipe, Started: now}, out: o}).planner(pipe.Sheet, nil), o.Kept.Run)
	if err != nil {
		return nil, err
	}
	out := *o
	out.Beside, out.left, out.Kept, out.Approved, out.Void = kept, o.Kept, nil, nil, nil
	return &out, nil
}

// joined returns how many records earlier plans have kept, those whose day has come among them.
func (o *Outlook) joined() int {
	if o.Kept == nil {
		return o.Come()
	}
	return o.Kept.Records + o.Come()
}

// feed returns what is to be planned: what was kept, then what is new. fresh is nil if nothing is new.
func (o *Outlook) feed(fresh export.Feed) export.Feed {
	earlier := ledger.Earlier(o.Kept, o.come)
	if earlier == nil {
		return fresh
	}
	return ledger.JoinFeeds(earlier, fresh)
}

// uses compares a plan with the limits. whole: it is about HR's whole feed. known: so many of its people Coupa knows.
// made: so many of its records are none of HR's.
func (o *Outlook) uses(cfg *config.Config, whole bool, known, made int, plan *export.Plan) []export.LimitUse {
	limits := wiring.Limits(cfg)
	limits.Approved = o.Approved
	seen := export.Seen{People: max(o.People.Len(), known), Feed: plan.Input - o.joined() - made, LastFeed: o.lastFeed}
	if seen.Feed == 0 && o.Kept != nil { // nothing new: what is kept is as much of a feed as it was
		seen.Feed = o.Kept.Feed
	}
	if !whole || seen.Feed == 0 {
		seen.LastFeed = 0 // rows planned again are no feed
	}
	return limits.Uses(plan, seen)
}
