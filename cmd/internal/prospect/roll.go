package prospect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// Roll is what calling the roll of a snapshot has come to.
type Roll struct {
	Call       *export.RollCall // for the ledger
	Gone       *export.Gone     // nil: no one is missing
	Superseded int              // records that earlier plans have kept of older snapshots

	due []change.Absent // people who are to be deactivated
}

// callsRoll reports whether the files that a plan takes up are everybody.
func (a *Ask) callsRoll(paths []string) bool {
	return a.Pipe.Config.Feed.Snapshot && a.wholeFeed() && !a.Again && !a.Replan && !a.Alone && len(paths) > 0
}

// callRoll finds out who is in a snapshot, and who is missing for long enough to be gone.
func (d *draft) callRoll(ctx context.Context, before *ledger.Roll) (*Roll, error) {
	pipe := d.ask.Pipe
	if pipe.Config.Feed.Gone.Deactivate && !change.Identifies(pipe) {
		return nil, export.Hint(exit.Usage("feed.gone: deactivate: the mapping makes %s from more than the field %q, so a person who is missing cannot be found in Coupa", pipe.Key, pipe.Config.Feed.Key),
			"fill it from that field alone, or write gone: keep")
	}
	look := d.planner(pipe.Sheet, nil)
	look.Superseded = d.supersedes
	here, err := planning.CallRoll(ctx, look, before.Members)
	if err != nil {
		return nil, err
	}
	r := &Roll{Superseded: here.Superseded, Call: &export.RollCall{Records: here.Records, Config: rollConfig(pipe), Files: d.fresh.Names(), New: here.New, Back: here.Back}}
	why := d.uncounted(r.Call, here, before)
	r.Call.Counts = why == "" || r.Call.Anew
	gone, due := d.missing(r.Call, here, before)
	if !r.Call.Counts {
		r.Call.Missing = nil
	}
	if gone.NotCounted = why; why != "" {
		gone.Due, due = 0, nil
	}
	if gone.Missing > 0 {
		r.Gone = &gone
	}
	if gone.Deactivate {
		r.due = due
	}
	return r, nil
}

// missing returns who is missing in a snapshot and is not inactive already, and those who are so for long enough. It notes in the call
// who is missing for the first time.
func (d *draft) missing(call *export.RollCall, here *planning.Present, before *ledger.Roll) (gone export.Gone, due []change.Absent) {
	rule := d.ask.Pipe.Config.Feed.Gone
	gone = export.Gone{Deactivate: rule.Deactivate, Snapshots: rule.Snapshots, Days: rule.Days}
	before.Members.All(func(key string, since int) {
		if here.Has(key) {
			return
		}
		if since == 0 {
			call.Missing = append(call.Missing, key)
		}
		person, known := d.out.People.Of(key)
		if !known || person.Status == export.StatusInactive || here.Kept(key) {
			return
		}
		gone.Missing++
		a := change.Absent{Key: key, Login: person.Login, Since: d.ask.day(), Snapshots: before.Missed(since) + 1}
		if since != 0 {
			a.Since = before.Since[since].In(d.ask.Pipe.Config.Feed.TimeZone)
		}
		if a.Snapshots >= rule.Snapshots && daysBetween(a.Since, d.ask.day()) >= rule.Days {
			gone.Due++
			due = append(due, a)
		}
	})
	slices.Sort(call.Missing)
	slices.SortFunc(due, change.Absent.Compare)
	return gone, due
}

// goneStill returns those of some people who are missing in HR's snapshots still.
func (a *Ask) goneStill(l Ledger, out *Outlook, keys map[string]bool) (still []change.Absent, err error) {
	if len(keys) == 0 || !a.Pipe.Config.Feed.Gone.Deactivate {
		return nil, nil
	}
	r, err := l.Roll()
	if err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if since, ok := r.Members.Of(key); ok && since != 0 {
			person, _ := out.People.Of(key)
			still = append(still, change.Absent{Key: key, Login: person.Login, Since: r.Since[since].In(a.Pipe.Config.Feed.TimeZone), Snapshots: r.Missed(since)})
		}
	}
	slices.SortFunc(still, change.Absent.Compare)
	return still, nil
}

// daysBetween returns how many days of the calendar lie between two times.
func daysBetween(from, to time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(to).Sub(day(from)) / (24 * time.Hour))
}

// uncounted returns why no one is gone because of a snapshot; "" for nothing. It notes in the call where the count begins anew.
func (d *draft) uncounted(call *export.RollCall, here *planning.Present, before *ledger.Roll) string {
	last, counted := before.Last, before.Counted
	call.Anew = counted != nil && here.Unread == nil && here.Records > 0 && counted.Config != call.Config
	switch shrink := d.ask.Pipe.Config.Limits.Shrink; {
	case here.Unread != nil:
		return fmt.Sprintf("%s names no person for certain, and may be anyone's", here.Unread)
	case here.Records == 0:
		return "it has no records"
	case d.ask.Late:
		return "it is older than what was planned before"
	case counted == nil:
		return ""
	case call.Anew:
		return "feed.files, feed.key, feed.where or layout.match has changed since the last one, and the count begins anew"
	case shrink > 0 && float64(here.Records) < float64(last.Records)*(1-shrink/100):
		return fmt.Sprintf("it has %s, and the last one had %d (limits.shrink)", export.Plural(here.Records, "record"), last.Records)
	}
	for _, name := range counted.Files {
		if !slices.ContainsFunc(call.Files, func(now string) bool { return sameKind(now, name) }) {
			return fmt.Sprintf("it has no file of the kind of %s, as the last one had", export.Plain(name))
		}
	}
	return ""
}

// sameKind reports whether the names of two files differ in nothing, or in numbers alone.
func sameKind(name, other string) bool { return name == other || alike.DifferInDigits(name, other) }

// supersedes reports whether what earlier plans have kept of a file is of an older snapshot than the one at hand, or of who was gone
// from it: the roll is called anew.
func (d *draft) supersedes(file string) bool {
	if o := (export.Origin{File: file}); change.Typed(o) {
		return change.IsGone(o)
	}
	if d.out.come != nil && slices.Contains(d.out.come.From(0).Names(), file) {
		return false // its day has come: whoever the snapshot has replaces it already
	}
	name, run := ledger.HomeOf(file)
	return run != "" && slices.ContainsFunc(d.fresh.Names(), func(fresh string) bool { return sameKind(fresh, name) })
}

// missingText returns, for a hash, which snapshots came before, and who is missing in them.
func missingText(r *ledger.Roll) string {
	if r == nil || r.Last == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "snapshot %d of %s\n", r.Last.Number, r.Last.At.UTC().Format(time.RFC3339Nano))
	r.Members.All(func(key string, since int) {
		if since != 0 {
			fmt.Fprintf(&b, "missing %q %d\n", key, since)
		}
	})
	return b.String()
}

// rollConfig returns a hash of what of the config decides whom a snapshot has, and under which keys.
func rollConfig(p *wiring.Pipeline) string {
	digests := p.Config.Digests("feed", "layout")
	maps.DeleteFunc(digests, func(path, _ string) bool {
		return !slices.ContainsFunc([]string{"feed.files", "feed.key", "feed.where", "layout.match"}, func(of string) bool { return path == of || strings.HasPrefix(path, of+".") })
	})
	h := sha256.New()
	for _, path := range slices.Sorted(maps.Keys(digests)) {
		fmt.Fprintf(h, "%s %s\n", path, digests[path])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Recorded returns what the ledger records of the roll; nil where none was called.
func (r *Roll) Recorded() *export.RollCall {
	if r == nil {
		return nil
	}
	return r.Call
}

// Missing returns who is missing, for people; nil where no one is.
func (r *Roll) Missing() *export.Gone {
	if r == nil {
		return nil
	}
	return r.Gone
}

// Older returns how many records of older snapshots the plan excludes.
func (r *Roll) Older() int {
	if r == nil {
		return 0
	}
	return r.Superseded
}
