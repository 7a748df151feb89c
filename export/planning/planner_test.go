package planning_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/export/planning/planningtest"
)

// cells reads a part back: header and rows.
func cells(t *testing.T, p *planningtest.Part) [][]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(p.Data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestManyRows: 5,000 rows fill a part, and one more opens a second.
func TestManyRows(t *testing.T) {
	for n, want := range map[int][]int{1: {1}, 4999: {4999}, 5000: {5000}, 5001: {5000, 1}, 10000: {5000, 5000}} {
		k := (&planningtest.Batch{Mapping: planningtest.People5, Feed: map[string]string{"users.csv": planningtest.People(n)}}).MustBuild(t)
		var got []int
		for i, p := range k.Parts {
			all := cells(t, p)
			got = append(got, len(all)-1)
			if p.Rows != len(p.Lines) || p.Rows != len(all)-1 {
				t.Errorf("of %d: %s says %d rows, tells %d and holds %d", n, p.Name, p.Rows, len(p.Lines), len(all)-1)
			}
			if !strings.HasSuffix(p.Name, fmt.Sprintf("_%dof%d.csv", i+1, len(want))) {
				t.Errorf("of %d: part %d is named %s", n, i+1, p.Name)
			}
			for j, r := range p.Lines {
				if r.PartRow != j+1 || r.First != all[j+1][0] || r.Login != all[j+1][1] {
					t.Fatalf("row %d of %s is told as %+v, and the file has %q", j+1, p.Name, r, all[j+1])
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d people: parts of %v rows, want %v", n, got, want)
		}
	}
}

// TestManyBytes: no part is larger than layout.max_bytes, and one more row would make it larger. With long addresses
// 5,000 rows are larger than 8 MB.
func TestManyBytes(t *testing.T) {
	long := strings.Repeat("ü", 400)
	for _, c := range []struct{ most, n int }{{8_000_000, 5000}, {10_000, 100}, {9_999, 100}, {9_998, 100}, {5_200, 100}} {
		var text strings.Builder
		text.WriteString("id,login,mail,first,last,a,b\n")
		for i := range c.n {
			fmt.Fprintf(&text, "E%06d,user%d,user%d@example.com,Zoë,O'Neil,%s,%s\n", i, i, i, long, long[:2*(400-i%7)])
		}
		b := &planningtest.Batch{MaxBytes: c.most, Feed: map[string]string{"users.csv": text.String()},
			Mapping: planningtest.People5 + "Default Address Street 3 = a\nDefault Address Street 4 = b\n"}
		k := b.MustBuild(t)
		if len(k.Loose) > 0 {
			t.Fatalf("%d rows are held back: %s", len(k.Loose), k.Loose[0].Faults.Text())
		}
		if len(k.Parts) < 2 {
			t.Fatalf("most %d: %d parts; nothing was cut", c.most, len(k.Parts))
		}
		for i, p := range k.Parts {
			if len(p.Data) > c.most || p.Size != int64(len(p.Data)) {
				t.Errorf("most %d: %s has %d bytes and says %d", c.most, p.Name, len(p.Data), p.Size)
			}
			if i+1 == len(k.Parts) {
				continue
			}
			next := k.Parts[i+1].Data
			row := bytes.IndexByte(next[bytes.IndexByte(next, '\n')+1:], '\n') + 1
			if len(p.Data)+row <= c.most {
				t.Errorf("most %d: %s has %d bytes, and the next row of %d would have gone in", c.most, p.Name, len(p.Data), row)
			}
		}
	}
}

func TestRowLargerThanAFile(t *testing.T) {
	b := &planningtest.Batch{Mapping: planningtest.People5, MaxBytes: 200, Feed: map[string]string{
		"users.csv": planningtest.People(2, "E9,user9,user9@example.com,"+strings.Repeat("ö", 40)+","+strings.Repeat("ü", 40)),
	}}
	k := b.MustBuild(t)
	if len(k.Loose) != 1 || k.Loose[0].Origin.Line != 4 || !strings.Contains(k.Loose[0].Faults.Text(), "layout.max_bytes") {
		t.Errorf("held back: %+v", k.Loose)
	}
	if k.Plan.Quarantined != 1 || k.Plan.Rows != 2 {
		t.Errorf("got %+v", k.Plan)
	}
}

// awkward draws a feed with every kind of fault: people twice, values twice, broken lines, empty keys.
func awkward(t *rapid.T) *planningtest.Batch {
	b := &planningtest.Batch{Mapping: planningtest.People5 + "Status = status\nApprover Login = boss\n", Creates: rapid.Bool().Draw(t, "creates"), Feed: map[string]string{}}
	for f := range rapid.IntRange(1, 2).Draw(t, "files") {
		var text strings.Builder
		text.WriteString("id,login,mail,first,last,status,boss\n")
		for range rapid.IntRange(1, 40).Draw(t, "lines") {
			n := rapid.IntRange(0, 15).Draw(t, "person")
			who := rapid.SampledFrom([]int{n, n, n, n, 1}).Draw(t, "login of")
			login := rapid.SampledFrom([]string{"user%d", "USER%d"}).Draw(t, "spelling")
			line := fmt.Sprintf("E%d,"+login+",user%d@example.com,Zoë,\"O\"\"Neil\"", n, who, n)
			line += "," + rapid.SampledFrom([]string{"", "active", "inactive", "sleeping"}).Draw(t, "status")
			line += "," + rapid.SampledFrom([]string{"", "user1", "user2", "user3", "nobody"}).Draw(t, "boss")
			switch rapid.IntRange(0, 14).Draw(t, "fault") {
			case 0:
				line = "E1,torn"
			case 1:
				line = `E2,"broken"quote,x,y,z,,`
			case 2:
				line = ",user1,user1@example.com,a,b,,"
			case 3:
				line = strings.Replace(line, "Zoë", "", 1)
			case 4:
				line = strings.Replace(line, "Zoë", "two\nlines", 1) // unquoted: two broken records
			case 5:
				line = strings.Replace(line, "Zoë", "\"two\nlines\"", 1)
			}
			text.WriteString(line + "\n")
		}
		b.Feed[fmt.Sprintf("users%d.csv", f)] = text.String()
	}
	if b.Several = rapid.SampledFrom([]export.Several{export.SeveralAgree, export.SeveralLater, export.SeveralPrefer}).Draw(t, "several"); b.Several == export.SeveralPrefer {
		b.Prefer = `status == "active"`
	}
	if rapid.Bool().Draw(t, "ledger") {
		b.Known = map[string]export.Person{"E1": {Login: "user1"}, "E2": {Login: "old2"}, "E3": {}}
	}
	return b
}

// TestSums: for any feed, every record ends either in a part or among the rows that are not sent.
func TestSums(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		b := awkward(t)
		k, err := b.Build(dir)
		if err != nil {
			t.Fatal(err)
		}
		sent, apart := k.Records()
		if p := k.Plan; sent != p.Records || apart != p.Quarantined || p.Input != sent+apart || p.Input == 0 {
			t.Fatalf("%d records in, %d sent, %d apart; the plan says %d and %d", p.Input, sent, apart, p.Records, p.Quarantined)
		}
		rows := 0
		logins := map[string]string{}
		for _, p := range k.Parts {
			rows += p.Rows
			for _, r := range p.Lines {
				if other, ok := logins[strings.ToLower(r.Login)]; ok {
					t.Fatalf("%s and %s both go out with one login", other, r.Key)
				}
				logins[strings.ToLower(r.Login)] = r.Key
			}
		}
		if rows != k.Plan.Rows || len(k.Parts) != k.Plan.Parts {
			t.Fatalf("%d rows in %d parts; the plan says %d in %d", rows, len(k.Parts), k.Plan.Rows, k.Plan.Parts)
		}
		b.Hold = true
		held, err := b.Build(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(held.Parts) > 0 || held.Plan.Input != k.Plan.Input || held.Plan.Quarantined != k.Plan.Quarantined || held.Plan.Records != 0 {
			t.Fatalf("held: %d parts, %+v", len(held.Parts), held.Plan)
		}
		outcomes := map[export.Outcome]int{}
		for _, r := range held.Loose {
			outcomes[r.Outcome] += r.Lines
		}
		if outcomes[export.Held] != sent || outcomes[export.Quarantined] != apart {
			t.Fatalf("held: %v, want %d held and %d quarantined", outcomes, sent, apart)
		}
	})
}

// TestSameInputSameBytes: neither the number of workers nor the cut into chunks changes what is sent.
func TestSameInputSameBytes(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		b := awkward(t)
		b.MaxRows = rapid.IntRange(1, 20).Draw(t, "rows a part")
		b.Workers = 1
		want, err := b.Build(dir)
		if err != nil {
			t.Fatal(err)
		}
		b.Workers, b.ChunkRows = rapid.IntRange(1, 6).Draw(t, "workers"), rapid.IntRange(1, 30).Draw(t, "chunk")
		got, err := b.Build(dir)
		if err != nil {
			t.Fatal(err)
		}
		if w, g := want.Bytes(), got.Bytes(); w != g {
			t.Fatalf("other bytes with %d workers and chunks of %d:\n%s\nwant\n%s", b.Workers, b.ChunkRows, g, w)
		}
		if w, g := fmt.Sprint(want.Loose), fmt.Sprint(got.Loose); w != g {
			t.Fatalf("other rows held back:\n%s\nwant\n%s", g, w)
		}
	})
}

// TestOnly: some records are planned again, and the others are skipped without a trace.
func TestOnly(t *testing.T) {
	b := &planningtest.Batch{Mapping: planningtest.People5, Feed: map[string]string{"users.csv": planningtest.People(10, "torn")}}
	b.Only = func(o export.Origin, key string) bool { return key == "E000003" || o.Line == 12 }
	k := b.MustBuild(t)
	if k.Plan.Input != 2 || k.Plan.Records != 1 || k.Plan.Quarantined != 1 || k.Parts[0].Lines[0].Origin.Line != 5 {
		t.Errorf("got %+v", k.Plan)
	}
}

// TestUnusable: the faults that make a whole feed unusable, with what to do.
func TestUnusable(t *testing.T) {
	for _, c := range []struct {
		name, text string
		change     func(*planning.Planner)
		why        string
	}{
		{"no record", "id,login,mail,first,last\n", func(p *planning.Planner) { p.MinRecords = 1 }, "feed.min_records"},
		{"a field is missing", "id,login,mail,first\nE1,user1,u@example.com,a\n", nil, `"last"`},
	} {
		p, err := (&planningtest.Batch{Mapping: planningtest.People5, Feed: map[string]string{"users.csv": c.text}}).Planner(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if c.change != nil {
			c.change(p)
		}
		_, err = p.Build(t.Context(), &planningtest.Taken{})
		var unusable *export.UnusableFeedError
		if !errors.As(err, &unusable) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: got %v, want an unusable feed and %s", c.name, err, c.why)
		}
	}
}

var errFull = errors.New("disk full")

// fullDisk is a sink that fails on every part.
type fullDisk struct{ planningtest.Taken }

func (fullDisk) Part(export.Part, []byte, []export.RowResult) (int64, error) { return 0, errFull }

// TestBuildEnds: a failing sink and a cancelled context end a build with their own error, and leave no goroutine
// behind.
func TestBuildEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // fails where a goroutine is left waiting when all else has ended
		b := &planningtest.Batch{Mapping: planningtest.People5, MaxRows: 10, ChunkRows: 5, Workers: 4, Feed: map[string]string{"users.csv": planningtest.People(3000)}}
		p, err := b.Planner(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Build(t.Context(), &fullDisk{}); !errors.Is(err, errFull) {
			t.Errorf("a full disk: got %v", err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errFull)
		if _, err := p.Build(ctx, &planningtest.Taken{}); !errors.Is(err, errFull) {
			t.Errorf("cancelled: got %v", err)
		}
	})
}

// counting is a sink that stores nothing and measures the live heap. Garbage is not counted, since it depends on how
// busy the machine is.
type counting struct {
	parts int
	heap  uint64
}

func alive() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (c *counting) Part(export.Part, []byte, []export.RowResult) (int64, error) {
	c.parts++
	c.heap = max(c.heap, alive())
	return int64(c.parts), nil
}
func (c *counting) Row(export.RowResult, []export.KeptRecord) error { return nil }
func (c *counting) Name(int64, string) error                        { return nil }
func (c *counting) Restart() error                                  { c.parts = 0; return nil }

// TestMemory: the heap does not hold the feed. The bound is generous; make bench measures exactly.
func TestMemory(t *testing.T) {
	const n, most = 40_000, 48 << 20
	path := filepath.Join(t.TempDir(), "users.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "id,login,mail,first,last,street,unused")
	pad := strings.Repeat("x", 900)
	for i := range n {
		fmt.Fprintf(w, "E%06d,user%d,user%d@example.com,Zoë,O'Neil,%s,%s\n", i, i, i, pad, pad)
	}
	err = w.Flush()
	size, seek := f.Seek(0, io.SeekEnd)
	if err := errors.Join(err, seek, f.Close()); err != nil {
		t.Fatal(err)
	}
	b := &planningtest.Batch{Workers: 2, Mapping: planningtest.People5 + "Default Address Street 3 = street\n", Paths: []string{path}}
	p, err := b.Planner("")
	if err != nil {
		t.Fatal(err)
	}
	sink, before := &counting{}, alive()
	plan, err := p.Build(t.Context(), sink)
	if err != nil {
		t.Fatal(err)
	}
	sink.heap -= min(sink.heap, before)
	if plan.Rows != n || sink.parts != n/5000 || sink.heap == 0 {
		t.Errorf("%d rows in %d parts", plan.Rows, sink.parts)
	}
	if sink.heap > most {
		t.Errorf("the heap grew to %d MB over a feed of %d MB", sink.heap>>20, size>>20)
	}
	t.Logf("heap %d MB, feed %d MB", sink.heap>>20, size>>20)
}
