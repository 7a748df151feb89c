package job

import (
	"context"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// writeRejected writes the rows of a run that need a person into files, before the end of the run is recorded: the next start
// does so if this one dies before. Where one cannot be written, the start ends as it would with it, and the log says what is
// missing. A watcher writes those of its own files itself.
func (j *Job) writeRejected(ctx context.Context, rep *export.Report) {
	if j.answered == nil || !j.answered(rep) {
		wiring.RejectedWriter(ctx, j.env, j.cfg, j.ledger.Bytes, j.feed).Write(rep)
	}
}
