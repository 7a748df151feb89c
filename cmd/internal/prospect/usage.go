package prospect

import (
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// Used is what a ledger is asked about earlier starts of the day.
type Used interface {
	Committed(since time.Time, kinds export.ChangeKinds, f func(run, key string, kinds export.ChangeKinds, names []string)) error
	RunsSince(t time.Time) ([]export.RunRecord, error)
	UsedBy(run string) ([]export.Approval, error)
	Rows(run string, f func(export.RowResult) error) error
}

// Usage returns how much of the limits the earlier starts of the day have used, and whom approvals name.
func Usage(l Used, cfg *config.Config, approved []export.Approval, now time.Time) (*export.Usage, error) {
	named, err := namedBy(l, approved)
	if err != nil {
		return nil, err
	}
	u := wiring.Limits(cfg).NewUsage(named)
	kinds, all := u.Kinds()
	if kinds == 0 && !all {
		return u, nil
	}
	if all {
		kinds = 0
	}
	since := limitsSince(cfg, now)
	covered, err := coveredSince(l, since)
	if err != nil {
		return nil, err
	}
	err = l.Committed(since, kinds, func(run, key string, kinds export.ChangeKinds, names []string) {
		u.Add(run, key, kinds, covered[run], names...)
	})
	return u, err
}

// limitsSince returns from when on starts count for the limits of a plan: the day of the feed's zone, unless the config has
// another time.
func limitsSince(cfg *config.Config, now time.Time) time.Time {
	if cfg.Limits.Per > 0 {
		return now.Add(-cfg.Limits.Per)
	}
	y, m, d := now.In(cfg.Feed.TimeZone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, cfg.Feed.TimeZone)
}

// coveredSince returns, by run, the people whom the approvals name that the runs have used.
func coveredSince(l Used, since time.Time) (map[string]export.Named, error) {
	runs, err := l.RunsSince(since.AddDate(0, 0, -1)) // one that began before may have been planned since
	if err != nil {
		return nil, err
	}
	covered := map[string]export.Named{}
	for _, r := range runs {
		used, err := l.UsedBy(r.ID)
		if err != nil {
			return nil, err
		}
		if covered[r.ID], err = namedBy(l, used); err != nil {
			return nil, err
		}
	}
	return covered, nil
}

// namedBy returns the people whom approvals name.
func namedBy(l Used, approvals []export.Approval) (export.Named, error) {
	if len(approvals) == 0 {
		return nil, nil
	}
	named := export.Named{}
	for _, a := range approvals {
		err := named.Add(a, func(f func(key string, kinds export.ChangeKinds, names ...string)) error {
			return l.Rows(a.Run, func(r export.RowResult) error {
				if r.Outcome == export.Held {
					f(r.Key, r.Kinds, r.Counted...)
				}
				return nil
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return named, nil
}
