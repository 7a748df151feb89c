package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/disk"
)

// quick runs the tests of this package. Most of their time they would wait: for a disk, for a clock of the twin, before a
// second try. So they run in memory and more of them side by side than there are processors, unless a flag says
// otherwise. Benchmarks run as the program does.
type quick struct{ *testing.M }

// storiesAtOnce is how many parallel tests run at a time.
const storiesAtOnce = "6"

// drawsAtMost is how often a law is drawn unless -rapid.checks says otherwise: here every draw starts programs.
const drawsAtMost = "12"

// diskDir is the folder for temporary files of tests that want a disk.
var diskDir = os.TempDir()

func (q quick) Run() int {
	flag.Parse()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if given["test.bench"] {
		return q.M.Run()
	}
	if !given["test.parallel"] {
		flag.Set("test.parallel", storiesAtOnce)
	}
	if !given["rapid.checks"] {
		flag.Set("rapid.checks", drawsAtMost)
	}
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(1 << 30)
	dir, err := memoryDir()
	if err != nil {
		return q.M.Run()
	}
	defer os.RemoveAll(dir)
	os.Setenv("TMPDIR", dir)
	return q.M.Run()
}

// memoryRoom is how much must be free in memory: the largest story writes a feed of 600,000 people and what becomes of it.
const memoryRoom = 4 << 30

// memoryDir returns a folder in memory if there is one with room in which programs may run: no test here asks what a disk
// keeps after a power cut, and thousands of syncs are slow.
func memoryDir() (string, error) {
	const memory = "/dev/shm"
	if free, err := disk.FreeBytes(memory); err != nil || free < memoryRoom {
		return "", os.ErrNotExist
	}
	dir, err := os.MkdirTemp(memory, "hr2coupa-tests-*")
	if err != nil {
		return "", err
	}
	script := filepath.Join(dir, "script") // others may run it, as in /tmp: one fault is of an account without rights
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(script, []byte("#!/bin/sh\n"), 0o700), exec.Command(script).Run(), os.Remove(script)); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir)) // mounted without the right to run what lies there
	}
	return dir, nil
}
