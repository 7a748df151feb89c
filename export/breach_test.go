package export_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestBreaches: a broken limit holds figures, and becomes a sentence only where it is shown.
func TestBreaches(t *testing.T) {
	limits := export.Limits{
		Updates: export.Limit{Count: 10, Percent: 5}, Creates: export.Limit{Unlimited: true}, Deactivations: export.Limit{Percent: 1},
		Columns: map[string]export.Limit{"Approver Login": {}}, Shrink: 12.5, Fill: export.Limit{Percent: 50},
		Approved: []export.Approval{{Ceilings: map[string]int{export.DeactivationsLimit: 30}}, {Ceilings: map[string]int{export.DeactivationsLimit: 20}}},
	}
	plan := &export.Plan{Rows: 131, Deactivations: 31, Creates: 9, Columns: map[string]int{"Approver Login": 7}}
	plan.Filled = map[string]export.Filling{"Status": {Known: 9, Blank: 6, Sound: 6}, "Email": {Known: 9, Blank: 4}, "Phone": {Known: 2, Blank: 2}}
	want := []struct {
		breach export.Breach
		text   string
	}{
		{
			export.Breach{Limit: "deactivations", Percent: 1, Approved: 30, Allows: 30, Known: 400, Has: 31},
			"limits.deactivations allows 30 (400 people known) and the plan has 31 / hint: check that all of them are meant",
		},
		{
			export.Breach{Limit: "updates", Count: 10, Percent: 5, Allows: 20, Known: 400, Has: 100},
			"limits.updates allows 20 (400 people known) and the plan has 100 / hint: check that all of them are meant",
		},
		{
			export.Breach{Limit: "columns.Approver Login", Known: 400, Has: 7},
			"limits.columns.Approver Login allows 0 (400 people known) and the plan has 7 / hint: check that all of them are meant",
		},
		{
			export.Breach{Limit: "fill.Status", Percent: 50, Allows: 4, Known: 9, Has: 6},
			"limits.fill allows 4 blanks in Status (9 people of this feed with a known value) and the feed has 6 / hint: ask HR whether the column is delivered",
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

// TestFillHolds: a column holds a plan where more than the share of those with a known value are blank, and at least three,
// and where there is something to hold.
func TestFillHolds(t *testing.T) {
	half, none, all := export.Limit{Percent: 50}, export.Limit{}, export.Limit{Unlimited: true}
	for _, c := range []struct {
		fill     export.Limit
		filling  export.Filling
		approved int
		rows     int
		want     bool
	}{
		{half, export.Filling{Known: 2, Blank: 2, Sound: 2}, 0, 1, false},
		{half, export.Filling{Known: 3, Blank: 3, Sound: 3}, 0, 0, true},
		{half, export.Filling{Known: 3, Blank: 3}, 0, 0, false}, // all of them are quarantined, and nobody else has news
		{half, export.Filling{Known: 4, Blank: 3}, 0, 1, true},
		{half, export.Filling{Known: 6, Blank: 3, Sound: 3}, 0, 1, false},
		{half, export.Filling{Known: 7, Blank: 4, Sound: 4}, 0, 1, true},
		{half, export.Filling{Known: 7, Blank: 4, Sound: 4}, 4, 1, false},
		{half, export.Filling{Known: 7, Blank: 5, Sound: 5}, 4, 1, true},
		{none, export.Filling{Known: 100, Blank: 3, Sound: 3}, 0, 1, true},
		{none, export.Filling{Known: 100, Blank: 2, Sound: 2}, 0, 1, false},
		{export.Limit{Percent: 100}, export.Filling{Known: 9, Blank: 9, Sound: 9}, 0, 1, false},
		{all, export.Filling{Known: 9, Blank: 9, Sound: 9}, 0, 1, false},
	} {
		free := export.Limit{Unlimited: true}
		limits := export.Limits{Updates: free, Fill: c.fill, Approved: []export.Approval{{Ceilings: map[string]int{export.FillLimit("Status"): c.approved}}}}
		got := limits.Broken(&export.Plan{Rows: c.rows, Filled: map[string]export.Filling{"Status": c.filling}}, export.Seen{})
		if (len(got) == 1) != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestUses: every limit that counts says what a plan uses of it, and an unlimited one is none.
func TestUses(t *testing.T) {
	limits := export.Limits{
		Updates: export.Limit{Unlimited: true}, Creates: export.Limit{Unlimited: true}, Deactivations: export.Limit{Count: 10, Percent: 5},
		Logins: export.Limit{Count: 1}, Columns: map[string]export.Limit{"Phone": {Count: 3}, "Title": {Unlimited: true}}, Shrink: 10,
	}
	plan := &export.Plan{Rows: 9, Deactivations: 2, Compared: true, Changes: export.NewChanges()}
	plan.Changes.ByKind[export.ChangeLogin], plan.Changes.Replaced["Phone"], plan.Changes.Replaced["Title"] = 2, 3, 4
	used := map[string]string{}
	for _, u := range limits.Uses(plan, export.Seen{People: 400, Feed: 9, LastFeed: 10}) {
		used[u.Limit] = fmt.Sprintf("%d of %d, holds: %v", u.Has, u.Allows, u.Holds)
	}
	for name, want := range map[string]string{
		"deactivations": "2 of 20, holds: false", "logins": "2 of 1, holds: true", "columns.Phone": "3 of 3, holds: false",
		"columns.Title": "", "updates": "", "creates": "", "shrink": "",
	} {
		if used[name] != want {
			t.Errorf("%s: %q, want %q", name, used[name], want)
		}
	}
}
