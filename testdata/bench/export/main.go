// Export measures hr2coupa export against the program in ../limit, which does the same mapping by hand and checks
// nothing, and against what else turns one CSV into another: Python's csv, DuckDB, csvkit, Miller and gawk.
//
//	go run ./testdata/bench/export HR2COUPA
//
// BENCH_N sets the people (1,000,000), BENCH_RUNS the rounds, BENCH_PEERS=no leaves the others out, BENCH_NODE names a
// folder with node_modules/@duckdb/node-api.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hr2coupa/hr2coupa/testdata/bench/side"
)

// The targets, for 1,000,000 people.
const (
	toLimit  = 4.0 // times the wall time of the program by hand
	toWhole  = 2.0 // times the time of a good feed, when every row is broken
	mostPeak = 200_000_000
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: export HR2COUPA")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "export:", err)
		os.Exit(1)
	}
}

// bench is where everything lies.
type bench struct{ dir, program, good, broken string }

func run(program string) error {
	dir, err := side.Room()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := bench{dir: dir, good: filepath.Join(dir, "people.csv"), broken: filepath.Join(dir, "broken.csv")}
	if b.program, err = filepath.Abs(program); err != nil {
		return err
	}
	n := side.Number("BENCH_N", 1_000_000)
	if err := b.prepare(n); err != nil {
		return err
	}
	s := side.NewSheet(os.Stdout)
	if err := b.same(s); err != nil {
		return err
	}
	if err := b.race(s, n); err != nil {
		return err
	}
	s.End()
	return nil
}

// prepare builds the programs and makes the feeds.
func (b *bench) prepare(n int) error {
	if err := side.Build(b.dir, "./testdata/bench/people", "./testdata/bench/limit"); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	config, err := os.ReadFile("testdata/bench/export/hr2coupa.yaml")
	if err != nil {
		return fmt.Errorf("run the bench from the project's root: %w", err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "hr2coupa.yaml"), config, 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{{"-o", b.good}, {"-broken", "-o", b.broken}} {
		c := side.Contender{Name: "people", Command: append([]string{filepath.Join(b.dir, "people"), "-n", fmt.Sprint(n)}, args...)}
		if _, err := side.Run(c, 0); err != nil {
			return err
		}
	}
	return nil
}

// same holds what every contender writes against what the program by hand writes. It is a warm-up, too.
func (b *bench) same(s *side.Sheet) error {
	limit := b.limit()
	if _, err := side.Run(limit, 0); err != nil {
		return err
	}
	want, err := digest(b.out(limit.Name))
	if err != nil {
		return err
	}
	ours := b.ours("hr2coupa", b.good, 0)
	if _, err := side.Run(ours, 0); err != nil {
		return err
	}
	got, err := digest(b.out(ours.Name))
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("hr2coupa wrote %v, the program by hand %v: they must be equal", got, want)
	}
	s.Say("hr2coupa and the program by hand write the same %d files, %d bytes, sha256 %.16s", got.files, got.bytes, got.sum)
	return nil
}

func (b *bench) race(s *side.Sheet, n int) error {
	field := []side.Contender{b.limit(), b.ours("hr2coupa", b.good, 0), b.ours("hr2coupa, all broken", b.broken, 3)}
	r := side.Race(side.Number("BENCH_RUNS", 7), field)
	for _, one := range r {
		if one.Err != nil {
			return one.Err
		}
	}
	s.Table(fmt.Sprintf("Export of %d people in 20 columns", n), r)
	limit, good, broken := r[0], r[1], r[2]
	if n != 1_000_000 {
		s.Say("  the targets are for 1,000,000 people")
	}
	s.Target(good.Ratio() <= toLimit, "at most %.0f times the program by hand: %.2f", toLimit, good.To(limit))
	s.Target(broken.To(good) <= toWhole, "all rows broken, at most %.0f times a good feed: %.2f", toWhole, broken.To(good))
	s.Target(good.Peak() <= mostPeak, "at most %d MB: %d MB", int(mostPeak/1e6), good.Peak()/1e6)
	s.Target(broken.Peak() <= mostPeak, "all rows broken, at most %d MB: %d MB", int(mostPeak/1e6), broken.Peak()/1e6)
	if os.Getenv("BENCH_PEERS") == "no" {
		s.Skipped("the peers: left out by BENCH_PEERS=no")
		return nil
	}
	peers := side.Race(side.Number("BENCH_RUNS", 3), append(field[:2], b.peers()...))
	s.Table("The same mapping by others", peers)
	want, err := digest(b.out(limit.Name))
	if err != nil {
		return err
	}
	for _, p := range peers[2:] {
		if len(p.Times) > 0 {
			b.compare(s, p, want)
		}
	}
	return nil
}

// compare reports whether a peer wrote the same.
func (b *bench) compare(s *side.Sheet, p *side.Result, want written) {
	got, err := digest(b.out(p.Name))
	switch {
	case err != nil:
		s.Say("  %s: %v", p.Name, err)
	case got == want:
		s.Say("  %s wrote the same bytes", p.Name)
	case got.files == want.files && got.bytes == want.bytes:
		s.Say("  %s wrote as much, in another order", p.Name)
	default:
		s.Say("  %s wrote something else: %d files, %d bytes", p.Name, got.files, got.bytes)
	}
}
