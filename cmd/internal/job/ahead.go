package job

import (
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// logAhead logs that the ledger holds times still to come, and what does not count because of them.
func logAhead(env *wiring.Env, l ledger.Ledger) error {
	ahead, err := l.Ahead(env.Now())
	if err != nil || ahead.Latest.IsZero() {
		return err
	}
	env.Log.WithField(export.HintField, "hr2coupa doctor compares this machine's clock with the instance's").
		Warnf("the ledger holds times up to %s, which are still to come: this machine's clock was ahead then, or is behind now, and waits count from this start",
			ahead.Latest.UTC().Format(time.RFC3339))
	for _, w := range ahead.Approvals {
		env.Log.WithField("run", w.Run).WithField(export.HintField, "approve the run again").
			Warnf("its approval does not count: it is dated %s, which is still to come, so its end is unknown", w.At.UTC().Format(time.RFC3339))
	}
	return nil
}
