package ledger

import (
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// KeptFeed holds the records that earlier plans have kept.
type KeptFeed interface {
	// From returns the records as a feed with file indexes from first on, so that it can be read together with another
	// feed. Its Files have Kept set.
	From(first int) export.Feed
}

// JoinFeeds returns a feed that reads kept records before new ones, so that a person's records stay in order. fresh may
// be nil.
func JoinFeeds(kept KeptFeed, fresh export.Feed) export.Feed {
	if fresh == nil {
		return kept.From(0)
	}
	return &joinedFeed{kept.From(len(fresh.Names())), fresh}
}

type joinedFeed struct{ kept, fresh export.Feed }

// Files returns the new files first: their records count indexes from 0.
func (j *joinedFeed) Files() []export.FeedFile {
	return append(slices.Clone(j.fresh.Files()), j.kept.Files()...)
}

// Names returns the names in the same order.
func (j *joinedFeed) Names() []string {
	return append(slices.Clone(j.fresh.Names()), j.kept.Names()...)
}

func (j *joinedFeed) Chunks(take func(export.Chunk) error) error {
	n := 0
	if err := j.kept.Chunks(func(c export.Chunk) error { n++; return take(c) }); err != nil {
		return err
	}
	return j.fresh.Chunks(func(c export.Chunk) error { return take(renumbered{c, n + c.Seq()}) })
}
