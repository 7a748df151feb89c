package notices

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// leavers returns the administrators who have left and whom no start has seen inactive since. A feed may name a leaver on one
// night only, so the rows of earlier runs count, back to the run that began the open incident. nil: no start has met one.
func leavers(l ledger.Ledger, open []export.Incident, rep *export.Report) (*notify.Leavers, error) {
	since, met := "", false
	if i := slices.IndexFunc(open, notify.OfLeavers); i >= 0 {
		since, met = open[i].Run, true
	} else if rep != nil {
		since, met = rep.Run, hasLeaver(rep)
	}
	if !met {
		return nil, nil
	}
	runs, err := runsFrom(l, since)
	if err != nil {
		return nil, err
	}
	left := map[string]bool{}
	for _, run := range runs {
		if err := l.Rows(run, func(r export.RowResult) error {
			if notify.IsLeaver(r) {
				left[r.Key] = true
			}
			return nil
		}); err != nil {
			return nil, fmt.Errorf("look for administrators who have left: %w", err)
		}
	}
	return stillActive(l, slices.Sorted(maps.Keys(left)))
}

// stillActive follows the people with these keys through the ledger.
func stillActive(l ledger.Ledger, keys []string) (*notify.Leavers, error) {
	still := &notify.Leavers{}
	if len(keys) == 0 {
		return still, nil
	}
	story, _, err := l.Story(keys, -1)
	for _, e := range slices.Backward(story) { // newest first
		still.See(e.Run.ID, e.Row)
	}
	return still, err
}

func hasLeaver(rep *export.Report) bool {
	for r := range rep.Rows.All() {
		if notify.IsLeaver(r) {
			return true
		}
	}
	return false
}

// runsFrom returns the ids of the runs from one on; all of them where the ledger has that one no more.
func runsFrom(l ledger.Ledger, first string) (ids []string, err error) {
	all, err := l.RunsSince(time.Time{})
	for _, r := range all {
		ids = append(ids, r.ID)
		if r.ID == first {
			break
		}
	}
	return ids, err
}
