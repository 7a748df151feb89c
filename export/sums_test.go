package export

import "testing"

// TestBalance: a record that was lost between survey and sink ends the run, whatever happened to the others.
func TestBalance(t *testing.T) {
	for _, tt := range []struct {
		plan Plan
		ok   bool
	}{
		{Plan{Input: 6, Records: 4, Quarantined: 2}, true},
		{Plan{Input: 6, Quarantined: 2, Kept: 4}, true},
		{Plan{Input: 6, Records: 3, Quarantined: 2}, false},
		{Plan{Input: 6, Records: 5, Quarantined: 2}, false},
		{Plan{Input: 6, Records: 4, Quarantined: 2, Kept: 1}, false},
	} {
		if err := tt.plan.Balance(); (err == nil) != tt.ok {
			t.Errorf("%+v: %v", tt.plan, err)
		}
	}
}

// TestAlarm: a percentage allows creates as much as a count does.
func TestAlarm(t *testing.T) {
	for _, tt := range []struct {
		limit           Limit
		people, created int
		alarms          int
	}{
		{Limit{}, 100, 0, 0},
		{Limit{}, 100, 1, 1},
		{Limit{Count: 1}, 0, 1, 0},
		{Limit{Percent: 2}, 100, 2, 0},
		{Limit{Percent: 2}, 100, 3, 1},
		{Limit{Unlimited: true}, 0, 9, 0},
	} {
		rep := Report{Parts: []Part{{Created: tt.created}, {Created: -1}}}
		if rep.Alarm(tt.limit, tt.people); len(rep.Alarms) != tt.alarms {
			t.Errorf("%+v of %d people, %d created: %q", tt.limit, tt.people, tt.created, rep.Alarms)
		}
	}
}
