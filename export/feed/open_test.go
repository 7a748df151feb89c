package feed

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

func TestUnusable(t *testing.T) {
	z := zip(t, "a,b\n"+strings.Repeat("1,2\n", 10000))
	for _, tt := range []struct {
		name, file, data string
		o                Options
		line             int
		why              string
	}{
		{name: "empty", line: 1, why: "has no header"},
		{name: "blank lines only", data: "\n\r\n", line: 3, why: "has no header"},
		{name: "empty gzip", file: "x.csv.gz", why: "has no header", line: 1},
		{name: "duplicate field", data: "\na,b,a\n", line: 2, why: "fields 1 and 3"},
		{name: "duplicate but for blanks", data: "a, a\n", line: 1, why: "fields 1 and 2"},
		{name: "empty name", data: "a,b,\n", line: 1, why: "field 3 of the header has no name"},
		{name: "no key", data: "a,b\n", o: Options{Key: "id"}, line: 1, why: `is "id"`},
		{name: "no delimiter", data: "a b\n", o: Options{Key: "a", Fields: []string{"b"}}, line: 1, why: "no delimiter is found"},
		{name: "broken quote", data: "a,\"b\"c\n", line: 1, why: "the header has a broken quote"},
		{name: "open quote", data: "a,\"b\n1,2\n", line: 1, why: "does not close it"},
		{name: "NUL", data: "a,\x00b\n", line: 1, why: "NUL"},
		{name: "not UTF-8", data: "a,\xff\n", line: 1, why: "the header is not valid UTF-8 / hint: set feed.encoding"},
		{name: "too long", data: "a," + strings.Repeat("b", maxRecord) + "\n", line: 1, why: "over 1 MB"},
		{name: "ending", file: "x.xlsx", why: "its ending is unknown"},
		{name: "named gzip", file: "x.csv.gz", data: "a,b\n", why: "holds no gzip data"},
		{name: "gzip head cut off", data: z[:5], why: "cut off"},
		{name: "gzip cut off", data: z[:len(z)-9], why: "cut off"},
		{name: "gzip without its end", data: z[:len(z)-8], why: "cut off"},
		{name: "gzip sum wrong", data: z[:len(z)-8] + "\x00\x00\x00\x00" + z[len(z)-4:], why: "broken"},
		{name: "gzip cut off, in a charset", data: z[:len(z)-9], o: Options{Encoding: "latin1"}, why: "cut off"},
		{name: "rubbish behind gzip", data: z + "rubbish, much more of it", why: "gzip data are"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.file == "" {
				tt.file = "x.csv"
			}
			f, err := Open([]string{write(t, tt.file, tt.data)}, tt.o)
			if err == nil {
				err = f.Chunks(func(c export.Chunk) error { c.Release(); return nil })
			}
			wantUnusable(t, err, tt.file, tt.line, tt.why)
		})
	}
}

func wantUnusable(t *testing.T, err error, file string, line int, why string) {
	t.Helper()
	var u *export.UnusableFeedError
	if !errors.As(err, &u) || filepath.Base(u.File) != filepath.Base(file) || u.Line != line || !strings.Contains(u.Why+" / hint: "+u.Hint, why) {
		t.Fatalf("got %v, want %s:%d ... %s", err, file, line, why)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	mk := func(name, data string) string {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o700), os.WriteFile(p, []byte(data), 0o600)); err != nil {
			t.Fatal(err)
		}
		return p
	}
	b := mk("one/b.csv", "id,x\n1,2\n")
	a := mk("two/a.jsonl", `{"id":"3"}`)
	odd := mk("odd[1].csv", "id,x\n5,6\n")
	f, err := Open([]string{filepath.Join(dir, "*", "*.*"), b, odd}, Options{Key: "id"})
	if err != nil {
		t.Fatal(err)
	}
	want := []export.FeedFile{
		{Path: a, Name: "a.jsonl", Size: 10},
		{Path: b, Name: "b.csv", Size: 9},
		{Path: odd, Name: "odd[1].csv", Size: 9},
	}
	got := f.Files()
	for i := range got {
		if len(got[i].SHA256) != 64 {
			t.Errorf("hash %q", got[i].SHA256)
		}
		if stat, err := os.Stat(got[i].Path); err != nil || !got[i].Modified.Equal(stat.ModTime()) {
			t.Errorf("changed at %v; %v", got[i].Modified, err)
		}
		got[i].SHA256, want[i].SHA256, got[i].Modified = "", "", time.Time{}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{`1 ["3"]`, `2 ["1" "2"]`, `2 ["5" "6"]`}, dump(t, f)); d != "" {
		t.Error(d)
	}

	mk("three/b.csv", "id,x\n")
	for _, tt := range []struct {
		pattern, file, why string
	}{
		{filepath.Join(dir, "none.csv"), "none.csv", "no such file"},
		{filepath.Join(dir, "none*.csv"), "none*.csv", "no file matches"},
		{filepath.Join(dir, "[.csv"), "[.csv", "is not a pattern"},
		{filepath.Join(dir, "one"), "one", "is a folder"},
		{filepath.Join(dir, "*", "b.csv"), "b.csv", "is found twice"},
	} {
		_, err := Open([]string{tt.pattern}, Options{})
		wantUnusable(t, err, tt.file, 0, tt.why)
	}
	_, err = Open(nil, Options{})
	var u *export.UnusableFeedError
	if !errors.As(err, &u) {
		t.Errorf("no pattern: %v", err)
	}
}

func TestHashIsOfTheBytesOnDisk(t *testing.T) {
	f, err := Open([]string{write(t, "x.csv", "a\n")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.Files()[0].SHA256, "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMaxAge(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	old, newer := write(t, "a.csv", "a\n"), write(t, "b.csv", "a\n")
	age := func(p string, d time.Duration) {
		if err := os.Chtimes(p, time.Time{}, now.Add(-d)); err != nil {
			t.Fatal(err)
		}
	}
	age(old, 100*time.Hour)
	age(newer, 36*time.Hour)
	o := Options{MaxAge: 36 * time.Hour, Now: now}
	if _, err := Open([]string{old, newer}, o); err != nil {
		t.Fatal(err)
	}
	o.Now = now.Add(time.Second)
	_, err := Open([]string{old, newer}, o)
	wantUnusable(t, err, "b.csv", 0, "stale")
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{
		{Encoding: "klingon"}, {Encoding: "replacement"}, {Delimiter: "\""}, {Delimiter: "\n"}, {Delimiter: ",,"}, {Delimiter: "é"},
		{MaxAge: time.Hour}, {MaxAge: -1}, {ChunkRows: -1},
	} {
		_, err := Open([]string{write(t, "x.csv", "a\n")}, o)
		var u *export.UnusableFeedError
		if err == nil || errors.As(err, &u) {
			t.Errorf("%+v: got %v, want a fault of the options", o, err)
		}
	}
	for _, name := range []string{"", "utf8", "cp850", "ISO-8859-15", "windows-1252", "UTF-16BE"} {
		if err := (Options{Encoding: name}).Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestChangedFile(t *testing.T) {
	body := "a,b\n" + strings.Repeat("1,2\n", 100)
	append1 := func(path string) error {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString("3,4\n")
		return errors.Join(err, f.Close())
	}
	t.Run("before a pass", func(t *testing.T) {
		path := write(t, "x.csv", body)
		f, err := Open([]string{path}, Options{})
		if err := errors.Join(err, append1(path)); err != nil {
			t.Fatal(err)
		}
		wantUnusable(t, f.Chunks(func(export.Chunk) error { t.Error("handed out"); return nil }), "x.csv", 0, "changed while being read")
	})
	t.Run("during a pass", func(t *testing.T) {
		path := write(t, "x.csv", body)
		f, err := Open([]string{path}, Options{ChunkRows: 10})
		if err != nil {
			t.Fatal(err)
		}
		done := false
		err = f.Chunks(func(c export.Chunk) error {
			c.Release()
			if done {
				return nil
			}
			done = true
			return append1(path)
		})
		wantUnusable(t, err, "x.csv", 0, "changed while being read")
	})
	t.Run("replaced by the same bytes", func(t *testing.T) {
		path := write(t, "x.csv", body)
		f, err := Open([]string{path}, Options{})
		if err := errors.Join(err, os.Rename(path, path+".old"), os.WriteFile(path, []byte(body), 0o600)); err != nil {
			t.Fatal(err)
		}
		wantUnusable(t, f.Chunks(func(export.Chunk) error { return nil }), "x.csv", 0, "changed")
	})
	t.Run("gone", func(t *testing.T) {
		path := write(t, "x.csv", body)
		f, err := Open([]string{path}, Options{})
		if err := errors.Join(err, os.Remove(path)); err != nil {
			t.Fatal(err)
		}
		wantUnusable(t, f.Chunks(func(export.Chunk) error { return nil }), "x.csv", 0, "cannot be opened")
	})
}
