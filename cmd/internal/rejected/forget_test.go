package rejected

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestForget: files of ours with the key go, and those with a longer key, or of another name, stay.
func TestForget(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"20261130T231202Z.a.csv.rejected.csv":   "key,name\nE1,Ann\n",
		"20261130T231203Z.a.csv.rejected.csv":   "key,name\nE10,Ann\nAE1,Bob\n\u00c9E1,C\n",
		"20261130T231204Z.b.jsonl.rejected.csv": "{\"key\":\"E1\"}",
		"mine.csv":                              "E1",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n, err := Forget(dir, "E1")
	if err != nil || n != 2 {
		t.Errorf("%d files, %v", n, err)
	}
	var left []string
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{"20261130T231203Z.a.csv.rejected.csv", "mine.csv"}; err != nil || !slices.Equal(left, want) {
		t.Errorf("left are %q (%v), want %q", left, err, want)
	}
	if n, err := Forget(dir, ""); n != 0 || err != nil {
		t.Errorf("no key: %d files, %v", n, err)
	}
}
