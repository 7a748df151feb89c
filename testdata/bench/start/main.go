// Start measures how long hr2coupa takes to start, against a Go program that does nothing, and how large it is.
//
//	go run ./testdata/bench/start HR2COUPA
package main

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hr2coupa/hr2coupa/testdata/bench/side"
)

const (
	slower  = 30 * time.Millisecond
	largest = 30_000_000 // bytes
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: start HR2COUPA")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "start:", err)
		os.Exit(1)
	}
}

func run(program string) error {
	dir, err := side.Room()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := side.Build(dir, "./testdata/bench/nothing"); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	program, err = filepath.Abs(program)
	if err != nil {
		return err
	}
	s := side.NewSheet(os.Stdout)
	r := side.Race(side.Number("BENCH_RUNS", 40), []side.Contender{
		{Name: "do nothing", Command: []string{filepath.Join(dir, "nothing")}},
		{Name: "hr2coupa version", Command: []string{program, "version"}},
	})
	for _, one := range r {
		if one.Err != nil {
			return one.Err
		}
	}
	s.Table("Start", r)
	more := r[1].Wall() - r[0].Wall()
	s.Target(more <= slower, "start at most %s over a do-nothing Go program: %s", side.Seconds(slower), side.Seconds(more))
	return size(s, program)
}

func size(s *side.Sheet, program string) error {
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	f, err := elf.Open(program)
	if err != nil {
		return fmt.Errorf("look into %s: %w", program, err)
	}
	defer f.Close()
	dynamic := false
	for _, p := range f.Progs {
		dynamic = dynamic || p.Type == elf.PT_INTERP
	}
	s.Target(!dynamic && f.Section(".symtab") == nil && info.Size() <= largest,
		"static, stripped and at most %d MB: %.1f MB", int(largest/1e6), float64(info.Size())/1e6)
	s.End()
	return nil
}
