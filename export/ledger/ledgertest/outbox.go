package ledgertest

import (
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

// outboxSurvives: what a start wrote into the outbox is there for the next start, also after a crash.
func outboxSurvives(t *world) {
	l := t.open()
	began := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	incident := export.Incident{Kind: export.NoticeHeld, Cause: "limits", Begun: began, Last: began, Run: "r1", Starts: 1, Told: began}
	owned := export.Incident{Kind: export.NoticeQuarantine, Cause: "rows", Owner: "it@example.com", Begun: began, Last: began, Starts: 1}
	OK(t, l.RecordIncidents([]export.Incident{incident, owned}, []export.Notice{
		{Target: "mail", Message: []byte(`{"a":1}`), Made: began},
		{Target: "slack", Message: []byte(`{"a":1}`), Made: began},
		{Target: "gone", Message: []byte(`{"a":1}`), Made: began},
	}))
	OK(t, l.Close())

	l = t.open()
	if d := cmp.Diff([]export.Incident{incident, owned}, Must[[]export.Incident](t)(l.Incidents())); d != "" {
		t.Error(d)
	}
	due := Must[[]export.Notice](t)(l.Due())
	if len(due) != 3 || due[0].Target != "mail" || string(due[1].Message) != `{"a":1}` || !due[2].Made.Equal(began) {
		t.Fatalf("due: %+v", due)
	}
	OK(t, l.NotSent(due[0].ID, "connection refused"))
	OK(t, l.NotSent(due[0].ID, "no answer in time"))
	OK(t, l.Sent(due[1].ID))
	OK(t, l.GiveUpNotice(due[2].ID, "no such target"))
	due = Must[[]export.Notice](t)(l.Due())
	if len(due) != 1 || due[0].Attempts != 2 || due[0].Error != "no answer in time" {
		t.Errorf("due: %+v", due)
	}

	incident.Last, incident.Starts = began.Add(24*time.Hour), 2
	owned.Ended = began.Add(24 * time.Hour)
	OK(t, l.RecordIncidents([]export.Incident{incident, owned}, nil))
	if d := cmp.Diff([]export.Incident{incident}, Must[[]export.Incident](t)(l.Incidents())); d != "" {
		t.Error(d)
	}
	owned.Ended = time.Time{} // the problem comes back as a new incident
	OK(t, l.RecordIncidents([]export.Incident{owned}, nil))
	if n := len(Must[[]export.Incident](t)(l.Incidents())); n != 2 {
		t.Errorf("%d open incidents, want 2", n)
	}
}
