package ledgertest

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// TestEveryCallIsEnded: a call of a ledger only reads, or a story ends the program at each of its steps. The test fails
// for a new call until it is listed as one or the other.
func TestEveryCallIsEnded(t *testing.T) {
	reads := []string{
		"Ahead", "Approvals", "ApprovalsOf", "Busy", "Bytes", "Committed", "Counts", "Dated", "Due", "Incidents", "Keeps", "Kept", "KeysBehind", "KeysLike", "KeysOf",
		"Known", "Baselines", "BaselinesOf", "KeyMark", "LastFeed", "LateFiles", "LineEnds", "Logins", "MissingSince", "Moves", "Overridden", "OvertakenSince", "PartRows", "Parts", "People", "PlannedFiles", "Pseudonyms", "Roll", "Rows", "Run", "Runs", "RunsSince", "Sightings",
		"Planners", "Seen", "SeenAt", "SeenBytes", "SentSince", "Story", "Taken", "Unfilled", "Unfinished", "Unknown", "UsedBy", "Waiting", "Water", "Working", "Writes",
	}
	elsewhere := []string{"Backup", "Close", "Lock", "Sweep"} // these have stories of their own; all but Backup are also called after every crash
	of := reflect.TypeFor[ledger.Ledger]()
	for i := range of.NumMethod() {
		name := of.Method(i).Name
		ended := slices.ContainsFunc(writingCalls, func(c call) bool { return name == c.name || strings.HasPrefix(c.name, name+" ") })
		if known := slices.Contains(reads, name) || slices.Contains(elsewhere, name); ended == known {
			t.Errorf("%s: ended in a story %v, said to need none %v", name, ended, known)
		}
	}
	if of.NumMethod() < 50 {
		t.Errorf("a ledger gives %d calls only", of.NumMethod())
	}
}

// TestStoriesHaveNames: no two stories have the same name.
func TestStoriesHaveNames(t *testing.T) {
	var names []string
	for _, s := range Stories() {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	if n := len(slices.Compact(slices.Clone(names))); n != len(names) || n < 60 {
		t.Errorf("%d names of %d stories", n, len(names))
	}
}
