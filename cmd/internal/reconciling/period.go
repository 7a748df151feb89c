package reconciling

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

// onTime is within which a leaver is to be shut out, from the beginning of the day on which they leave.
const onTime = 24 * time.Hour

// Period is what the ledger has of a span of days, and how its leavers were shut out.
type Period struct {
	From    string    `json:"from"` // days of feed.time_zone, both in it
	To      string    `json:"to"`
	Ledger  bool      `json:"ledger"`                      // false: there is none, so that nothing is known of runs
	Runs    int       `json:"runs"`                        // that began in it, and came to a plan
	Hours   int       `json:"hours_without"`               // the longest time without one, as far as it has passed
	Begins  time.Time `json:"without_from,omitzero"`       // of that time
	Ends    time.Time `json:"without_to,omitzero"`         // of that time
	Known   bool      `json:"leavers_known"`               // feed.leaves says who has left in it
	Late    int       `json:"late"`                        // leavers who were shut out later than 24 hours, or are not
	Unasked int       `json:"leavers_not_asked,omitempty"` // of whom the ledger was not asked when they were shut out, since they are too many
	Leavers []Leaver  `json:"leavers"`
	from    time.Time
	to      time.Time // the first moment behind it
}

// Leaver is a person who has left in a period.
type Leaver struct {
	Key      string         `json:"key"`
	Origin   export.Origin  `json:"origin"`
	Left     time.Time      `json:"left,omitzero"`      // the first moment of the day; zero in a result without values
	Run      string         `json:"run,omitempty"`      // that has sent that they are inactive
	Sent     time.Time      `json:"sent,omitzero"`      // when; zero where the ledger does not know it
	Hours    *int           `json:"hours,omitempty"`    // from Left to Sent; below 0 where it was sent ahead
	ReadBack time.Time      `json:"read_back,omitzero"` // when that run's rows were last read back
	Now      Shut           `json:"now"`
	Late     bool           `json:"late"`
	Why      export.Outcome `json:"why,omitempty"` // of a late one: what became of their row before; "" where no row of theirs came
}

// Shut is what this comparison has read of a leaver in Coupa.
type Shut string

// What it may have read.
const (
	ShutOut    Shut = "inactive"
	StillIn    Shut = "active"
	NoUser     Shut = "no_user"
	ShutUnsure Shut = "unclear" // the comparison is in doubt, or HR does not say that they are inactive
)

// readPeriod reads the days of a period in a zone. Without the last day it ends now.
func (s *sides) readPeriod() error {
	if s.o.From == "" && s.o.To == "" {
		return nil
	}
	zone, p := s.pipe.Config.Feed.TimeZone, &Period{Leavers: []Leaver{}}
	day := func(flag, text string) (time.Time, error) {
		t, err := time.ParseInLocation(time.DateOnly, text, zone)
		if err != nil {
			return t, export.Hint(exit.Usage("%s: %q is no day", flag, text), "write it as 2026-11-30")
		}
		return t, nil
	}
	today := s.res.At.In(zone)
	last, err := day("--to", cmp.Or(s.o.To, today.Format(time.DateOnly)))
	if err != nil {
		return err
	}
	p.from, err = day("--from", cmp.Or(s.o.From, last.AddDate(0, 0, -29).Format(time.DateOnly)))
	if err != nil {
		return err
	}
	if p.to = last.AddDate(0, 0, 1); !p.from.Before(p.to) {
		return exit.Usage("--from %s is later than --to %s", s.o.From, last.Format(time.DateOnly))
	}
	if p.from.After(s.res.At) {
		return exit.Usage("--from %s is still to come", p.from.Format(time.DateOnly))
	}
	p.From, p.To = p.from.Format(time.DateOnly), last.Format(time.DateOnly)
	s.res.Period = p
	return nil
}

// Days returns the days of a period in words; "" where there is none.
func (p *Period) Days() string {
	if p == nil {
		return ""
	}
	return p.From + " to " + p.To
}

// leaves notes a person whose day is in the period. Several goroutines may not call it at once.
func (p *Period) leaves(key string, at export.Origin, left time.Time) {
	if p != nil && !left.IsZero() && !left.Before(p.from) && left.Before(p.to) {
		p.Leavers = append(p.Leavers, Leaver{Key: key, Origin: at, Left: left.UTC()})
	}
}

// runs finds the longest time without a run. now ends a period that is not over.
func (p *Period) runs(l ledger.Ledger, now time.Time) error {
	all, err := l.RunsSince(p.from)
	if err != nil {
		return err
	}
	p.Ledger = true
	at, end := p.from, p.to
	if now.Before(end) {
		end = now
	}
	longest := time.Duration(-1)
	gap := func(to time.Time) {
		if d := to.Sub(at); d > longest {
			longest, p.Begins, p.Ends = d, at.UTC(), to.UTC()
		}
		at = to
	}
	slices.SortFunc(all, func(a, b export.RunRecord) int { return a.Started.Compare(b.Started) })
	for _, r := range all {
		if r.Command != "run" || r.Verdict.End == export.EndNotPlanned || r.Started.Before(p.from) || !r.Started.Before(end) {
			continue
		}
		p.Runs++
		gap(r.Started)
	}
	gap(end)
	p.Hours = int(longest.Hours())
	return nil
}

// settle says of each leaver when they were shut out, and what was read of them now. found has the findings of those who are not
// equal, by key.
func (p *Period) settle(m *memory, found map[string]*reconcile.Finding, now time.Time) error {
	slices.SortFunc(p.Leavers, func(a, b Leaver) int { return cmp.Or(a.Left.Compare(b.Left), cmp.Compare(a.Key, b.Key)) })
	for i := range p.Leavers {
		one := &p.Leavers[i]
		one.Now = shut(found[one.Key])
		switch {
		case m == nil:
		case i >= maxStories:
			p.Unasked++
		default:
			story, _, err := m.ledger.Story([]string{one.Key}, -1)
			if err != nil {
				return err
			}
			one.tell(story)
		}
		one.Late = one.Now == StillIn && now.Sub(one.Left) > onTime || one.Hours != nil && one.Sent.Sub(one.Left) > onTime
		if !one.Late {
			one.Why = ""
			continue
		}
		p.Late++
	}
	return nil
}

// shut returns what a finding says of a leaver in Coupa; nil is of one who is equal.
func shut(f *reconcile.Finding) Shut {
	switch {
	case f == nil:
		return ShutOut
	case f.Class == reconcile.LeaverActive:
		return StillIn
	case f.Class == reconcile.LeaverGone, f.Class == reconcile.HandedOver, f.Class == reconcile.Missing:
		return NoUser
	case f.Class == reconcile.Differs && f.Inactive:
		return ShutOut
	}
	return ShutUnsure
}

// tell finds in a person's story, newest run first, the row that shut them out: the first one of those since which no row said
// otherwise.
func (l *Leaver) tell(story []ledger.Episode) {
	for _, e := range story {
		taken := e.Row.Outcome == export.Applied // of a drifted row it is not known which cell it is
		switch {
		case taken && e.Row.Status == export.StatusActive:
			return
		case taken && e.Row.Status == export.StatusInactive:
			l.Run, l.Sent, l.ReadBack, l.Why = e.Run.ID, sentAt(&e.Part), e.Part.ReadBack, ""
			hours := int(math.Floor(l.Sent.Sub(l.Left).Hours()))
			l.Hours = &hours
		case !closed(e.Row.Outcome) && !e.Run.Started.Before(l.Left):
			l.Why = e.Row.Outcome
		}
	}
}

// sentAt returns when a part was sent; a part by API has no such time but that of its plan.
func sentAt(p *export.Part) time.Time {
	if p.Sent.IsZero() {
		return p.Planned
	}
	return p.Sent
}

// wanted returns the keys of the leavers.
func (p *Period) wanted() map[string]*reconcile.Finding {
	if p == nil {
		return nil
	}
	keys := make(map[string]*reconcile.Finding, len(p.Leavers))
	for _, l := range p.Leavers {
		keys[l.Key] = nil
	}
	return keys
}

// settlePeriod asks the ledger about the period, if there is one.
func (s *sides) settlePeriod(found map[string]*reconcile.Finding) error {
	p := s.res.Period
	if p == nil {
		return nil
	}
	p.Known = s.res.Leaves != ""
	if s.memory != nil {
		if err := p.runs(s.memory.ledger, s.res.At); err != nil {
			return err
		}
	}
	return p.settle(s.memory, found, s.res.At)
}
