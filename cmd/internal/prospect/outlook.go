package prospect

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
	People   knower
	waiting  *export.Waiting
	Kept     *ledger.Kept // what earlier plans have kept; nil where nothing is
	Approved []export.Approval
	LastFeed int               // records of the last feed that was not held
	LineEnds []export.FeedFile // how the feeds so far ended, oldest first

	Beside *planning.Beside // the held run that is left as it is; nil where none is
	left   *ledger.Kept     // what it keeps
}

// LookInto reads from the ledger what a plan depends on, as it stands at a time.
func LookInto(l wiring.Memory, now time.Time) (*Outlook, error) {
	o := &Outlook{}
	people, err := l.Known()
	if err != nil {
		return nil, err
	}
	o.People = people
	if o.waiting, err = l.Waiting(); err != nil {
		return nil, err
	}
	if o.Kept, _, err = l.Kept(); err != nil {
		return nil, err
	}
	if o.Approved, err = l.Approvals(now); err != nil {
		return nil, err
	}
	if o.LastFeed, err = l.LastFeed(); err != nil {
		return nil, err
	}
	o.LineEnds, err = l.LineEnds()
	return o, err
}

// records of the feed that earlier plans have kept.
func (o *Outlook) joined() int {
	if o.Kept == nil {
		return 0
	}
	return o.Kept.Records
}

// feed is what is to be planned: what was kept, then what is new. fresh is nil where nothing is.
func (o *Outlook) feed(fresh export.Feed) export.Feed {
	if o.Kept == nil {
		return fresh
	}
	return export.JoinFeeds(o.Kept, fresh)
}

// Judge holds a plan against the limits; nil where it may go.
func (o *Outlook) Judge(cfg *config.Config, whole bool) func(*export.Plan) []export.Breach {
	limits := wiring.Limits(cfg)
	limits.Approved = o.Approved
	return func(p *export.Plan) []export.Breach {
		seen := export.Seen{People: len(o.People), Feed: p.Input - o.joined(), LastFeed: o.LastFeed}
		if seen.Feed == 0 && o.Kept != nil { // nothing new: what is kept is as much of a feed as it was
			seen.Feed = o.Kept.Feed
		}
		if !whole || seen.Feed == 0 {
			seen.LastFeed = 0 // rows planned again are no feed
		}
		return limits.Broken(p, seen)
	}
}
