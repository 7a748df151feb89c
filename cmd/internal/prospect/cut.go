package prospect

import (
	"path/filepath"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// CutFeeds makes Planner.Cut for HR's feed: a file whose last line has no end is cut off where all feeds of its kind had one so
// far. A file by hand is none of them: editors often leave the last line end out.
func CutFeeds(p *wiring.Pipeline, fresh export.Feed, out *Outlook) func(file string) bool {
	if fresh == nil || len(out.LineEnds) == 0 {
		return nil
	}
	cut := map[string]bool{}
	own := fresh.Files()
	for _, f := range own {
		earlier := slices.DeleteFunc(slices.Clone(out.LineEnds), func(e export.FeedFile) bool {
			return !kin(p, f.Name, e.Name) || slices.ContainsFunc(own, func(o export.FeedFile) bool { return isAgain(e, o) })
		})
		cut[f.Name] = planning.EndsLines(earlier)
	}
	return func(file string) bool { return cut[file] }
}

// isAgain reports whether an earlier file is the one at hand, as with run --again.
func isAgain(earlier, f export.FeedFile) bool {
	return earlier.Name == f.Name && earlier.Size == f.Size && (f.SHA256 == "" || earlier.SHA256 == f.SHA256)
}

// kin reports whether two files are of one kind: the pattern of feed.files that finds the one finds the other too. What no
// pattern finds, as in a watched folder, is all of one kind.
func kin(p *wiring.Pipeline, name, other string) bool {
	for _, pattern := range p.Config.Feed.Files {
		pattern = filepath.Base(pattern)
		if ok, err := filepath.Match(pattern, name); ok && err == nil {
			ok, err = filepath.Match(pattern, other)
			return ok && err == nil
		}
	}
	return true
}
