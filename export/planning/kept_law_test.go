package planning_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/export/planning/planningtest"
)

// lawMapping has columns that a record may leave open, by a blank or by a word in another field.
const lawMapping = planningtest.People5 + `Department = department
Default Account Code Segment-2 = if(kind == "m", mention)
Default Account Code Segment-1 = title
`

// lawPeople is the number of people: few, so that nights are about the same people.
const lawPeople = 4

// lawNight draws a feed of sound records: some of the people, some of them twice, in any order of records and fields.
// Records of one person agree on who the person is, unless the rule is that later ones win. By the rule that one is
// preferred, one is. counting is the same feed with only the records that count.
func lawNight(t *rapid.T, rule export.Several) (text, counting string) {
	maybe := rapid.SampledFrom([]string{"", "a", "b"})
	fields := []string{"id", "login", "mail", "first", "last", "department", "kind", "mention", "title", "main"}
	if rapid.Bool().Draw(t, "other") { // no column uses this field, and a feed may lack it
		fields = append(fields, "other")
	}
	blank := rapid.SampledFrom([]string{"", "department", "kind", "mention", "title"}).Draw(t, "blank in all records")
	fields = rapid.Permutation(fields).Draw(t, "fields")
	lines, count := [][]string{fields}, [][]string{fields}
	numbers := rapid.SliceOfN(rapid.IntRange(1, lawPeople), 1, 6).Draw(t, "people")
	agreed, main := map[int]map[string]string{}, map[int]int{} // by person: who they are, and which of their records counts
	for i, n := range numbers {
		if _, ok := main[n]; !ok || rapid.Bool().Draw(t, "main") {
			main[n] = i
		}
	}
	for i, n := range numbers {
		of := agreed[n]
		if of == nil || rule != export.SeveralAgree {
			who := fmt.Sprint(n)
			of = map[string]string{
				"id": "E" + who, "login": "u" + who + maybe.Draw(t, "login"), "mail": "u" + who + maybe.Draw(t, "mail") + "@example.com",
				"first": "F" + maybe.Draw(t, "first"), "last": "L" + maybe.Draw(t, "last"),
			}
			agreed[n] = of
		}
		of = maps.Clone(of)
		of["kind"] = rapid.SampledFrom([]string{"", "m", "n"}).Draw(t, "kind")
		of["main"] = fmt.Sprint(main[n] == i)
		line := make([]string, len(fields))
		for i, f := range fields {
			v, fixed := of[f]
			if !fixed {
				v = maybe.Draw(t, f)
			}
			if f != blank {
				line[i] = v
			}
		}
		lines = append(lines, line)
		if rule != export.SeveralPrefer || main[n] == i {
			count = append(count, line)
		}
	}
	return lawText(t, lines), lawText(t, count)
}

func lawText(t *rapid.T, lines [][]string) string {
	var text strings.Builder
	if err := csv.NewWriter(&text).WriteAll(lines); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// lawBook is a ledger, with the feeds that were planned into it since something was sent or given up.
type lawBook struct {
	t    *rapid.T
	dir  string
	l    ledger.Ledger
	rule export.Several
	open map[string]string // the records that count, by feed, in the order of the nights
	held string            // the run that is held; "" where none is
	n    int
}

func (b *lawBook) must(err error) {
	if err != nil {
		b.t.Helper()
		b.t.Fatal(err)
	}
}

// planner returns a planner for a feed after the kept records.
func (b *lawBook) planner(rule export.Several, feed map[string]string) *planning.Planner {
	b.n++
	dir := filepath.Join(b.dir, fmt.Sprint("feed", b.n))
	b.must(os.Mkdir(dir, 0o700))
	p, err := (&planningtest.Batch{Mapping: lawMapping, Creates: true, Feed: feed, Several: rule, Prefer: `main == "true"`}).Planner(dir)
	b.must(err)
	return p
}

// behind puts the kept records before a planner's feed.
func (b *lawBook) behind(p *planning.Planner) *planning.Planner {
	k, ok, err := b.l.Kept()
	b.must(err)
	if ok {
		p.Feed, p.Joined = ledger.JoinFeeds(k, p.Feed), k.Records
	}
	return p
}

// night records a feed after the kept records, and checks the run's sums.
func (b *lawBook) night(hold bool) {
	feed, counting := lawNight(b.t, b.rule)
	b.open[fmt.Sprintf("night%03d.csv", b.n)] = counting
	p := b.behind(b.planner(b.rule, map[string]string{"users.csv": feed}))
	if !hold {
		b.compare(p)
	}
	run, err := b.l.BeginRun(export.RunRecord{Command: "run", Started: planningtest.Began})
	b.must(err)
	limits := planningtest.Free
	if hold {
		limits = closed
	}
	plan, broken, err := planning.RecordPlan(b.t.Context(), p, planning.Recording{Ledger: b.l, Run: run, Whole: true, Judge: planningtest.Judge(limits), Ready: func() error { return nil }})
	b.must(err)
	if hold != (broken != nil) {
		b.t.Fatalf("held %v, and the limits say %v", hold, broken)
	}
	by, err := b.l.Counts(run.ID)
	b.must(err)
	if sum := (export.Counts{By: by}).Sum(); sum != plan.Input {
		b.t.Errorf("run %s: %d records in, %v", run.ID, plan.Input, by)
	}
	if b.held = run.ID; !hold {
		b.held = ""
		clear(b.open)
	}
	b.bounded()
}

// bounded checks that the kept records of earlier nights are those with values that no newer record has.
func (b *lawBook) bounded() {
	k, ok, err := b.l.Kept()
	b.must(err)
	if ok != (b.held != "") {
		b.t.Fatalf("kept %v, while %q is held", ok, b.held)
	}
	if !ok {
		return
	}
	said := map[string][]map[string]bool{} // by person, oldest record first: the fields with a value
	early := map[string]int{}              // how many of these records are from earlier nights
	files := k.From(0).Names()
	b.must(k.From(0).Chunks(func(c export.Chunk) error {
		var rec export.Record
		for c.Next(&rec) {
			says := lawSays(&rec)
			key := rec.Values[rec.Header.Index("id")]
			said[key] = append(said[key], says)
			if files[rec.File] != "users.csv@"+b.held {
				early[key]++
			}
		}
		return nil
	}))
	for key, records := range said {
		newer := map[string]bool{}
		for i := len(records) - 1; i >= 0; i-- {
			before := len(newer)
			maps.Copy(newer, records[i])
			if i < early[key] && len(newer) == before {
				b.t.Errorf("record %d of %d of %s is kept, and newer ones say all of it", i+1, len(records), key)
			}
		}
	}
}

// lawSays returns the fields in which a record has a value, and the column that depends on two of them.
func lawSays(rec *export.Record) map[string]bool {
	says, of := map[string]bool{}, map[string]string{}
	for i, v := range rec.Values {
		if of[rec.Header.Fields[i]] = v; v != "" {
			says[rec.Header.Fields[i]] = true
		}
	}
	if of["kind"] == "m" && of["mention"] != "" {
		says["a mention of kind m"] = true
	}
	return says
}

// compare compares the rows to send with those of one feed made of all nights since the last send.
func (b *lawBook) compare(p *planning.Planner) {
	got, err := planningtest.Take(b.t.Context(), p)
	b.must(err)
	want, err := planningtest.Take(b.t.Context(), b.planner(export.SeveralLater, b.open))
	b.must(err)
	if d := cmp.Diff(b.people(want), b.people(got)); d != "" {
		b.t.Fatalf("one feed (-), nights (+):\n%s", d)
	}
}

// people returns the values to send for each person, by column; a missing column stays as it is in Coupa.
func (b *lawBook) people(k *planningtest.Taken) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, r := range k.Loose {
		out[r.Key] = map[string]string{"outcome": string(r.Outcome) + " " + r.Faults.Text()}
	}
	for _, p := range k.Parts {
		all, err := csv.NewReader(strings.NewReader(string(p.Data))).ReadAll()
		b.must(err)
		for i, line := range all[1:] {
			row := map[string]string{}
			for j, v := range line {
				row[all[0][j]] = v
			}
			if out[p.Lines[i].Key] != nil {
				b.t.Errorf("%s goes twice", p.Lines[i].Key)
			}
			out[p.Lines[i].Key] = row
		}
	}
	return out
}

// giveUp settles the held run as rejected.
func (b *lawBook) giveUp() {
	if b.held == "" {
		return
	}
	_, err := b.l.GiveUp(b.held, "A. Person")
	b.must(err)
	b.held = ""
	clear(b.open)
	b.bounded()
}

// TestNightsAreOneFeed: whichever nights are held, given up or approved, and whichever people are in them, the values
// sent for a person are the same as if HR had delivered all records that count since the last send in one feed, as a log
// of events. This holds by each rule for several records. Quarantined
// records are not part of that, since they are not kept. The records here are sound.
func TestNightsAreOneFeed(t *testing.T) {
	root := t.TempDir()
	n, sent := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		dir := filepath.Join(root, fmt.Sprint(n))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		l, err := sqlite.Open(sqlite.Options{Dir: filepath.Join(dir, "ledger")})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		rule := rapid.SampledFrom([]export.Several{export.SeveralAgree, export.SeveralLater, export.SeveralPrefer}).Draw(t, "rule")
		b := &lawBook{t: t, dir: dir, l: l, rule: rule, open: map[string]string{}}
		for range rapid.IntRange(1, 6).Draw(t, "nights") {
			switch rapid.IntRange(0, 9).Draw(t, "fate") {
			case 0:
				b.giveUp()
			case 1, 2:
				b.night(false)
				sent++
			default:
				b.night(true)
			}
		}
		b.night(false) // the run is approved
		sent++
	})
	if sent < n {
		t.Errorf("%d nights went, of %d sequences", sent, n)
	}
}
