package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestWorkingAndSince: a run is at work from its beginning until it ends, however many have begun since; and one has been at work
// since a time that began or ended after it.
func TestWorkingAndSince(t *testing.T) {
	l := newLedger(t)
	var want []string
	for i := range 150 {
		at := noon.Add(time.Duration(i) * time.Minute)
		id := must[string](t)(l.BeginRun(export.RunRecord{Command: "run", Started: at}))
		if i%50 == 0 {
			want = append([]string{id}, want...)
			continue
		}
		ok(t, l.EndRun(export.RunRecord{ID: id, State: export.RunEnded, Ended: at.Add(time.Minute)}))
	}
	ids := func(runs []export.RunRecord, err error) (ids []string) {
		t.Helper()
		ok(t, err)
		for _, r := range runs {
			ids = append(ids, r.ID)
		}
		return ids
	}
	if d := cmp.Diff(want, ids(l.Working())); d != "" {
		t.Errorf("at work (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"20261123T163401Z", "20261123T163301Z"}, ids(l.RunsSince(noon.Add(149*time.Minute-time.Second)))); d != "" {
		t.Errorf("since (-want +got):\n%s", d)
	}
	if got := ids(l.RunsSince(noon.Add(150 * time.Minute))); got != nil {
		t.Errorf("after all had ended: %q", got)
	}
}
