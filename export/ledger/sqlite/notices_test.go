package sqlite

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

// What a start wrote into the outbox is there for the next one, which is what a crash leaves it to.
func TestOutboxSurvives(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	l := open(t, dir)
	began := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	incident := export.Incident{Kind: export.NoticeHeld, Cause: "limits", Begun: began, Last: began, Run: "r1", Starts: 1, Told: began}
	owned := export.Incident{Kind: export.NoticeQuarantine, Cause: "rows", Owner: "it@example.com", Begun: began, Last: began, Starts: 1}
	ok(t, l.Tell([]export.Incident{incident, owned}, []export.Notice{
		{Target: "mail", Message: []byte(`{"a":1}`), Made: began},
		{Target: "slack", Message: []byte(`{"a":1}`), Made: began},
		{Target: "gone", Message: []byte(`{"a":1}`), Made: began},
	}))
	ok(t, l.Close())

	l = open(t, dir)
	if d := cmp.Diff([]export.Incident{incident, owned}, must[[]export.Incident](t)(l.Incidents())); d != "" {
		t.Error(d)
	}
	due := must[[]export.Notice](t)(l.Due())
	if len(due) != 3 || due[0].Target != "mail" || string(due[1].Message) != `{"a":1}` || !due[2].Made.Equal(began) {
		t.Fatalf("due: %+v", due)
	}
	ok(t, l.NotSent(due[0].ID, "connection refused"))
	ok(t, l.NotSent(due[0].ID, "no answer in time"))
	ok(t, l.Sent(due[1].ID))
	ok(t, l.GiveUpNotice(due[2].ID, "no such target"))
	due = must[[]export.Notice](t)(l.Due())
	if len(due) != 1 || due[0].Attempts != 2 || due[0].Error != "no answer in time" {
		t.Errorf("due: %+v", due)
	}

	incident.Last, incident.Starts = began.Add(24*time.Hour), 2
	owned.Ended = began.Add(24 * time.Hour)
	ok(t, l.Tell([]export.Incident{incident, owned}, nil))
	if d := cmp.Diff([]export.Incident{incident}, must[[]export.Incident](t)(l.Incidents())); d != "" {
		t.Error(d)
	}
	owned.Ended = time.Time{} // it comes back: another incident
	ok(t, l.Tell([]export.Incident{owned}, nil))
	if n := len(must[[]export.Incident](t)(l.Incidents())); n != 2 {
		t.Errorf("%d open incidents, want 2", n)
	}
}
