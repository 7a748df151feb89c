package job

import (
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// Outlook is all that a plan depends on beside feed and config: what the ledger knows. The zero value is that of no
// ledger.
type Outlook struct {
	people   knower
	waiting  *export.Waiting
	kept     *ledger.Kept // what earlier plans have kept; nil where nothing is
	approved []export.Approval
	lastFeed int               // records of the last feed that was not held
	lineEnds []export.FeedFile // how the feeds so far ended, oldest first

	beside *planning.Beside // the held run that is left as it is; nil where none is
	left   *ledger.Kept     // what it keeps
}

func lookInto(l wiring.Memory, now time.Time) (*Outlook, error) {
	o := &Outlook{}
	people, err := l.Known()
	if err != nil {
		return nil, err
	}
	o.people = people
	if o.waiting, err = l.Waiting(); err != nil {
		return nil, err
	}
	if o.kept, _, err = l.Kept(); err != nil {
		return nil, err
	}
	if o.approved, err = l.Approvals(now); err != nil {
		return nil, err
	}
	if o.lastFeed, err = l.LastFeed(); err != nil {
		return nil, err
	}
	o.lineEnds, err = l.LineEnds()
	return o, err
}

// records of the feed that earlier plans have kept.
func (o *Outlook) joined() int {
	if o.kept == nil {
		return 0
	}
	return o.kept.Records
}

// feed is what is to be planned: what was kept, then what is new. fresh is nil where nothing is.
func (o *Outlook) feed(fresh export.Feed) export.Feed {
	if o.kept == nil {
		return fresh
	}
	return export.JoinFeeds(o.kept, fresh)
}

// judge holds a plan against the limits; nil where it may go.
func (o *Outlook) judge(cfg *config.Config, whole bool) func(*export.Plan) []string {
	limits := wiring.Limits(cfg)
	limits.Approved = o.approved
	return func(p *export.Plan) []string {
		seen := export.Seen{People: len(o.people), Feed: p.Input - o.joined(), LastFeed: o.lastFeed}
		if seen.Feed == 0 && o.kept != nil { // nothing new: what is kept is as much of a feed as it was
			seen.Feed = o.kept.Feed
		}
		if !whole || seen.Feed == 0 {
			seen.LastFeed = 0 // rows planned again are no feed
		}
		return limits.Broken(p, seen)
	}
}
