package prospect

import (
	"maps"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// RowConfig returns the hashes of the config's values that decide about a record's row, by path: mapping, layout, and how the
// feed is read. Limits, the route and the size of parts decide only about when and how a row goes, and
// feed.leaves only about what is said of it, and feed.gone about people whom it does not have.
func RowConfig(p *wiring.Pipeline) (map[string]string, error) {
	digests := p.Config.Digests("feed", "mapping", "layout", "references")
	for _, path := range []string{"feed.files", "feed.max_age", "feed.min_records", "feed.max_records", "feed.max_bytes", "feed.leaves", "feed.leaves.column", "feed.leaves.layout", "feed.gone", "feed.gone_after", "feed.gone_after.snapshots", "feed.gone_after.days", "layout.max_rows", "layout.max_bytes"} {
		delete(digests, path)
	}
	return digests, addTables(digests, p)
}

// Since returns the paths of the values that have changed in the config since a file was planned, and that decide about its
// rows; none where the file's config is not known.
func Since(f export.SeenFile, now map[string]string) []string {
	if f.Config == nil {
		return nil
	}
	return changed(f.Config, now)
}

// changed returns the paths of the values that differ, in order.
func changed(was, is map[string]string) []string {
	paths := map[string]bool{}
	for path, digest := range was {
		paths[path] = is[path] != digest
	}
	for path, digest := range is {
		paths[path] = was[path] != digest
	}
	maps.DeleteFunc(paths, func(_ string, moved bool) bool { return !moved })
	return slices.Sorted(maps.Keys(paths))
}

// overtaken is what the ledger has to answer to plan seen files anew.
type overtaken interface {
	OvertakenSince(name, sha256 string) (map[string]bool, error)
	Rows(run string, f func(export.RowResult) error) error
}

// Anew reports whether a seen file can be planned anew. A file of a held run is planned anew by every start: its records are
// kept. Of one whose run is pruned it is not known what has gone since.
func Anew(f export.SeenFile) bool {
	return !f.Pruned && (f.RunState != export.RunHeld || !f.Kept)
}

// recordsAnew picks the records of seen files that may be planned anew: of every person but those for whom something newer has
// gone since, or is kept for this plan.
func recordsAnew(l overtaken, seen []export.SeenFile, kept *ledger.Kept, come []string) (recordFilter, error) {
	waiting, err := keptPeople(l, kept, come)
	if err != nil {
		return nil, err
	}
	newer := map[string]map[string]bool{}
	for _, f := range seen {
		if !Anew(f) {
			continue
		}
		people, err := l.OvertakenSince(f.Name, f.SHA256)
		if err != nil {
			return nil, err
		}
		newer[f.Name] = people
	}
	return func(o export.Origin, key string) bool {
		people, seen := newer[o.File]
		return seen && (key == "" || !waiting[key] && !people[key])
	}, nil
}

// keptPeople returns the keys of the people of whom the ledger keeps records for the next plan, and of those whose day has come. These come first in it: what was
// seen earlier would go over them.
func keptPeople(l interface {
	Rows(run string, f func(export.RowResult) error) error
}, kept *ledger.Kept, come []string) (map[string]bool, error) {
	people := map[string]bool{}
	for _, key := range come {
		people[key] = true
	}
	if kept == nil {
		return people, nil
	}
	err := l.Rows(kept.Run, func(r export.RowResult) error {
		if r.Outcome == export.Held || r.Outcome == export.Pending && r.Part == 0 {
			people[r.Key] = true
		}
		return nil
	})
	return people, err
}
