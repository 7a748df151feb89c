package disk

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestReplace: a file is there whole, for its owner alone, or what was there before stays; nothing else is left.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.csv")
	say := func(text string, wrong error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return errors.Join(err, wrong)
		}
	}
	broken := errors.New("broken")
	for _, c := range []struct {
		text  string
		wrong error
		want  string
	}{{"one", nil, "one"}, {"half", broken, "one"}, {"two", nil, "two"}} {
		if err := Replace(path, ".a-*.tmp", say(c.text, c.wrong)); !errors.Is(err, c.wrong) {
			t.Errorf("%s: %v, want %v", c.text, err, c.wrong)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != c.want {
			t.Errorf("after %s there is %q, want %q; %v", c.text, got, c.want, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := Replace(filepath.Join(dir, "none", "a"), ".a-*.tmp", say("x", nil)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}
