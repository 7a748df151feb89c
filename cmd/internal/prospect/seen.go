package prospect

import (
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Seer knows the files that were planned before.
type Seer interface {
	// Seen returns the last file that was planned under a name.
	Seen(name string) (f export.SeenFile, ok bool, err error)
	// SeenAt returns the last file that was planned from a path.
	SeenAt(path string) (f export.SeenFile, ok bool, err error)
}

// File is a file of the feed and, where it was planned before, what the ledger knows of it.
type File struct {
	export.FeedFile
	Seen    *export.SeenFile
	Renewed bool // it is new, and its name is not: other bytes were planned under it
}

// Files returns each file with what was planned of it before. A file is its name and its bytes. A claim is also its path: a
// planned one is not planned again if a later file of its name was planned since, as older news must not go over newer.
func Files(l Seer, files []export.FeedFile, claim bool) ([]File, error) {
	out := make([]File, len(files))
	for i, f := range files {
		old, known, err := lastSeen(l, f, claim)
		if err != nil {
			return nil, err
		}
		out[i].FeedFile = f
		if out[i].Renewed = known && !same(old, f); known && !out[i].Renewed {
			out[i].Seen = &old
		}
	}
	return out, nil
}

// lastSeen returns the file that was planned last under a file's name, or, of a claim, from its path.
func lastSeen(l Seer, f export.FeedFile, claim bool) (old export.SeenFile, ok bool, err error) {
	if claim {
		if old, ok, err = l.SeenAt(f.Path); err != nil || ok && same(old, f) {
			return old, ok, err
		}
	}
	return l.Seen(f.Name)
}

// same reports whether a file is the one that was seen last under its name, and nothing of it is to be planned from it. What
// a held run has not sent is kept in the ledger. Only ledgers of an older program may have held runs that keep nothing: their
// file is planned again.
func same(old export.SeenFile, f export.FeedFile) bool {
	return old.SHA256 == f.SHA256 && (old.RunState != export.RunHeld || old.Kept)
}

// takes reports whether a plan takes a file up: a new one, or, with --again, a seen one with rows that can be planned again, or,
// with --replan, a seen one.
func (a *Ask) takes(f File) bool {
	switch {
	case a.Again:
		return f.Seen != nil && f.Seen.Left() > 0
	case a.Replan:
		return f.Seen != nil && Anew(*f.Seen)
	}
	return f.Seen == nil
}

// recordFilter picks records of a feed.
type recordFilter func(export.Origin, string) bool

func nothing(export.Origin, string) bool { return false }

// opened is what the ledger has to answer to find the records that may be planned again.
type opened interface {
	SentSince(run string) (map[string]bool, error)
	Parts(run string) ([]export.Part, error)
	Rows(run string, f func(export.RowResult) error) error
}

// openRecords picks the records of seen files that may be planned again: a person's records if their row may not have
// reached Coupa, nothing newer was sent for them, and nothing of theirs is kept for the next plan. come are people of whom a record
// has waited for this day. What was kept and given up is among them. gone are the people of such rows whom no file has, since they are
// gone from it.
func openRecords(l opened, seen []export.SeenFile, kept *ledger.Kept, come []string) (only recordFilter, gone map[string]bool, err error) {
	waiting, err := keptPeople(l, kept, come)
	if err != nil {
		return nil, nil, err
	}
	gone = map[string]bool{}
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
				return nil, nil, err
			}
			left, err := notAgain(l, run)
			if err != nil {
				return nil, nil, err
			}
			as := f.KeptAs() // a later run's rows name the file with the run that kept it
			if run == f.Run {
				as = append(as, f.Name)
			}
			err = l.Rows(run, func(r export.RowResult) error {
				stays := (r.Outcome == export.Held || r.Outcome == export.Pending && r.Part == 0) && run != f.GivenUp.Run
				missed := change.IsGone(r.Origin)
				if (missed || slices.Contains(as, r.Origin.File)) && !newer[r.Key] && !newer[alike.Tidy(r.Key)] && !left[r.Part] && !stays && !waiting[r.Key] {
					if missed {
						gone[r.Key] = true
						return nil
					}
					lines[export.Origin{File: f.Name, Line: r.Origin.Line}] = true
					people[who{f.Name, alike.Tidy(r.Key)}] = true
				}
				return nil
			})
			if err != nil {
				return nil, nil, err
			}
		}
	}
	return func(o export.Origin, key string) bool {
		return lines[o] || change.IsGone(o) || key != "" && people[who{o.File, key}]
	}, gone, nil
}

// notAgain marks the parts of a run of which no row is planned again: those that are still on their way, and those that
// Coupa was not asked about, as agreed (load.via: [archive]).
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
