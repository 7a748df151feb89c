package rejected

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
)

const aRun = "20261130T101112Z"

// TestLines: a file of a drop has the header and the rows that were refused, byte for byte, whatever is inside quotes; the last
// one gets a line end. Rows that are not there leave no file.
func TestLines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := "\"a\",\"b\"\r\n\"1\",\"x\ny\"\r\n\"2\",\"=1+1\"\r\n\"3\",\"\"\"\""
	got, err := dropped(dir, aRun, "ready.csv", []byte(data), map[int]bool{1: true, 3: true})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(got.Path)
	if want := "\"a\",\"b\"\r\n\"1\",\"x\ny\"\r\n\"3\",\"\"\"\"\n"; err != nil || string(text) != want || got.Records != 2 {
		t.Errorf("%+v: %q, want %q", got, text, want)
	}
	if _, err := dropped(dir, aRun, "short.csv", []byte(data), map[int]bool{1: true, 4: true}); err == nil || !strings.Contains(err.Error(), "1 of 2 rows") {
		t.Errorf("a row that is not there: %v", err)
	}
	if info, err := os.Stat(got.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: %v, %v", info, err)
	}
	if found := Find(dir, aRun); len(found) != 1 || found[0].Path != got.Path {
		t.Errorf("files of the run: %v", found)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// TestExcerptOfAnotherFile: a file that HR has changed since it was planned is not cut by the old lines.
func TestExcerptOfAnotherFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "users.csv")
	if err := os.WriteFile(path, []byte("id,name\n1,a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(paths []string) (*feed.Feed, error) {
		return feed.Open(paths, feed.Options{Key: "id", Fields: []string{"id", "name"}})
	}
	_, err := excerpt(dir, aRun, export.FeedFile{Name: "users.csv", Path: path, SHA256: "old"}, []export.RowResult{{Origin: export.Origin{File: "users.csv", Line: 2}, Lines: 1}}, open, nil)
	if err == nil || len(export.HintsOf(err)) != 1 || len(Find(dir, aRun)) != 0 {
		t.Errorf("got %v and %v", err, Find(dir, aRun))
	}
}

// TestRowsHaveAnEnd: memory does not grow with a feed in which every row is wrong.
func TestRowsHaveAnEnd(t *testing.T) {
	t.Parallel()
	var rep export.Report
	row := export.RowResult{Origin: export.Origin{File: "users.csv"}, Outcome: export.Rejected, Lines: 1}
	for range most + 1 {
		if err := rep.Rows.Add(row); err != nil {
			t.Fatal(err)
		}
	}
	if rows, err := mendable(&rep); err == nil || rows != nil {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// TestNoFile: what cannot be written leaves neither a file nor a half of one, and is told once with the way to the rows; so is
// a record that is in no file.
func TestNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	feedPath := filepath.Join(dir, "users.csv")
	if err := os.WriteFile(feedPath, []byte("id,name\n1,a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := feed.Open([]string{feedPath}, feed.Options{Key: "id"})
	if err != nil {
		t.Fatal(err)
	}
	rep := &export.Report{Run: aRun, Files: opened.Files()}
	row := export.RowResult{Origin: export.Origin{File: "users.csv", Line: 2}, Key: "1", Outcome: export.Rejected, Lines: 2}
	if err := rep.Rows.Add(row); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	var warned []string
	w := &Writer{
		Dir: out, Warn: func(err error) { warned = append(warned, err.Error()) }, Causes: silent{},
		Open: func(paths []string) (*feed.Feed, error) { return feed.Open(paths, feed.Options{Key: "id"}) },
	}
	if err := os.MkdirAll(filepath.Join(pathOf(out, aRun, "users.csv"), "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.Write(rep)
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) != 1 || len(rep.RejectedFiles) != 0 || len(warned) != 1 || !strings.Contains(warned[0], "no file with the records of users.csv") {
		t.Errorf("taken: %v, %v, %v, %v", entries, rep.RejectedFiles, warned, err)
	}
	if err := os.RemoveAll(pathOf(out, aRun, "users.csv")); err != nil {
		t.Fatal(err)
	}
	warned = nil
	w.Write(rep)
	if len(rep.RejectedFiles) != 1 || rep.RejectedFiles[0].Records != 1 || len(warned) != 1 || !strings.HasPrefix(warned[0], "1 of 2 records") {
		t.Errorf("one of two: %v, %v", rep.RejectedFiles, warned)
	}
}

type silent struct{}

func (silent) Advise(export.Faults) (todo, owner string) { return "", "" }

// TestSweep: files of people go after their time, what a killed start has left goes at once, and nothing else does.
func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{
		"20261130T101112Z.old.csv.rejected.csv": 2 * time.Hour, "20261130T101112Z.new.csv.rejected.csv": 0, "20261130T101112Z.old.rejected.jsonl": 2 * time.Hour, ".rejected-7.tmp": 0, "ledger.db": 2 * time.Hour, "HR.rejected.csv": 2 * time.Hour, "20261130T101112Z.held.csv": 2 * time.Hour,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Sweep(dir, now.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	var left []string
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if got := strings.Join(left, " "); err != nil || got != "20261130T101112Z.held.csv 20261130T101112Z.new.csv.rejected.csv HR.rejected.csv ledger.db" {
		t.Errorf("left: %s (%v)", got, err)
	}
}
