package export_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/exporttest"
)

// TestPartStateTo: every pair of states is compared with the table of moves.
func TestPartStateTo(t *testing.T) {
	may := map[export.PartState]string{
		export.Planned:   "staged renaming loading dropped",
		export.Staged:    "planned renaming",
		export.Renaming:  "planned staged delivered in-doubt",
		export.Delivered: "loading stalled settled",
		export.Loading:   "stalled settled",
		export.Stalled:   "loading settled",
		export.InDoubt:   "planned delivered settled",
	}
	states := export.PartStates()
	if len(states) != 9 {
		t.Fatalf("%d states; add the new one to this table", len(states))
	}
	for _, from := range states {
		allowed := strings.Fields(may[from])
		if from.Final() != (len(allowed) == 0) {
			t.Errorf("%s: final is %v, and %d moves lead out of it", from, from.Final(), len(allowed))
		}
		for _, to := range states {
			want := slices.Contains(allowed, strings.ReplaceAll(string(to), " ", "-"))
			got, err := from.To(to)
			switch {
			case want && (err != nil || got != to):
				t.Errorf("%s to %s: got %s, %v", from, to, got, err)
			case !want && (err == nil || got != from):
				t.Errorf("%s to %s: got %s, %v, want it refused where it stood", from, to, got, err)
			}
		}
	}
	if _, err := export.PartState("").To(export.Planned); err == nil {
		t.Error("a state that is none of the list can move")
	}
}

func TestJudge(t *testing.T) {
	const open = export.Verdict("")
	for _, c := range []struct {
		name string
		load *export.Load
		want export.Verdict
	}{
		{"done without counters", exporttest.Load("done", nil), export.VerdictOK},
		{"spelled as listed", exporttest.Load("Done", nil), export.VerdictOK},
		{"upper case and blanks", exporttest.Load(" DONE ", nil), export.VerdictOK},
		{"rows that were counted", exporttest.Load("done", exporttest.Counters(5, 1, 4)), export.VerdictOK},
		{"rows that changed nothing", exporttest.Load("done", exporttest.Counters(5, 0, 0)), export.VerdictOK},
		{"updates without processed", exporttest.Load("done", exporttest.Counters(-1, 0, 3)), export.VerdictOK},
		{"no row processed", exporttest.Load("done", exporttest.Counters(0, 0, 0)), export.VerdictEmpty},
		{"no row processed, the rest not told", exporttest.Load("done", exporttest.Counters(0, -1, -1)), export.VerdictEmpty},
		{"nothing made or updated, processed not told", exporttest.Load("done", exporttest.Counters(-1, 0, 0)), export.VerdictEmpty},
		{"only created told", exporttest.Load("done", exporttest.Counters(-1, 0, -1)), export.VerdictOK},
		{"row errors", exporttest.Load("done", exporttest.Refused(exporttest.RowError)), export.VerdictPartial},
		{"row errors in every row", exporttest.Load("done", func(l *export.Load) { exporttest.Counters(0, 0, 0)(l); exporttest.Refused(exporttest.RowError)(l) }), export.VerdictPartial},
		{"only their number", exporttest.Load("done", func(l *export.Load) { l.ErrorsN = 3 }), export.VerdictPartial},
		{"errors not told", exporttest.Load("done", exporttest.Mum), export.VerdictOK},
		{"header error", exporttest.Load("done", exporttest.Refused(exporttest.RowError, exporttest.HeaderError)), export.VerdictFailed},
		{"header error while loading", exporttest.Load("loading", exporttest.Refused(exporttest.HeaderError)), export.VerdictFailed},
		{"row errors while loading", exporttest.Load("loading", exporttest.Refused(exporttest.RowError)), open},
		{"failed", exporttest.Load("failed", nil), export.VerdictFailed},
		{"Failed", exporttest.Load("Failed", nil), export.VerdictFailed},
		{"stopped", exporttest.Load("Stopped", nil), export.VerdictFailed},
		{"failed with counters", exporttest.Load("failed", exporttest.Counters(5, 5, 0)), export.VerdictFailed},
		{"retrying", exporttest.Load("Retrying", nil), open},
		{"loading", exporttest.Load("Loading", nil), open},
		{"submitted", exporttest.Load("Submitted to Resque", nil), open},
		{"submitted, lower case", exporttest.Load("submitted_to_resque", nil), open},
		{"pending", exporttest.Load("Pending", nil), open},
		{"uploading", exporttest.Load("Uploading", nil), open},
		{"paused", exporttest.Load("paused", nil), open},
		{"sample", exporttest.Load("sample", nil), open},
		{"unknown", exporttest.Load("done_with_warnings", nil), open},
		{"none", exporttest.Load("", nil), open},
	} {
		got, final := export.Judge(c.load)
		if got != c.want || final != (c.want != open) {
			t.Errorf("%s: got %q, final %v; want %q", c.name, got, final, c.want)
		}
	}
}

func TestLoadStatus(t *testing.T) {
	for in, want := range map[string]string{
		"Submitted to Resque": "submittedtoresque", "submitted-to-resque": "submittedtoresque", "submitted_to_resque": "submittedtoresque",
		" Done\n": "done", "DONE": "done", "": "",
	} {
		if got := export.LoadStatus(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	for status, known := range map[string]bool{
		"Done": true, "Retrying": true, "Failed": true, "Loading": true, "Submitted to Resque": true, "Pending": true,
		"Uploading": true, "Paused": true, "Stopped": true, "Sample": true, "done_with_warnings": false, "": false,
	} {
		if export.KnownStatus(status) != known {
			t.Errorf("%q: known is %v, want %v", status, !known, known)
		}
	}
}

func TestMangled(t *testing.T) {
	for folder, want := range map[string]string{
		"/Incoming/Users": "_Incoming_Users_a_1of1.csv", "Incoming/Users/": "_Incoming_Users_a_1of1.csv",
		"/Users": "_Users_a_1of1.csv",
	} {
		if got := export.Mangled(folder, "a_1of1.csv"); got != want {
			t.Errorf("%s: got %s, want %s", folder, got, want)
		}
	}
}

// TestWorstExit goes through every pair: the order is that of the design, worst first.
func TestWorstExit(t *testing.T) {
	order := []int{
		export.ExitFault, export.ExitFeed, export.ExitHeld, export.ExitNotDelivered, export.ExitFailed,
		export.ExitStalled, export.ExitPartial, export.ExitOK,
	}
	for i, worse := range order {
		for _, better := range order[i:] {
			if a, b := export.WorstExit(worse, better), export.WorstExit(better, worse); a != worse || b != worse {
				t.Errorf("%d and %d: got %d and %d, want %d", worse, better, a, b, worse)
			}
		}
	}
	if got := export.WorstExit(); got != export.ExitOK {
		t.Errorf("of none: %d", got)
	}
	if got := export.WorstExit(export.ExitOK, export.ExitLocked); got != export.ExitLocked {
		t.Errorf("of a lock and nothing else: %d", got)
	}
	if got := export.WorstExit(export.ExitLocked, export.ExitPartial); got != export.ExitPartial {
		t.Errorf("of a lock and a partial run: %d", got)
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name   string
		limit  export.Limit
		people int
		n      int
		broken bool
	}{
		{"at the count", export.Limit{Count: 10}, 0, 10, false},
		{"over the count", export.Limit{Count: 10}, 0, 11, true},
		{"the percentage is larger", export.Limit{Count: 10, Percent: 5}, 1000, 50, false},
		{"over the percentage", export.Limit{Count: 10, Percent: 5}, 1000, 51, true},
		{"the count is larger", export.Limit{Count: 10, Percent: 5}, 100, 10, false},
		{"a percentage is cut, not rounded", export.Limit{Percent: 5}, 39, 2, true},
		{"nothing is allowed", export.Limit{}, 1000, 1, true},
		{"nothing is allowed and nothing wanted", export.Limit{}, 1000, 0, false},
		{"unlimited", export.Limit{Unlimited: true}, 0, 1 << 20, false},
	} {
		free := export.Limit{Unlimited: true}
		got := export.Limits{Deactivations: c.limit, Updates: free}.Broken(&export.Plan{Rows: c.n, Deactivations: c.n}, export.Seen{People: c.people})
		checkBroken(t, c.name, got, "limits.deactivations", c.broken)
		got = export.Limits{Deactivations: free, Updates: c.limit}.Broken(&export.Plan{Rows: c.n + 7, Deactivations: 7}, export.Seen{People: c.people})
		checkBroken(t, c.name, got, "limits.updates", c.broken)
	}
}

func checkBroken(t *testing.T, name string, got []export.Breach, key string, want bool) {
	t.Helper()
	if (len(got) == 1) != want || want && !strings.Contains(got[0].String(), key) {
		t.Errorf("%s: got %q, want broken %v, naming %s", name, got, want, key)
	}
}

// TestPartNames sorts the names of batches of many sizes as text: the order must be that of sending.
func TestPartNames(t *testing.T) {
	started := time.Date(2026, 11, 23, 15, 5, 1, 0, time.FixedZone("CET", 3600))
	hashes := []string{"ffffffff00", "00000000ff", "89abcdef01"}
	if got, want := export.PartName(started, hashes[2], 1, 3, export.ByCSV), "Users_20261123T140501Z_89abcdef_1of3.csv"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := export.PartName(started, hashes[2], 7, 120, export.ByCSV), "Users_20261123T140501Z_89abcdef_007of120.csv"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, of := range []int{1, 9, 10, 99, 100, 1234} {
		numbers := make([]string, of)
		for i := range numbers {
			// The hash comes before the number, so only the number sorts.
			name := export.PartName(started, hashes[i%len(hashes)], i+1, of, export.ByCSV)
			numbers[i] = name[strings.LastIndexByte(name, '_')+1:]
		}
		if !slices.IsSorted(numbers) {
			t.Errorf("of %d: the numbers do not sort", of)
		}
	}
}

func TestCountsJSON(t *testing.T) {
	c := export.Counts{Input: 3, By: map[export.Outcome]int{export.Applied: 2, export.Quarantined: 1}}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]int
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"input": 3, "applied": 2, "unchanged": 0, "excluded": 0, "held": 0, "quarantined": 1, "rejected": 0, "drifted": 0, "pending": 0,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if c.Sum() != c.Input {
		t.Errorf("sum %d of %d", c.Sum(), c.Input)
	}
}

// TestFaultPlace reads a fault as a person does: place, field, what is wrong.
func TestFaultPlace(t *testing.T) {
	f := export.Fault{Origin: export.Origin{File: "users.csv", Line: 4}, Field: "Email", Rule: "form", Message: "is no e-mail address"}
	for want, got := range map[string]string{
		"users.csv:4: Email: is no e-mail address": f.Error(),
		"users.csv": export.Origin{File: "users.csv"}.String(),
		"feed unusable: users.csv:1: it has no header": (&export.UnusableFeedError{File: "users.csv", Line: 1, Why: "it has no header"}).Error(),
		"feed unusable: no file":                       (&export.UnusableFeedError{Why: "no file"}).Error(),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestColumnSet sets and finds columns in both words of a set.
func TestColumnSet(t *testing.T) {
	var s export.ColumnSet
	for _, i := range []int{0, 63, 64, export.MaxColumns - 1} {
		if s.Has(i) {
			t.Errorf("column %d is in the set before it was added", i)
		}
		if s = s.With(i); !s.Has(i) {
			t.Errorf("column %d is not in the set", i)
		}
	}
	if s.Has(1) || s.Has(65) {
		t.Errorf("columns nobody added: %v", s)
	}
}
