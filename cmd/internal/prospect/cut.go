package prospect

import (
	"path/filepath"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// cutFiles marks the files of HR's feed that are cut off if their last line has no end: all earlier feeds of their kind had
// one. A file by hand is never marked: editors often leave the last line end out.
func (d *draft) cutFiles() map[string]bool {
	if d.fresh == nil || len(d.out.lineEnds) == 0 || !d.ask.wholeFeed() {
		return nil
	}
	cut := map[string]bool{}
	own := d.fresh.Files()
	for _, f := range own {
		earlier := slices.DeleteFunc(slices.Clone(d.out.lineEnds), func(e export.FeedFile) bool {
			return !kin(d.ask.Pipe, f.Name, e.Name) || slices.ContainsFunc(own, func(o export.FeedFile) bool { return isAgain(e, o) })
		})
		cut[f.Name] = planning.EndsLines(earlier)
	}
	return cut
}

// isAgain reports whether an earlier file is the one at hand, as with run --again.
func isAgain(earlier, f export.FeedFile) bool {
	return earlier.Name == f.Name && earlier.Size == f.Size && (f.SHA256 == "" || earlier.SHA256 == f.SHA256)
}

// kin reports whether two files are of one kind: the pattern of feed.files that finds the one finds the other too. Files that no
// pattern finds, as in a watched folder, are all of one kind.
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
