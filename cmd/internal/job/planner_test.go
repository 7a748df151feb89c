package job

import (
	"bufio"
	"bytes"
	"cmp"
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
	"time"

	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

var planned0 = time.Date(2026, 11, 23, 14, 5, 1, 0, time.UTC)

// batch is a feed and what to make of it: the real rooms, wired as the program wires them.
type batch struct {
	mapping   string            // a line a column: Coupa column = expression
	feed      map[string]string // by file name
	paths     []string          // feed files that are on disk already
	key       string            // layout.key; "" is employee_number
	creates   bool
	known     map[string]export.Person
	found     map[string]export.User // whom Coupa knows; nil: nobody has asked
	maxRows   int
	maxBytes  int
	workers   int
	chunkRows int
	hold      bool
	only      func(export.Origin, string) bool
}

const people5 = `Employee Number = id
Login = login
Email = mail
First Name = first
Last Name = last
`

func (b *batch) columns() (out []config.Column) {
	for i, line := range strings.Split(strings.TrimSpace(b.mapping), "\n") {
		name, expr, _ := strings.Cut(line, "=")
		out = append(out, config.Column{Name: strings.TrimSpace(name), Expr: strings.TrimSpace(expr), Line: i + 1})
	}
	return out
}

// planner lays the feed on disk and wires a planner for it.
func (b *batch) planner(dir string) (*planning.Planner, error) {
	cfg := &config.Config{
		Feed:   config.Feed{Key: "id", TimeZone: time.UTC},
		Layout: config.Layout{Key: cmp.Or(b.key, "employee_number"), MaxRows: cmp.Or(b.maxRows, 5000), MaxBytes: cmp.Or(b.maxBytes, 8_000_000)},
		Limits: config.Limits{Creates: config.Limit{Unlimited: b.creates}},
	}
	cfg.Mapping.Columns = b.columns()
	pipe, faults := wiring.Compile(cfg)
	if err := wiring.ConfigError(faults); err != nil {
		return nil, err
	}
	paths := slices.Clone(b.paths)
	for name, text := range b.feed {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	f, err := feed.Open(paths, feed.Options{Key: "id", Fields: pipe.Mapping.Fields(), ChunkRows: b.chunkRows})
	if err != nil {
		return nil, err
	}
	p := prospect.NewPlanner(pipe, f, &prospect.Outlook{People: b.known}, planned0)
	p.Workers, p.Hold, p.Only = cmp.Or(b.workers, p.Workers), b.hold, b.only
	if b.found != nil {
		p.Found = func(key string) (u export.User, ok bool) { u, ok = b.found[key]; return u, ok }
		return p, prospect.CheckPeople(pipe, p)
	}
	return p, nil
}

// taken is a sink that keeps everything.
type taken struct {
	plan  *export.Plan
	parts []*takenPart // in the order of sending
	loose []export.RowResult
	kept  []export.KeptRecord
}

type takenPart struct {
	export.Part
	data []byte
	rows []export.RowResult
}

func (k *taken) Part(p export.Part, data []byte, rows []export.RowResult) (int64, error) {
	p.ID = int64(len(k.parts) + 1)
	k.parts = append(k.parts, &takenPart{p, bytes.Clone(data), slices.Clone(rows)})
	return p.ID, nil
}

func (k *taken) Row(r export.RowResult, _ []export.Fault, kept []export.KeptRecord) error {
	k.kept = append(k.kept, kept...)
	k.loose = append(k.loose, r)
	return nil
}

func (k *taken) Name(id int64, name string) error {
	k.parts[id-1].Name = name
	return nil
}

func (k *taken) Restart() error {
	*k = taken{}
	return nil
}

func (b *batch) build(dir string) (*taken, error) {
	p, err := b.planner(dir)
	if err != nil {
		return nil, err
	}
	return take(context.Background(), p)
}

// take builds a plan and sorts what came out.
func take(ctx context.Context, p *planning.Planner) (k *taken, err error) {
	k = &taken{}
	if k.plan, err = p.Build(ctx, k); err != nil {
		return nil, err
	}
	slices.SortFunc(k.parts, func(a, b *takenPart) int {
		return cmp.Or(cmp.Compare(a.Wave, b.Wave), cmp.Compare(partNumber(a.Name), partNumber(b.Name)))
	})
	slices.SortStableFunc(k.loose, func(a, b export.RowResult) int {
		return cmp.Or(strings.Compare(a.Origin.File, b.Origin.File), a.Origin.Line-b.Origin.Line)
	})
	return k, nil
}

// partNumber is the text behind the last underscore: 07of12.csv.
func partNumber(name string) string { return name[strings.LastIndexByte(name, '_')+1:] }

func (b *batch) mustBuild(t *testing.T) *taken {
	t.Helper()
	k, err := b.build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// records counts how many records of the feed ended in a part, and how many apart.
func (k *taken) records() (sent, apart int) {
	for _, p := range k.parts {
		for _, r := range p.rows {
			sent += r.Lines
		}
	}
	for _, r := range k.loose {
		apart += r.Lines
	}
	return sent, apart
}

// bytes is everything that would leave the machine.
func (k *taken) bytes() string {
	var b strings.Builder
	for _, p := range k.parts {
		fmt.Fprintf(&b, "== %s, wave %d, %d rows\n%s", p.Name, p.Wave, p.Rows, p.data)
	}
	return b.String()
}

// people is a feed of n sound people.
func people(n int, more ...string) string {
	var b strings.Builder
	b.WriteString("id,login,mail,first,last\n")
	for i := range n {
		fmt.Fprintf(&b, "E%06d,user%d,user%d@example.com,Zoë,O'Neil\n", i, i, i)
	}
	for _, line := range more {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// cells reads a part back: header and rows.
func cells(t *testing.T, p *takenPart) [][]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(p.data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestManyRows: 5,000 rows fill a part, and one more opens a second.
func TestManyRows(t *testing.T) {
	for n, want := range map[int][]int{1: {1}, 4999: {4999}, 5000: {5000}, 5001: {5000, 1}, 10000: {5000, 5000}} {
		k := (&batch{mapping: people5, feed: map[string]string{"users.csv": people(n)}}).mustBuild(t)
		var got []int
		for i, p := range k.parts {
			all := cells(t, p)
			got = append(got, len(all)-1)
			if p.Rows != len(p.rows) || p.Rows != len(all)-1 {
				t.Errorf("of %d: %s says %d rows, tells %d and holds %d", n, p.Name, p.Rows, len(p.rows), len(all)-1)
			}
			if !strings.HasSuffix(p.Name, fmt.Sprintf("_%dof%d.csv", i+1, len(want))) {
				t.Errorf("of %d: part %d is named %s", n, i+1, p.Name)
			}
			for j, r := range p.rows {
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

// TestManyBytes: no part is larger than layout.max_bytes, and the next row would have made it so. With long
// addresses 5,000 rows are larger than 8 MB.
func TestManyBytes(t *testing.T) {
	long := strings.Repeat("ü", 400)
	for _, c := range []struct{ most, n int }{{8_000_000, 5000}, {10_000, 100}, {9_999, 100}, {9_998, 100}, {5_200, 100}} {
		var text strings.Builder
		text.WriteString("id,login,mail,first,last,a,b\n")
		for i := range c.n {
			fmt.Fprintf(&text, "E%06d,user%d,user%d@example.com,Zoë,O'Neil,%s,%s\n", i, i, i, long, long[:2*(400-i%7)])
		}
		b := &batch{maxBytes: c.most, feed: map[string]string{"users.csv": text.String()},
			mapping: people5 + "Default Address Street 3 = a\nDefault Address Street 4 = b\n"}
		k := b.mustBuild(t)
		if len(k.loose) > 0 {
			t.Fatalf("%d rows are held back: %s", len(k.loose), k.loose[0].Reason)
		}
		if len(k.parts) < 2 {
			t.Fatalf("most %d: %d parts; nothing was cut", c.most, len(k.parts))
		}
		for i, p := range k.parts {
			if len(p.data) > c.most || p.Size != int64(len(p.data)) {
				t.Errorf("most %d: %s has %d bytes and says %d", c.most, p.Name, len(p.data), p.Size)
			}
			if i+1 == len(k.parts) {
				continue
			}
			next := k.parts[i+1].data
			row := bytes.IndexByte(next[bytes.IndexByte(next, '\n')+1:], '\n') + 1
			if len(p.data)+row <= c.most {
				t.Errorf("most %d: %s has %d bytes, and the next row of %d would have gone in", c.most, p.Name, len(p.data), row)
			}
		}
	}
}

func TestRowLargerThanAFile(t *testing.T) {
	b := &batch{mapping: people5, maxBytes: 200, feed: map[string]string{
		"users.csv": people(2, "E9,user9,user9@example.com,"+strings.Repeat("ö", 40)+","+strings.Repeat("ü", 40)),
	}}
	k := b.mustBuild(t)
	if len(k.loose) != 1 || k.loose[0].Origin.Line != 4 || !strings.Contains(k.loose[0].Reason, "layout.max_bytes") {
		t.Errorf("held back: %+v", k.loose)
	}
	if k.plan.Quarantined != 1 || k.plan.Rows != 2 {
		t.Errorf("got %+v", k.plan)
	}
}

// awkward draws a feed in which everything goes wrong that can: people twice, values twice, broken lines, empty keys.
func awkward(t *rapid.T) *batch {
	b := &batch{mapping: people5 + "Status = status\nApprover Login = boss\n", creates: rapid.Bool().Draw(t, "creates"), feed: map[string]string{}}
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
		b.feed[fmt.Sprintf("users%d.csv", f)] = text.String()
	}
	if rapid.Bool().Draw(t, "ledger") {
		b.known = map[string]export.Person{"E1": {Login: "user1"}, "E2": {Login: "old2"}, "E3": {}}
	}
	return b
}

// TestSums: whatever the feed, every record ends in a part or apart, and nowhere else.
func TestSums(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		b := awkward(t)
		k, err := b.build(dir)
		if err != nil {
			t.Fatal(err)
		}
		sent, apart := k.records()
		if p := k.plan; sent != p.Records || apart != p.Quarantined || p.Input != sent+apart || p.Input == 0 {
			t.Fatalf("%d records in, %d sent, %d apart; the plan says %d and %d", p.Input, sent, apart, p.Records, p.Quarantined)
		}
		rows := 0
		logins := map[string]string{}
		for _, p := range k.parts {
			rows += p.Rows
			for _, r := range p.rows {
				if other, ok := logins[strings.ToLower(r.Login)]; ok {
					t.Fatalf("%s and %s both go out with one login", other, r.Key)
				}
				logins[strings.ToLower(r.Login)] = r.Key
			}
		}
		if rows != k.plan.Rows || len(k.parts) != k.plan.Parts {
			t.Fatalf("%d rows in %d parts; the plan says %d in %d", rows, len(k.parts), k.plan.Rows, k.plan.Parts)
		}
		b.hold = true
		held, err := b.build(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(held.parts) > 0 || held.plan.Input != k.plan.Input || held.plan.Quarantined != k.plan.Quarantined || held.plan.Records != 0 {
			t.Fatalf("held: %d parts, %+v", len(held.parts), held.plan)
		}
		outcomes := map[export.Outcome]int{}
		for _, r := range held.loose {
			outcomes[r.Outcome] += r.Lines
		}
		if outcomes[export.Held] != sent || outcomes[export.Quarantined] != apart {
			t.Fatalf("held: %v, want %d held and %d quarantined", outcomes, sent, apart)
		}
	})
}

// TestSameInputSameBytes: neither the number of workers nor the cutting into chunks shows in what is sent.
func TestSameInputSameBytes(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		b := awkward(t)
		b.maxRows = rapid.IntRange(1, 20).Draw(t, "rows a part")
		b.workers = 1
		want, err := b.build(dir)
		if err != nil {
			t.Fatal(err)
		}
		b.workers, b.chunkRows = rapid.IntRange(1, 6).Draw(t, "workers"), rapid.IntRange(1, 30).Draw(t, "chunk")
		got, err := b.build(dir)
		if err != nil {
			t.Fatal(err)
		}
		if w, g := want.bytes(), got.bytes(); w != g {
			t.Fatalf("other bytes with %d workers and chunks of %d:\n%s\nwant\n%s", b.workers, b.chunkRows, g, w)
		}
		if w, g := fmt.Sprint(want.loose), fmt.Sprint(got.loose); w != g {
			t.Fatalf("other rows held back:\n%s\nwant\n%s", g, w)
		}
	})
}

// TestOnly plans some records anew and passes the others over without a trace.
func TestOnly(t *testing.T) {
	b := &batch{mapping: people5, feed: map[string]string{"users.csv": people(10, "torn")}}
	b.only = func(o export.Origin, key string) bool { return key == "E000003" || o.Line == 12 }
	k := b.mustBuild(t)
	if k.plan.Input != 2 || k.plan.Records != 1 || k.plan.Quarantined != 1 || k.parts[0].rows[0].Origin.Line != 5 {
		t.Errorf("got %+v", k.plan)
	}
}

// TestUnusable: what makes a feed as a whole unusable, with what to do about it.
func TestUnusable(t *testing.T) {
	for _, c := range []struct {
		name, text string
		change     func(*planning.Planner)
		why        string
	}{
		{"no record", "id,login,mail,first,last\n", func(p *planning.Planner) { p.MinRecords = 1 }, "feed.min_records"},
		{"a field is missing", "id,login,mail,first\nE1,user1,u@example.com,a\n", nil, `"last"`},
	} {
		p, err := (&batch{mapping: people5, feed: map[string]string{"users.csv": c.text}}).planner(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if c.change != nil {
			c.change(p)
		}
		_, err = p.Build(t.Context(), &taken{})
		var unusable *export.UnusableFeedError
		if !errors.As(err, &unusable) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: got %v, want an unusable feed and %s", c.name, err, c.why)
		}
	}
}

var errFull = errors.New("disk full")

// fullDisk is a sink that can take nothing.
type fullDisk struct{ taken }

func (fullDisk) Part(export.Part, []byte, []export.RowResult) (int64, error) { return 0, errFull }

// TestBuildEnds: a sink that fails and a context that is cancelled end a build with their own error, and leave no
// goroutine behind.
func TestBuildEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // fails where a goroutine is left waiting when all else has ended
		b := &batch{mapping: people5, maxRows: 10, chunkRows: 5, workers: 4, feed: map[string]string{"users.csv": people(3000)}}
		p, err := b.planner(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Build(t.Context(), &fullDisk{}); !errors.Is(err, errFull) {
			t.Errorf("a full disk: got %v", err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errFull)
		if _, err := p.Build(ctx, &taken{}); !errors.Is(err, errFull) {
			t.Errorf("cancelled: got %v", err)
		}
	})
}

// counting is a sink that keeps nothing, and looks at what is alive on the heap: how much lies beside it is a matter of
// how busy the machine is.
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
func (c *counting) Row(export.RowResult, []export.Fault, []export.KeptRecord) error { return nil }
func (c *counting) Name(int64, string) error                                        { return nil }
func (c *counting) Restart() error                                                  { c.parts = 0; return nil }

// TestMemory: the heap does not hold the feed. The bound is generous; what is measured is in make bench.
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
	b := &batch{workers: 2, mapping: people5 + "Default Address Street 3 = street\n", paths: []string{path}}
	p, err := b.planner("")
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
