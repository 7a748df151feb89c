package main

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// outlook is all that a plan depends on beside feed and config: what the ledger knows. The zero value is that of no
// ledger.
type outlook struct {
	people   knower
	waiting  *export.Waiting
	kept     *ledger.Kept // what earlier plans have kept; nil where nothing is
	approved []export.Approval
	lastFeed int // records of the last feed that was not held
}

func lookInto(l memory, now time.Time) (*outlook, error) {
	o := &outlook{}
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
	o.lastFeed, err = l.LastFeed()
	return o, err
}

// records of the feed that earlier plans have kept.
func (o *outlook) joined() int {
	if o.kept == nil {
		return 0
	}
	return o.kept.Records
}

// feed is what is to be planned: what was kept, then what is new. fresh is nil where nothing is.
func (o *outlook) feed(fresh export.Feed) export.Feed {
	if o.kept == nil {
		return fresh
	}
	return export.JoinFeeds(o.kept, fresh)
}

// judge holds a plan against the limits; nil where it may go.
func (o *outlook) judge(cfg *config.Config, whole bool) func(*export.Plan) []string {
	limits := limits(cfg)
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

// guard makes the rule of config.Protect: "" where a person may be changed.
func guard(cfg *config.Config, now time.Time) func(key, login, known string) string {
	var live []config.Protect
	for _, p := range cfg.IntegrationUsers {
		live = append(live, config.Protect{Login: p, Reason: fmt.Sprintf("by its login an account that programs use (integration_users: %s)", p)})
	}
	for _, r := range cfg.Protect {
		if r.Until.IsZero() || now.Before(r.Until) {
			live = append(live, r)
		}
	}
	if len(live) == 0 {
		return nil
	}
	return func(key, login, known string) string {
		for _, r := range live {
			if matches(r.Key, key) || matches(r.Login, login) || matches(r.Login, known) {
				return "this person is protected and never changed: " + r.Why()
			}
		}
		return ""
	}
}

// matches is without regard to case, since Coupa's logins are; an empty pattern or value matches nothing.
func matches(pattern, value string) bool {
	if pattern == "" || value == "" {
		return false
	}
	ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(value))
	return ok && err == nil // the config has checked the pattern
}
