package planning_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/export/planning/planningtest"
)

var closed = export.Limits{}

// kept returns the records that the ledger keeps for the next plan.
func kept(t *testing.T, l ledger.Ledger) *ledger.Kept {
	t.Helper()
	k, ok, err := l.Kept()
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return nil
	}
	return k
}

// join plans the records that l keeps and then b's feed, into a sink.
func join(t *testing.T, l ledger.Ledger, b *planningtest.Batch) *planningtest.Taken {
	t.Helper()
	p, err := b.Planner(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p.Feed = ledger.JoinFeeds(kept(t, l), p.Feed)
	return taking(t, p)
}

func taking(t *testing.T, p *planning.Planner) *planningtest.Taken {
	t.Helper()
	k, err := planningtest.Take(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestKeptIsTheFeed: a held run planned again from the ledger yields the same bytes as its feed would have, whatever is
// in the feed's cells.
func TestKeptIsTheFeed(t *testing.T) {
	jsonl := `{"id":"E1","login":"ann","mail":"ann@example.com","first":"Ann","last":"Archer","boss":"bob"}
{"id":"E2","login":"bob","mail":"bob@example.com","first":"Bob","last":"Bé","boss":null}
{"id":"E3","login":"cyd","mail":"cyd@example.com","first":"Cyd","last":"line\none\ttab \"quote\"","status":"inactive","boss":"E"}
`
	for name, b := range map[string]*planningtest.Batch{
		"a night":    planningtest.Night(),
		"JSON Lines": {Mapping: planningtest.Night().Mapping, Creates: true, Feed: map[string]string{"users.jsonl": jsonl}},
		"two files": {Mapping: planningtest.People5, Creates: true, Feed: map[string]string{
			"a.csv": planningtest.People(3), "b.csv": "last,first,mail,login,id\n\"Ö \"\"x\"\"\nline\",Zoë,z@example.com,zoe,E9\n",
		}},
		"many chunks": {Mapping: planningtest.People5, Several: export.SeveralLater, Creates: true, ChunkRows: 100, Feed: map[string]string{"users.csv": planningtest.People(7000, "E000001,user1,user1@example.com,Zoë,O'Leary")}},
	} {
		l := planningtest.OpenLedger(t, t.TempDir())
		b.MaxRows = 0
		want := b.MustBuild(t)
		_, broken := planningtest.Record(t, l, b, closed)
		if broken == nil {
			t.Fatalf("%s: not held", name)
		}
		k := kept(t, l)
		if len(k.Held) == 0 || k.Records != want.Plan.Records || k.Feed != want.Plan.Input {
			t.Errorf("%s: %d records of a feed of %d kept, held by %q; want %d of %d", name, k.Records, k.Feed, k.Held, want.Plan.Records, want.Plan.Input)
		}
		p, err := b.Planner(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		p.Feed = ledger.JoinFeeds(k, nil)
		got := taking(t, p)
		if d := cmp.Diff(want.Bytes(), got.Bytes()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		for _, part := range got.Parts {
			for _, r := range part.Lines {
				if !strings.HasSuffix(r.Origin.File, "@"+k.Run) || r.Origin.Line < 1 {
					t.Errorf("%s: origin %s", name, r.Origin)
				}
			}
		}
	}
}

// TestKeptComesFirst: new values of a person replace kept ones, and both together are one row.
func TestKeptComesFirst(t *testing.T) {
	l := planningtest.OpenLedger(t, t.TempDir())
	b := &planningtest.Batch{Mapping: planningtest.People5, Creates: true, Feed: map[string]string{"users.csv": planningtest.People(3)}}
	planningtest.Record(t, l, b, closed)
	b.Feed = map[string]string{"users.csv": "id,login,mail,first,last\nE000001,user1,user1@example.com,Zoë,Newer\nE7,user7,user7@example.com,New,Person\n"}
	k := join(t, l, b)
	if k.Plan.Input != 5 || k.Plan.Rows != 4 || k.Plan.Records != 5 {
		t.Errorf("%+v", k.Plan)
	}
	var last []string
	for _, row := range cells(t, k.Parts[0])[1:] {
		last = append(last, row[0]+" "+row[4])
	}
	if d := cmp.Diff([]string{"E000000 O'Neil", "E000002 O'Neil", "E000001 Newer", "E7 Person"}, last); d != "" {
		t.Error(d)
	}

	// The run is held again: one run is held, and the records kept first keep their file name.
	first := kept(t, l).Run
	run, err := l.BeginRun(export.RunRecord{Command: "run", Started: planningtest.Began})
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.Planner(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p.Feed = ledger.JoinFeeds(kept(t, l), p.Feed)
	if _, _, err := planning.RecordPlan(t.Context(), p, planning.Recording{Ledger: l, Run: run, Whole: true, Judge: planningtest.Judge(closed)}); err != nil {
		t.Fatal(err)
	}
	again := kept(t, l)
	if again.Run != run.ID || again.Records != 4 {
		t.Errorf("%+v", again)
	}
	p.Feed = ledger.JoinFeeds(again, nil)
	files := map[string]int{}
	for _, part := range taking(t, p).Parts {
		for _, r := range part.Lines {
			files[r.Origin.File]++
		}
	}
	if d := cmp.Diff(map[string]int{"users.csv@" + first: 2, "users.csv@" + run.ID: 2}, files); d != "" {
		t.Error(d)
	}
}

// TestNewerReplacesKept: however many nights are held, a person's newer record replaces the kept one, and the kept
// records stay as many as one night's. The rows of the old records name the record that replaced them.
func TestNewerReplacesKept(t *testing.T) {
	l := planningtest.OpenLedger(t, t.TempDir())
	const many = 200
	size, last := int64(0), ""
	for night := range 12 {
		b := &planningtest.Batch{Mapping: planningtest.People5, Creates: true, Feed: map[string]string{"users.csv": strings.ReplaceAll(planningtest.People(many), "Zoë", fmt.Sprintf("Zoë%02d", night))}}
		before := last
		last = holdNight(t, l, b)
		k := kept(t, l)
		if night == 0 {
			size = k.From(0).Files()[0].Size + 10 // a later run's name is longer by its number
		}
		files := k.From(0).Files()
		if k.Run != last || k.Records != many || len(files) != 1 || files[0].Name != "users.csv@"+last || files[0].Size > size {
			t.Fatalf("night %d, run %s: run %s keeps %d records of %+v, want %d in at most %d bytes", night, last, k.Run, k.Records, files, many, size)
		}
		if sum, err := l.Counts(last); err != nil || sum[export.Held] != many*min(night+1, 2) {
			t.Errorf("night %d: %v, %v", night, sum, err)
		}
		if night > 0 {
			wantReasons(t, l, before, many, func(line int) string {
				return fmt.Sprintf("replaced by users.csv@%s:%d, a newer record of this person", last, line)
			})
		}
	}
}

// holdNight records b's feed behind what l keeps, as a run that is held.
func holdNight(t *testing.T, l ledger.Ledger, b *planningtest.Batch) (run string) {
	t.Helper()
	p, err := b.Planner(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if k := kept(t, l); k != nil {
		p.Feed, p.Joined = ledger.JoinFeeds(k, p.Feed), k.Records
	}
	begun, err := l.BeginRun(export.RunRecord{Command: "run", Started: planningtest.Began})
	if err != nil {
		t.Fatal(err)
	}
	if _, broken, err := planning.RecordPlan(t.Context(), p, planning.Recording{Ledger: l, Run: begun, Whole: true, Judge: planningtest.Judge(closed)}); err != nil || broken == nil {
		t.Fatalf("not held: %v", err)
	}
	return begun.ID
}

func wantReasons(t *testing.T, l ledger.Ledger, run string, rows int, want func(line int) string) {
	t.Helper()
	n := 0
	err := l.Rows(run, func(r export.RowResult) error {
		if n++; r.Faults.Text() != want(r.Origin.Line) {
			t.Errorf("run %s: %s: %s", run, r.Origin, r.Faults.Text())
		}
		return nil
	})
	if err != nil || n != rows {
		t.Errorf("run %s: %d rows, want %d: %v", run, n, rows, err)
	}
}

// TestKeptAlone: an old record stays where it has a value that no newer record has: in a field that is blank or missing
// in the newer feed, also where no column uses it today. It goes when later records together have all its values.
func TestKeptAlone(t *testing.T) {
	full := "id,login,mail,first,last,note\nE1,ann,ann@example.com,Ann,Old,n\n"
	for name, c := range map[string]struct {
		nights  []string
		records int
		last    string // name of the person, planned in the end
	}{
		"says all":                  {[]string{full, "id,login,mail,first,last,note\nE1,ann,ann@example.com,Ann,New,m\n"}, 1, "Ann New"},
		"in another order":          {[]string{full, "note,last,first,mail,login,id\nm,New,Ann,ann@example.com,ann,E1\n"}, 1, "Ann New"},
		"a blank":                   {[]string{full, "id,login,mail,first,last,note\nE1,ann,ann@example.com,,New,m\n"}, 2, "Ann New"},
		"a field less":              {[]string{full, "id,login,mail,last,first\nE1,ann,ann@example.com,New,Ann\n"}, 2, "Ann New"},
		"a blank that nobody reads": {[]string{full, "id,login,mail,first,last,note\nE1,ann,ann@example.com,Ann,New,\n"}, 2, "Ann New"},
		"together": {[]string{full, "id,login,mail,first,last,note\nE1,ann,ann@example.com,Eve,,m\n",
			"id,login,mail,first,last,note\nE1,ann,ann@example.com,,New,m\n"}, 2, "Eve New"},
		"the middle one": {[]string{full, "id,login,mail,first,last,note\nE1,ann,ann@example.com,,Mid,m\n",
			"id,login,mail,first,last,note\nE1,ann,ann@example.com,,New,m\n"}, 2, "Ann New"},
		"twice in a night": {[]string{full + "E1,ann,ann@example.com,Ann,Newer,n\n", full}, 1, "Ann Old"},
		"somebody else":    {[]string{full, "id,login,mail,first,last,note\nE2,bob,bob@example.com,Bob,New,m\n"}, 2, "Ann Old"},
	} {
		l := planningtest.OpenLedger(t, t.TempDir())
		b := &planningtest.Batch{Mapping: planningtest.People5, Several: export.SeveralLater, Creates: true}
		for _, text := range c.nights {
			b.Feed = map[string]string{"users.csv": text}
			holdNight(t, l, b)
		}
		k := kept(t, l)
		if k.Records != c.records {
			t.Errorf("%s: %d records are kept, want %d", name, k.Records, c.records)
		}
		b.Feed = map[string]string{"users.csv": "id,login,mail,first,last\nE9,zoe,zoe@example.com,Zoë,Last\n"}
		row := cells(t, join(t, l, b).Parts[0])[1]
		if got := row[3] + " " + row[4]; got != c.last {
			t.Errorf("%s: planned %q, want %q", name, got, c.last)
		}
	}
}

// TestWaiting: a person who waits, by key, first cell or login, is kept with all records; no other person is.
func TestWaiting(t *testing.T) {
	b := &planningtest.Batch{Mapping: planningtest.People5, Several: export.SeveralLater, Creates: true, ChunkRows: 10, Feed: map[string]string{"users.csv": planningtest.People(40,
		"E000003,user3,user3@example.com,Zoë,Later", "E000030,user30,user30@example.com,Zoë,Later")}}
	for name, w := range map[string]*baseline.Waiting{
		"key":   {Keys: map[string]string{"E000003": "P", "E000017": "P"}},
		"first": {Firsts: map[string]string{"E000003": "P", "E000017": "P"}},
		"login": {Logins: map[string]string{"user3": "P", "user17": "P"}},
	} {
		p, err := b.Planner(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		p.Waiting = w
		k := taking(t, p)
		if k.Plan.Kept != 3 || k.Plan.Records != 39 || len(k.Loose) != 2 || k.Loose[0].Outcome != export.Pending {
			t.Errorf("%s: %+v, %+v", name, k.Plan, k.Loose)
		}
		var lines []string
		for _, r := range k.Kept {
			lines = append(lines, fmt.Sprint(r.Values[0], ":", r.Origin.Line))
		}
		if d := cmp.Diff([]string{"E000017:19", "E000003:5", "E000003:42"}, lines); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
