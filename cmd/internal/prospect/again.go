package prospect

import (
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// only picks records of a feed.
type only func(export.Origin, string) bool

// opened is what the records that may be planned anew are found by.
type opened interface {
	SentSince(run string) (map[string]bool, error)
	Parts(run string) ([]export.Part, error)
	Rows(run string, f func(export.RowResult) error) error
}

// OpenRecords gives the records of seen files that may be planned anew: those of people whose row did not reach Coupa for
// sure, except where something newer was sent for them. What is kept for the next plan is not among them, unless it was
// given up.
func OpenRecords(l opened, seen []export.SeenFile) (only, error) {
	type who struct{ file, key string }
	people := map[who]bool{}
	lines := map[export.Origin]bool{}
	for _, f := range seen {
		if f.Left() == 0 { // none of its records is read; the run may be pruned
			continue
		}
		for _, run := range append([]string{f.Run}, f.Later...) {
			newer, err := l.SentSince(run)
			if err != nil {
				return nil, err
			}
			left, err := notAgain(l, run)
			if err != nil {
				return nil, err
			}
			as := f.Name // a later run's rows name the file with the run that kept it
			if run != f.Run {
				as += "@" + f.Run
			}
			err = l.Rows(run, func(r export.RowResult) error {
				kept := (r.Outcome == export.Held || r.Outcome == export.Pending && r.Part == 0) && run != f.GivenUp.Run
				if r.Origin.File == as && !newer[r.Key] && !left[r.Part] && !kept {
					lines[export.Origin{File: f.Name, Line: r.Origin.Line}] = true
					people[who{f.Name, r.Key}] = true
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return func(o export.Origin, key string) bool { return lines[o] || key != "" && people[who{o.File, key}] }, nil
}

// notAgain gives the parts of a run of which no row is planned anew: those that are still on their way, and those that
// nobody was asked about, as agreed (load.via: [archive]).
func notAgain(l opened, run string) (map[int64]bool, error) {
	parts, err := l.Parts(run)
	if err != nil {
		return nil, err
	}
	out := map[int64]bool{}
	for _, p := range parts {
		out[p.ID] = !p.State.Final() || p.Verdict == export.VerdictUnconfirmed
	}
	return out, nil
}

// Known tells whether a file is the one that was seen last under its name, and nothing of it is to be planned from it.
func Known(old export.SeenFile, f export.FeedFile) bool {
	return old.SHA256 == f.SHA256 && (old.RunState != export.RunHeld || old.Kept)
}

// Recall reads what the ledger knows, where there is one, and which of the files were seen; with again also which of
// their records run --again would plan, nil where that is not asked for.
func Recall(env *wiring.Env, cfg *config.Config, files []export.FeedFile, now time.Time, again bool) (out *Outlook, seen []export.SeenFile, only only, err error) {
	if !wiring.LedgerExists(cfg.Ledger) {
		if again {
			only = func(export.Origin, string) bool { return false }
		}
		return &Outlook{}, nil, only, nil
	}
	l, err := wiring.OpenLedger(env, cfg.Ledger)
	if err != nil {
		return nil, nil, nil, err
	}
	defer l.Close() // only read from
	if out, err = LookInto(l, now); err != nil {
		return nil, nil, nil, err
	}
	for _, f := range files {
		if old, ok, err := l.Seen(f.Name); err != nil {
			return nil, nil, nil, err
		} else if ok && Known(old, f) {
			seen = append(seen, old)
		}
	}
	if again {
		only, err = OpenRecords(l, seen)
	}
	return out, seen, only, err
}

// ToPlan gives the paths of the files that a run would plan. Where it would plan none, plan looks at all of them.
func ToPlan(files []export.FeedFile, seen []export.SeenFile, again bool) []string {
	var paths []string
	for _, f := range files {
		i := slices.IndexFunc(seen, func(s export.SeenFile) bool { return s.Name == f.Name })
		if again && i >= 0 && seen[i].Left() > 0 || !again && i < 0 {
			paths = append(paths, f.Path)
		}
	}
	return paths
}
