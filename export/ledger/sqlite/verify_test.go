package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestVerified: reading back makes applied rows drifted and drifted ones applied, and touches nothing else.
func TestVerified(t *testing.T) {
	l := newLedger(t)
	p := onePart(t, l, "a.csv", 3)
	drifted := export.RowResult{PartRow: 1, Outcome: export.Drifted, Reason: "read back: Coupa shows another value in Email"}
	wantErr(t, l.Verified(p, []export.RowResult{drifted}), "is planned", "settled part")
	for _, s := range []export.PartState{export.Staged, export.Renaming, export.Delivered} {
		p.State = s
		ok(t, l.Move(p))
	}
	ok(t, l.Settle(p, export.Applied, []export.RowResult{{PartRow: 2, Outcome: export.Rejected, Reason: "no"}}))

	p.ReadBack = noon.Add(time.Hour)
	ok(t, l.Verified(p, []export.RowResult{drifted, {PartRow: 3, Outcome: export.Applied}}))
	counts := func(want map[export.Outcome]int) {
		t.Helper()
		if d := cmp.Diff(want, must[map[export.Outcome]int](t)(l.Counts(p.Run))); d != "" {
			t.Error(d)
		}
	}
	counts(map[export.Outcome]int{export.Applied: 1, export.Drifted: 1, export.Rejected: 1})
	if got := must[[]export.Part](t)(l.Parts(p.Run))[0].ReadBack; !got.Equal(p.ReadBack) {
		t.Errorf("read back at %s", got)
	}
	for _, bad := range []export.RowResult{
		{PartRow: 2, Outcome: export.Applied}, {PartRow: 9, Outcome: export.Applied}, {PartRow: 1, Outcome: export.Quarantined},
	} {
		if err := l.Verified(p, []export.RowResult{{PartRow: 3, Outcome: export.Drifted}, bad}); err == nil {
			t.Errorf("row %d became %s", bad.PartRow, bad.Outcome)
		}
	}
	wantErr(t, l.Verified(export.Part{ID: 77}, nil), "no part with id 77")
	counts(map[export.Outcome]int{export.Applied: 1, export.Drifted: 1, export.Rejected: 1})
	ok(t, l.Verified(p, []export.RowResult{{PartRow: 1, Outcome: export.Applied}}))
	counts(map[export.Outcome]int{export.Applied: 2, export.Rejected: 1})
}
