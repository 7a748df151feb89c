package prospect

import (
	"fmt"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// Archive knows the order in which files were planned, and which of them were passed over.
type Archive interface {
	// PlannedFiles returns the last file that was planned under each name, in the order of plans.
	PlannedFiles() ([]export.FeedFile, error)
	// LateFiles returns the files that were passed over.
	LateFiles() ([]export.LateFile, error)
}

// news is what the order of a feed's files comes to.
type news struct {
	passed []string          // names of files that the plan passes over
	late   []export.LateFile // of them, those that people are told about
	doubts []export.Fault    // files whose names and times disagree
}

// order finds the late files of a feed, so that no older news goes over newer. A file that a person names is never late. If it
// was passed over before, it takes the person's word (--late) to plan it. The claims of a watcher have an order of their own, but a
// snapshot is never planned after a newer one.
func (a *Ask) order(l Archive, files []File) (n news, err error) {
	fresh := func(f File) bool { return f.Seen == nil }
	if a.Again || a.Replan || a.Claim && !a.Pipe.Config.Feed.Snapshot || a.Alone || a.Typed != nil || !slices.ContainsFunc(files, fresh) {
		return n, nil
	}
	var planned []export.FeedFile
	var before []export.LateFile
	if l != nil {
		if before, err = l.LateFiles(); err != nil {
			return n, err
		}
		if planned, err = l.PlannedFiles(); err != nil {
			return n, err
		}
	}
	named := len(a.Files) > 0
	meant := named && !a.Claim // by a person
	var goes []export.FeedFile // of those that no name was planned of
	for _, f := range files {
		old := slices.IndexFunc(before, func(o export.LateFile) bool { return o.Name == f.Name && o.SHA256 == f.SHA256 })
		switch late, is := isLate(f.FeedFile, planned); {
		case !fresh(f) || meant && (old < 0 || a.Late):
		case old >= 0:
			n.passed = append(n.passed, f.Name)
			if named {
				before[old].Path, before[old].Known = f.Path, true
				n.late = append(n.late, before[old])
			}
		case f.Renewed:
		case is:
			n.passed, n.late = append(n.passed, f.Name), append(n.late, late)
		default:
			goes = append(goes, f.FeedFile)
		}
	}
	n.doubts = doubtful(goes, planned)
	return n, nil
}

// snapshots passes over the files of a snapshot feed that are not the last of their kind, among the new ones and among the seen
// ones: each was everybody on its day. Files whose names differ in more than numbers are of different kinds, and everybody is
// in all of them together.
func (a *Ask) snapshots(files []File, n *news) {
	if !a.Pipe.Config.Feed.Snapshot || a.Claim || !a.wholeFeed() {
		return
	}
	passed := slices.Clone(n.passed)
	for i, f := range files {
		last := f.Name
		for _, g := range files[i+1:] {
			if (f.Seen == nil) == (g.Seen == nil) && alike.DifferInDigits(f.Name, g.Name) && !slices.Contains(passed, g.Name) {
				last = g.Name
			}
		}
		if last == f.Name || slices.Contains(passed, f.Name) {
			continue
		}
		n.passed = append(n.passed, f.Name)
		if f.Seen == nil && !a.Again && !a.Replan {
			n.late = append(n.late, export.LateFile{Name: f.Name, Path: f.Path, Size: f.Size, SHA256: f.SHA256, Newer: last, Superseded: true})
		}
	}
}

// older adds to news the older snapshots among files of which none is known.
func (a *Ask) older(files []export.FeedFile, n news) news {
	fresh := make([]File, len(files))
	for i, f := range files {
		fresh[i].FeedFile = f
	}
	a.snapshots(fresh, &n)
	return n
}

// Everybody returns the files of a feed that hold everybody: of snapshots, the last of each kind. The older ones are passed over.
// named are the files that a person has named; none: the feed of the config.
func Everybody(pipe *wiring.Pipeline, named []string, all export.Feed) (f export.Feed, older []export.LateFile, err error) {
	a := &Ask{Pipe: pipe, Files: named, Alone: true}
	if older = a.older(all.Files(), news{}).late; len(older) == 0 {
		return all, nil, nil
	}
	f, err = a.fresh(all, nil, nil, nil)
	return f, older, err
}

// isLate reports whether newer news than that of a file was planned before it, says its name and says its time.
func isLate(f export.FeedFile, planned []export.FeedFile) (late export.LateFile, is bool) {
	for _, p := range planned {
		if alike.DifferInDigits(f.Name, p.Name) && alike.CompareFileNames(f.Name, p.Name) < 0 && f.Modified.Before(p.Modified) {
			late, is = export.LateFile{Name: f.Name, Path: f.Path, Size: f.Size, SHA256: f.SHA256, Newer: p.Name}, true
		}
	}
	return late, is
}

// moment is how far apart the times of files have to be to say which one is newer: files of one delivery are written, or
// copied, in any order.
const moment = time.Minute

// doubtful returns a fault for each file whose name and time disagree on its place behind the file that was planned last, or
// behind the one that is planned before it. Only files are compared whose names differ in numbers alone.
func doubtful(files, planned []export.FeedFile) (doubts []export.Fault) {
	planned = slices.Clone(planned)
	for _, f := range files {
		for _, p := range slices.Backward(planned) {
			if !alike.DifferInDigits(f.Name, p.Name) {
				continue
			}
			if what := disagreement(f, p); what != "" {
				doubts = append(doubts, export.Fault{
					Origin: export.Origin{File: f.Name}, Rule: "order", Message: what,
					Hint: "let the numbers in the names of files grow with each file, as year, month, day do in this order; see that copies keep the files' times",
				})
			}
			break
		}
		planned = append(planned, f)
	}
	return doubts
}

// disagreement says how the name and the time of a file disagree on whether it is newer than another; "" if they do not.
func disagreement(f, other export.FeedFile) string {
	const line = "its name comes %s that of %s, and it was changed %s: it is planned after it"
	switch after := alike.CompareFileNames(f.Name, other.Name) > 0; {
	case other.Modified.IsZero():
	case !after && !f.Modified.Before(other.Modified):
		return fmt.Sprintf(line, "before", other.Name, "later")
	case after && f.Modified.Before(other.Modified.Add(-moment)):
		return fmt.Sprintf(line, "after", other.Name, "earlier")
	}
	return ""
}
