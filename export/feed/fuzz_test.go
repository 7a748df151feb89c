package feed

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
)

// FuzzFeed compares the reader with encoding/csv, faults included, and with itself under other bounds.
func FuzzFeed(f *testing.F) {
	seeds, err := filepath.Glob(filepath.Join("testdata", "*.*"))
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds in testdata: %v", err)
	}
	for _, p := range seeds {
		data, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, strings.HasSuffix(p, ".jsonl"))
	}
	f.Fuzz(func(t *testing.T, data []byte, asJSON bool) {
		name := "x.csv"
		if asJSON {
			name = "x.jsonl"
		}
		compare(t, write(t, name, string(data)), data, asJSON)
	})
}

func compare(t testing.TB, path string, data []byte, asJSON bool) {
	t.Helper()
	o := Options{Delimiter: ",", Fields: []string{"id", "name", "roles"}}
	// Records may be as long as the input, since encoding/csv has no bound.
	whole := openOrNot(t, path, o, sizes{record: len(data) + 1, block: 2*len(data) + 16, rows: 1000})
	if whole == nil {
		return
	}
	got := dump(t, whole)
	inOrder(t, got, bytes.Count(data, newline)+1)
	for _, z := range []sizes{{rows: 1, block: len(data) + 2}, {rows: 2, block: len(data) + 3}} {
		z.record = len(data) + 1
		if d := cmp.Diff(got, dump(t, openOrNot(t, path, o, z))); d != "" {
			t.Errorf("with bounds %+v: %s", z, d)
		}
	}
	boundIndependent(t, path, o)
	if _, marked := markOf(data); asJSON || marked || bytes.HasPrefix(data, gzipMagic) {
		return
	}
	if d := cmp.Diff(strict(data, len(whole.Headers()[0].Fields)), got); d != "" {
		t.Errorf("not as encoding/csv reads it: %s", d)
	}
}

// boundIndependent reads with records so short that inputs break the bound, in blocks of several sizes.
func boundIndependent(t testing.TB, path string, o Options) {
	t.Helper()
	var first []string
	for i, z := range []sizes{{40, 1000, 1000}, {40, 41, 1}, {40, 64, 2}, {40, 97, 1000}} {
		f := openOrNot(t, path, o, z)
		if f == nil {
			return
		}
		got := dump(t, f)
		if i == 0 {
			first = got
		}
		if d := cmp.Diff(first, got); d != "" {
			t.Errorf("with bounds %+v: %s", z, d)
		}
	}
}

// openOrNot opens a feed; it returns nil for a file that is unusable as a whole.
func openOrNot(t testing.TB, path string, o Options, z sizes) *Feed {
	t.Helper()
	f, err := openSized([]string{path}, o, z)
	var u *export.UnusableFeedError
	if err != nil && !errors.As(err, &u) {
		t.Fatal(err)
	}
	if err != nil {
		return nil
	}
	// gzip data may break after the header
	if err := f.Chunks(func(c export.Chunk) error { c.Release(); return nil }); err != nil {
		return nil
	}
	return f
}

// inOrder checks that line numbers rise and stay within the file.
func inOrder(t testing.TB, shown []string, lines int) {
	t.Helper()
	last := 0
	for _, s := range shown {
		var n int
		if _, err := fmt.Sscan(s, &n); err != nil {
			t.Fatal(err)
		}
		if n <= last {
			t.Fatalf("line %d comes behind line %d", n, last)
		}
		last = n
	}
	if len(shown) > lines {
		t.Fatalf("%d records in %d lines", len(shown), lines)
	}
}

// strict is the slow reader that the fast one must equal: it starts encoding/csv again at every line.
func strict(data []byte, width int) []string {
	rest, line := bytes.TrimPrefix(data, []byte(marks[0].bytes)), 1
	var shown []string
	for header := true; len(rest) > 0; {
		size := firstLine(rest)
		if blank(rest[:size]) {
			rest, line = rest[size:], line+1
			continue
		}
		vals, n, err := parseOne(rest)
		if err == nil {
			size = n
		}
		say := fmt.Sprintf("%d %q", line, vals)
		switch {
		case errors.Is(err, csv.ErrQuote) && isOpen(rest):
			return append(shown, fmt.Sprintf("%d %s lost", line, ruleUnclosed))
		case err != nil:
			say = fmt.Sprintf("%d %s", line, ruleQuote)
		case bytes.IndexByte(rest[:size], 0) >= 0:
			say = fmt.Sprintf("%d %s", line, ruleNUL)
		case !utf8.Valid(rest[:size]):
			say = fmt.Sprintf("%d %s", line, ruleEncoding)
		case len(vals) != width:
			say = fmt.Sprintf("%d %s", line, ruleRagged)
		}
		if !header {
			shown = append(shown, say)
		}
		header = false
		line += linesOf(rest[:size])
		rest = rest[size:]
	}
	return shown
}

func parseOne(b []byte) (vals []string, size int, err error) {
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = -1
	vals, err = r.Read()
	return vals, int(r.InputOffset()), err
}

// isOpen reports whether a quoted field is open and not broken. encoding/csv has one error for both; only an open field
// is fixed by a quote at the end.
func isOpen(b []byte) bool {
	_, _, err := parseOne(append(bytes.Clone(b), '"'))
	return err == nil
}

// TestLikeEncodingCSV: inputs made of the bytes that matter reach rare cases much sooner than random ones.
func TestLikeEncodingCSV(t *testing.T) {
	path := write(t, "x.csv", "")
	piece := rapid.SampledFrom([]string{`"`, `""`, ",", "\n", "\r\n", "\r", "a", "bcd", ",\"", "\",", "\"\n", "\n\"", "\x00", "\xff", "ë", "\n1,2\n", "\n\"x\",y\n", "some longer text in a field"})
	rapid.Check(t, func(rt *rapid.T) {
		data := []byte("a,b\n" + strings.Join(rapid.SliceOfN(piece, 0, 60).Draw(rt, "pieces"), ""))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			rt.Fatal(err)
		}
		compare(quiet{t, rt}, path, data, false)
	})
}

// quiet passes failures to rapid, which then looks for the smallest input.
type quiet struct {
	testing.TB
	rt *rapid.T
}

func (q quiet) Helper()                   {}
func (q quiet) Error(args ...any)         { q.rt.Error(args...) }
func (q quiet) Errorf(f string, a ...any) { q.rt.Errorf(f, a...) }
func (q quiet) Fatal(args ...any)         { q.rt.Fatal(args...) }
func (q quiet) Fatalf(f string, a ...any) { q.rt.Fatalf(f, a...) }

// TestRoundTrip: what encoding/csv writes is read back unchanged, except for line breaks, which RFC 4180 allows in two
// spellings.
func TestRoundTrip(t *testing.T) {
	path := write(t, "x.csv", "")
	rapid.Check(t, func(rt *rapid.T) {
		value := rapid.OneOf(rapid.StringMatching(`[a-z",\n; ]{0,12}`), rapid.StringMatching(`[^\x00\r\x{fffd}]{0,8}`))
		rows := rapid.SliceOfN(rapid.SliceOfN(value, 3, 3), 0, 20).Draw(rt, "rows")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.UseCRLF = rapid.Bool().Draw(rt, "CRLF")
		if err := w.WriteAll(slices.Concat([][]string{{"id", "b", "c"}}, rows)); err != nil {
			rt.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			rt.Fatal(err)
		}
		f, err := openSized([]string{path}, Options{Key: "id"}, sizes{record: 400, block: 500, rows: 2})
		if err != nil {
			rt.Fatal(err)
		}
		var got [][]string
		err = f.Chunks(func(c export.Chunk) error {
			defer c.Release()
			for rec := (export.Record{}); c.Next(&rec); {
				if rec.Fault != nil {
					return rec.Fault
				}
				got = append(got, cloned(rec.Values))
			}
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(rows, got, cmp.Transformer("slice", func(r [][]string) string { return fmt.Sprintf("%q", r) })); d != "" {
			rt.Fatal(d)
		}
	})
}

func cloned(vals []string) []string {
	out := make([]string, len(vals))
	for i, v := range vals {
		out[i] = strings.Clone(v)
	}
	return out
}
