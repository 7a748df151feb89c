package job

import (
	"context"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// writeRejected writes the rows of a start's runs that need a person into files. Where one cannot be written, the start ends as
// it would with it, and the log says what is missing. A watcher writes those of its own files itself.
func (j *Job) writeRejected(ctx context.Context, rep *export.Report) {
	if rep == nil {
		return
	}
	w := wiring.RejectedWriter(ctx, j.env, j.cfg, j.ledger.Bytes, j.feed)
	for _, r := range append([]*export.Report{rep}, rep.Resumed...) {
		if j.answered == nil || !j.answered(r) {
			w.Write(r)
		}
	}
}
