package prospect

import (
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// takeTyped takes a typed change up, whatever was planned before: it may be said any number of times. If it is the last that
// earlier plans have kept for the next one, it is that one, as a file that is named again. One that is kept before
// others is not: they may hold newer values of the person.
func (k *recollection) takeTyped(l Ledger, f export.FeedFile) error {
	k.seen, k.paths = nil, []string{f.Path}
	if k.outlook.Kept == nil || len(k.outlook.Kept.Sources) == 0 {
		return nil
	}
	name, run := ledger.HomeOf(k.outlook.Kept.Sources[len(k.outlook.Kept.Sources)-1])
	if name != f.Name {
		return nil
	}
	rec, _, err := l.Run(run)
	if slices.ContainsFunc(rec.Files, func(o export.FeedFile) bool { return o.Name == f.Name && o.SHA256 == f.SHA256 }) {
		k.seen, k.paths = []export.SeenFile{{FeedFile: f, Run: k.outlook.Kept.Run, Kept: true}}, nil
	}
	return err
}
