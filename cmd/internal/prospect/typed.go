package prospect

import (
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// takeTyped takes a typed change up, whatever was planned before: it may be said any number of times. Where earlier plans have
// kept the same change for the next one, it is that one, as a file that is named again.
func (k *recollection) takeTyped(l Ledger, f export.FeedFile) error {
	k.seen, k.paths = nil, []string{f.Path}
	if k.outlook.Kept == nil {
		return nil
	}
	for _, source := range k.outlook.Kept.Sources {
		name, run := ledger.HomeOf(source)
		if name != f.Name {
			continue
		}
		rec, _, err := l.Run(run)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(rec.Files, func(o export.FeedFile) bool { return o.Name == f.Name && o.SHA256 == f.SHA256 }) {
			k.paths, k.seen = nil, []export.SeenFile{{FeedFile: f, Run: k.outlook.Kept.Run, Kept: true}}
		}
	}
	return nil
}
