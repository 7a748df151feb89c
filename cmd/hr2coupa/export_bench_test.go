package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkExport is what make profile watches: the whole way from HR's file to parts on disk, by the front door.
func BenchmarkExport(b *testing.B) {
	dir := b.TempDir()
	feed := filepath.Join(dir, "people.csv")
	if out, err := exec.Command("go", "run", "../../testdata/bench/people", "-n", "200000", "-o", feed).CombinedOutput(); err != nil {
		b.Fatalf("make the feed: %v\n%s", err, out)
	}
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
		var told bytes.Buffer
		code := Main(b.Context(), []string{"--config", settings, "export", "-d", parts, feed}, noEnv, os.Stdin, io.Discard, &told)
		if code != 0 {
			b.Fatalf("export ended with %d: %s", code, told.String())
		}
		os.RemoveAll(parts)
	}
}

func noEnv(string) string { return "" }
