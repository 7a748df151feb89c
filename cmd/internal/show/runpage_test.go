package show

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// heapGauge takes what is written, and remembers the largest heap that it has seen.
type heapGauge struct {
	written int
	most    uint64
}

func (g *heapGauge) Write(data []byte) (int, error) {
	if g.written/(1<<20) != (g.written+len(data))/(1<<20) { // reading the figures stops the program
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		g.most = max(g.most, m.HeapAlloc)
	}
	g.written += len(data)
	return len(data), nil
}

// manyRows is a report with so many rows that were quarantined, and one of each other outcome behind them.
func manyRows(t testing.TB, n int) *export.Report {
	t.Helper()
	rep := &export.Report{Run: "20261124T020000Z", Counts: export.Counts{By: map[export.Outcome]int{}}}
	add := func(i int, o export.Outcome) {
		rep.Counts.Input++
		rep.Counts.By[o]++
		err := rep.Rows.Add(export.RowResult{
			Origin: export.Origin{File: "users.csv", Line: 2 + i}, Lines: 1, Key: fmt.Sprintf("=E%07d", i), Outcome: o,
			Faults: export.Faults{{Field: "Email", Message: fmt.Sprintf("the value of row %d is not an e-mail address", i)}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		add(i, export.Quarantined)
	}
	for i, o := range []export.Outcome{export.Rejected, export.Drifted, export.Held, export.Pending} {
		add(n+i, o)
	}
	return rep
}

// TestRunPageOfManyRows: the page of a run has its first rows, those of rare outcomes too. All rows are in the file beside it, and
// memory does not grow with them.
func TestRunPageOfManyRows(t *testing.T) {
	const n = 60_000
	rep := manyRows(t, n)
	path := filepath.Join(t.TempDir(), "run.html")
	rowsFile, err := WriteRunPage(&wiring.Env{Now: func() time.Time { return time.Time{} }}, path, rep, time.Time{})
	if err != nil || rowsFile != strings.TrimSuffix(path, ".html")+".rows.csv" {
		t.Fatalf("%q, %v", rowsFile, err)
	}
	page, err := os.ReadFile(path)
	if err != nil || len(page) > 100_000 {
		t.Errorf("the page has %d bytes, %v", len(page), err)
	}
	for _, want := range []string{
		"60004 rows are neither applied nor unchanged. 200 of them are below; all are in run.rows.csv,",
		"and 59804 more", "users.csv:197<", "users.csv:60002<", "users.csv:60003<", "users.csv:60004<", "users.csv:60005<",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %q on the page", want)
		}
	}
	if rows := strings.Count(string(page), `<tr><td class="place">`); rows != pageRows {
		t.Errorf("%d rows on the page", rows)
	}
	checkRows(t, rowsFile, n+4)

	p := &runPage{env: &wiring.Env{}, rep: rep}
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // the heap is little more than what is held
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	gauge := &heapGauge{}
	p.gather()
	if err := p.writeRows(gauge); err != nil {
		t.Fatal(err)
	}
	const bound = 8 << 20 // a list of all rows would be more than 15 MB
	t.Logf("the heap grew from %d to %d bytes", before.HeapAlloc, gauge.most)
	if gauge.most == 0 || gauge.most > before.HeapAlloc+bound {
		t.Errorf("the heap grew from %d to %d bytes", before.HeapAlloc, gauge.most)
	}
}

// checkRows reads a file of rows: each row once, in order, and no formula.
func checkRows(t *testing.T, path string, want int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := csv.NewReader(bufio.NewReader(f))
	for n := -1; ; n++ {
		line, err := in.Read()
		switch {
		case err == io.EOF && n == want:
			return
		case err != nil:
			t.Fatalf("row %d of %d: %v", n, want, err)
		case n >= 0 && (line[2] != fmt.Sprint(2+n) || line[4] != fmt.Sprintf("'=E%07d", n)):
			t.Fatalf("row %d is %q", n, line)
		}
	}
}

// TestBars: what is there has a bar that is seen and a share that is not 0, and only the whole is 100 %.
func TestBars(t *testing.T) {
	for _, c := range []struct {
		part, whole int
		bar, share  string
	}{
		{0, 0, "", "0 %"},
		{0, 10, "", "0 %"},
		{10, 10, strings.Repeat("█", 20), "100 %"},
		{5, 10, strings.Repeat("█", 10), "50 %"},
		{1, 3, strings.Repeat("█", 6) + "▋", "33 %"},
		{2, 3, strings.Repeat("█", 13) + "▎", "67 %"},
		{1, 1_000_000, "▏", "< 1 %"},
		{999_999, 1_000_000, strings.Repeat("█", 19) + "▉", "> 99 %"},
	} {
		if got, of := bar(c.part, c.whole), share(c.part, c.whole); got != c.bar || of != c.share {
			t.Errorf("%d of %d: %q and %q, want %q and %q", c.part, c.whole, got, of, c.bar, c.share)
		}
	}
}

// TestOutcomeWords: a page explains every outcome.
func TestOutcomeWords(t *testing.T) {
	for _, o := range export.Outcomes() {
		if outcomeWords[o] == "" {
			t.Errorf("%s is not explained", o)
		}
	}
}
