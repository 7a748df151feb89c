package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
)

// TestInitComments: every key that init writes as a comment can be used by removing the #.
func TestInitComments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hr2coupa.yaml")
	output(t, "init", "../../testdata/feeds/workday.csv", "-o", path)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	comment := regexp.MustCompile(`(?m)^( *)# ((?:[a-z_]+:|  - \{).*)$`)
	text := comment.ReplaceAllStringFunc(string(data), func(line string) string {
		if strings.HasPrefix(strings.TrimLeft(line, " #"), "guessed:") {
			return line
		}
		keys++
		return comment.ReplaceAllString(line, "$1$2")
	})
	if keys < 8 {
		t.Errorf("only %d keys stand as comments", keys)
	}
	c, faults := config.Parse(context.Background(), path, []byte(text), config.OSEnv(func(string) string { return "" }), config.Options{})
	for _, f := range faults {
		t.Error(f)
	}
	if c != nil && (len(c.Notify.Targets) != 1 || len(c.Protect) != 1 || len(c.Coupa.Scopes) != 2) {
		t.Errorf("notify %v, protect %v, scopes %v", c.Notify.Targets, c.Protect, c.Coupa.Scopes)
	}
}
