package watch

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/cmd/internal/heldfile"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rejected"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// nameKind is what the name of a file in the drop folder says about it.
type nameKind uint8

const (
	strangeName nameKind = iota // nothing we know: logged once, and left
	feedName                    // a feed
	passedName                  // hidden, still being written, a marker, or a result of ours: left without a log line
)

const (
	markerEnding   = ".done"
	resultEnding   = ".result.json"
	rejectedEnding = rejected.Ending
	heldEnding     = heldfile.Ending
)

// feedEndings are the files that a drop folder takes, gzipped or not. Not .txt: people leave notes in folders.
var feedEndings = []string{".csv", ".tsv", ".jsonl", ".ndjson"}

var passedEndings = []string{
	markerEnding, ".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", "~",
	resultEnding, heldEnding, rejectedEnding + ".csv", rejectedEnding + ".tsv", rejectedEnding + ".jsonl",
}

func kindOf(name string) nameKind {
	low := strings.ToLower(name)
	ends := func(ending string) bool { return strings.HasSuffix(low, ending) }
	switch {
	case strings.HasPrefix(low, "."), strings.HasPrefix(low, "~$"), slices.ContainsFunc(passedEndings, ends):
		return passedName
	case slices.Contains(feedEndings, filepath.Ext(strings.TrimSuffix(low, ".gz"))):
		return feedName
	}
	return strangeName
}

// HeldName returns the name of the file with everyone whom a limit holds in the run of a feed.
func HeldName(feed string) string { return rejected.NameBeside(feed, heldEnding) }

// ResultName returns the name of the file with the result of a feed.
func ResultName(feed string) string { return rejected.NameBeside(feed, resultEnding) }

// shortName returns a short name for a file that cannot be claimed under its own: a hash and the end of its name.
func shortName(g glance, now time.Time) string {
	const most = 40
	end := g.name
	for len(end) > most || len(end) > 0 && !utf8.RuneStart(end[0]) {
		end = end[1:]
	}
	return fmt.Sprintf("%.6x~%s", sha256.Sum256(fmt.Appendf(nil, "%s %d %s", g.name, g.size, now)), end)
}

// glance is a feed as one look at the folder finds it.
type glance struct {
	name    string
	size    int64
	changed time.Time
	marked  bool // its marker says that it is whole
}

func (g glance) same(as glance) bool { return g.size == as.size && g.changed.Equal(as.changed) }

// looks remembers since when each file of a folder has been unchanged. Only our own clock counts: that of a network
// share may differ.
type looks struct {
	still time.Duration
	known map[string]since
}

type since struct {
	glance
	first time.Time // when it was first found like that
}

// next takes what a look has found at a time. It returns, by name, the files that can be taken and those that may still grow.
func (l *looks) next(now time.Time, found []glance) (ready, open []glance) {
	known := make(map[string]since, len(found))
	for _, g := range found {
		s, ok := l.known[g.name]
		if !ok || !s.same(g) {
			s = since{first: now}
		}
		s.glance = g
		known[g.name] = s
		if g.marked || now.Sub(s.first) >= l.still {
			ready = append(ready, g)
		} else {
			open = append(open, g)
		}
	}
	l.known = known
	byName := func(a, b glance) int { return alike.CompareFileNames(a.name, b.name) }
	slices.SortFunc(ready, byName)
	slices.SortFunc(open, byName)
	return ready, open
}
