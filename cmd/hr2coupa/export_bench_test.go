package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkExport is what make profile measures: the whole way from HR's file to parts on disk, through the front door, for a
// good feed and for one in which every row breaks a rule.
func BenchmarkExport(b *testing.B) {
	dir := b.TempDir()
	good, broken := filepath.Join(dir, "people.csv"), filepath.Join(dir, "broken.csv")
	makeFeed(b, "-o", good)
	makeFeed(b, "-broken", "-o", broken)
	config, err := os.ReadFile("../../testdata/bench/export/hr2coupa.yaml")
	if err != nil {
		b.Fatal(err)
	}
	settings := filepath.Join(dir, "hr2coupa.yaml")
	if err := os.WriteFile(settings, config, 0o600); err != nil {
		b.Fatal(err)
	}
	parts := filepath.Join(dir, "parts")
	for b.Loop() {
		for range 8 { // a feed with so many faults is rare, and costs twice as much
			exportFeed(b, settings, parts, good, 0)
		}
		exportFeed(b, settings, parts, broken, 3)
	}
}

func makeFeed(b *testing.B, args ...string) {
	b.Helper()
	args = append([]string{"run", "../../testdata/bench/people", "-n", "200000"}, args...)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		b.Fatalf("make the feed: %v\n%s", err, out)
	}
}

func exportFeed(b *testing.B, settings, parts, feed string, want int) {
	b.Helper()
	var told bytes.Buffer
	code := Main(b.Context(), []string{"--config", settings, "export", "-d", parts, feed}, noEnv, os.Stdin, io.Discard, &told)
	if code != want {
		b.Fatalf("export ended with %d: %s", code, told.String())
	}
	os.RemoveAll(parts)
}

func noEnv(string) string { return "" }
