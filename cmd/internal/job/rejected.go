package job

import (
	"context"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rejected"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
)

// writeRejected writes the rows of a start's runs that need a person into files. Where one cannot be written, the start ends as
// it would with it, and the log says what is missing.
func (j *Job) writeRejected(ctx context.Context, rep *export.Report) {
	if rep == nil || j.watched {
		return
	}
	w := rejected.Writer{
		Dir: j.cfg.Ledger, Bytes: j.ledger.Bytes, Causes: wiring.CausesIn(j.cfg),
		Warn: func(err error) { export.LogHints(j.env.Log, export.HintsOf(err)...).Warn(err.Error()) },
		Open: func(paths []string) (*feed.Feed, error) {
			if j.feed == nil { // a drop has resumed a run
				pipe, err := wiring.QuietPipeline(ctx, j.env, config.Options{FeedGiven: true})
				if err != nil {
					return nil, err
				}
				j.feed = pipe
			}
			return j.feed.OpenAnyAge(paths)
		},
	}
	for _, r := range append([]*export.Report{rep}, rep.Resumed...) {
		w.Write(r)
	}
}
