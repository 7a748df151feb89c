package wiring

import (
	"context"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rejected"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
)

// RejectedWriter returns what writes the rows of runs that need a person into files of the ledger's folder. sent returns the bytes
// of a part. pipe reads HR's files again; nil: the config is read for that once it is needed.
func RejectedWriter(ctx context.Context, env *Env, cfg *config.Config, sent func(export.Part) ([]byte, error), pipe *Pipeline) *rejected.Writer {
	return &rejected.Writer{
		Dir: cfg.Ledger, Bytes: sent, Causes: CausesIn(cfg),
		Warn: func(err error) { export.LogHints(env.Log, export.HintsOf(err)...).Warn(err.Error()) },
		Open: func(paths []string) (_ *feed.Feed, err error) {
			if pipe == nil {
				if pipe, err = QuietPipeline(ctx, env, config.Options{FeedGiven: true}); err != nil {
					return nil, err
				}
			}
			return pipe.OpenAnyAge(paths)
		},
	}
}
