package export_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestBreaches: a broken limit holds figures, and becomes a sentence only where it is shown.
func TestBreaches(t *testing.T) {
	limits := export.Limits{
		Updates: export.Limit{Count: 10, Percent: 5}, Creates: export.Limit{Unlimited: true}, Deactivations: export.Limit{Percent: 1},
		Columns: map[string]export.Limit{"Approver Login": {}}, Shrink: 12.5,
		Approved: []export.Approval{{Ceilings: map[string]int{export.DeactivationsLimit: 30}}, {Ceilings: map[string]int{export.DeactivationsLimit: 20}}},
	}
	plan := &export.Plan{Rows: 131, Deactivations: 31, Creates: 9, Columns: map[string]int{"Approver Login": 7}}
	want := []struct {
		breach export.Breach
		text   string
	}{
		{
			export.Breach{Limit: "deactivations", Percent: 1, Approved: 30, Allows: 30, Known: 400, Has: 31},
			"limits.deactivations allows 30 (400 people known) and the plan has 31 / hint: raise the limit if this is meant",
		},
		{
			export.Breach{Limit: "updates", Count: 10, Percent: 5, Allows: 20, Known: 400, Has: 100},
			"limits.updates allows 20 (400 people known) and the plan has 100 / hint: raise the limit if this is meant",
		},
		{
			export.Breach{Limit: "columns.Approver Login", Known: 400, Has: 7},
			"limits.columns.Approver Login allows 0 (400 people known) and the plan has 7 / hint: raise the limit if this is meant",
		},
		{
			export.Breach{Limit: "shrink", Percent: 12.5, Known: 160, Has: 131},
			"limits.shrink allows a feed to be 12.5 % smaller than the last one, which had 160 records, and this one has 131 / hint: check that the feed is whole",
		},
	}
	got := limits.Broken(plan, export.Seen{People: 400, Feed: 131, LastFeed: 160})
	if len(got) != len(want) {
		t.Fatalf("%d limits are broken, want %d: %v", len(got), len(want), got)
	}
	for i, w := range want {
		if d := cmp.Diff(w.breach, got[i]); d != "" {
			t.Error(d)
		}
		if said := got[i].String() + " / hint: " + got[i].Hint(); said != w.text {
			t.Errorf("got  %s\nwant %s", said, w.text)
		}
	}
	if old := (export.Breach{Text: "as it was said before"}); old.String() != old.Text || old.Hint() != "" {
		t.Errorf("an old sentence reads %q", old)
	}
	text, err := json.Marshal(got[:1])
	if want := `["limits.deactivations allows 30 (400 people known) and the plan has 31"]`; err != nil || string(text) != want {
		t.Errorf("in JSON %s, %v; want %s", text, err, want)
	}
}
