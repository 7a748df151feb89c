package mapping

import (
	"slices"
	"testing"
	"time"
)

// A day on which a person leaves is ahead if it is after the day of the run, in the feed's zone, however long the days between
// them are and whenever they begin.
func TestAhead(t *testing.T) {
	tests := []struct {
		zone, today, layout, text string
		ahead, bad                bool
	}{
		{"Europe/Paris", "2026-11-30", "", "2026-12-01", true, false},
		{"Europe/Paris", "2026-11-30", "", "2026-11-30", false, false},
		{"Europe/Paris", "2026-11-30", "", "2026-11-29", false, false},
		{"Europe/Paris", "2026-11-30", "", " 2027-06-30 ", true, false},
		{"Europe/Paris", "2026-11-30", "", "", false, false},
		{"Europe/Paris", "2026-11-30", "", "  ", false, false},
		{"Europe/Paris", "2026-11-30", "", "30.06.2027", false, true},
		{"Europe/Paris", "2026-11-30", "", "2027-02-29", false, true},
		{"Europe/Paris", "2028-02-28", "", "2028-02-29", true, false},
		{"Europe/Paris", "2028-02-29", "", "2028-02-29", false, false},
		{"Europe/Paris", "2028-02-29", "D.M.YYYY", "1.3.2028", true, false},
		{"Europe/Paris", "2026-11-30", "YYYY-MM-DDTHH:mm:ssZ", "2026-11-30T23:30:00Z", true, false}, // it is December in Paris
		{"America/New_York", "2026-11-30", "YYYY-MM-DDTHH:mm:ssZ", "2026-12-01T01:00:00Z", false, false},
		{"America/Santiago", "2026-09-06", "", "2026-09-06", false, false}, // the day begins at one o'clock
		{"America/Santiago", "2026-09-05", "", "2026-09-06", true, false},
		{"Europe/Paris", "2026-10-25", "", "2026-10-25", false, false}, // a day of 25 hours
	}
	for _, tt := range tests {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, tt.today)
		if err != nil {
			t.Fatal(err)
		}
		m, problems := New(Options{
			Columns: []Column{{Name: "Login", Expr: "login"}}, TimeZone: zone, Leaves: &Day{Key: "feed.leaves", Field: "End Date", Layout: tt.layout},
		})
		if problems != nil {
			t.Fatal(problems)
		}
		if !m.ReadsToday() || m.Leaves() != "End Date" || !slices.Contains(m.Fields(), "End Date") {
			t.Fatalf("reads today() %t, leaves %q, fields %q", m.ReadsToday(), m.Leaves(), m.Fields())
		}
		ahead, err := m.On(day).Ahead(tt.text)
		if ahead != tt.ahead || (err != nil) != tt.bad {
			t.Errorf("%q (%s) on %s in %s: %t, %v", tt.text, tt.layout, tt.today, tt.zone, ahead, err)
		}
	}
}

// Without the field nothing depends on the day, and a layout that is none is a problem of its key.
func TestLeaves(t *testing.T) {
	m := compile(t, Column{Name: "Login", Expr: "login"})
	if m.Leaves() != "" || m.ReadsToday() || !slices.Equal(m.Fields(), []string{"login"}) {
		t.Errorf("leaves %q, reads today() %t, fields %q", m.Leaves(), m.ReadsToday(), m.Fields())
	}
	_, problems := New(Options{Columns: []Column{{Name: "Login", Expr: "login"}}, Leaves: &Day{Key: "feed.leaves", Field: "end", Layout: "dd", Line: 3}})
	if len(problems) != 1 || problems[0].Key != "feed.leaves" || problems[0].Line != 3 {
		t.Errorf("problems %v", problems)
	}
}
