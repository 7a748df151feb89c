// Reconcile measures hr2coupa reconcile of HR's people against a Users export of as many, beside the export of the same feed, and
// beside what else compares two files: sort and comm, and csvdiff. These know no rules, and get the files that export writes.
//
//	go run ./testdata/bench/reconcile HR2COUPA
//
// BENCH_N sets the people (1,000,000), BENCH_RUNS the rounds, BENCH_PEERS=no leaves the others out.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hr2coupa/hr2coupa/testdata/bench/side"
)

// The targets, for 1,000,000 people.
const (
	toExport = 2.5 // times the CPU time of the export of the same feed
	mostPeak = 300_000_000
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: reconcile HR2COUPA")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "reconcile:", err)
		os.Exit(1)
	}
}

func run(program string) error {
	dir, err := side.Room()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if program, err = filepath.Abs(program); err != nil {
		return err
	}
	n := side.Number("BENCH_N", 1_000_000)
	if err := prepare(dir, program, n); err != nil {
		return err
	}
	parts := filepath.Join(dir, "out")
	field := []side.Contender{
		{Name: "export", Dir: dir, Before: func() { os.RemoveAll(parts) }, Command: []string{program, "export", "people.csv", "-d", parts}},
		{Name: "reconcile", Dir: dir, Command: []string{program, "reconcile", "people.csv", "--coupa-export", "users.csv", "--json"}, Exit: []int{3}},
	}
	if os.Getenv("BENCH_PEERS") != "no" {
		csvdiff, missing := side.Find("csvdiff", "github.com/aswinkarthik/csvdiff")
		field = append(field,
			side.Contender{Name: "sort | comm", Dir: dir, Command: []string{"sh", "-c", "export LC_ALL=C; sort hr.csv > a && sort coupa.csv > b && comm -3 a b > c"}, Rounds: 3},
			side.Contender{Name: "csvdiff", Missing: missing, Dir: dir, Command: []string{csvdiff, "hr.csv", "coupa.csv"}, Exit: []int{0, 1}, Rounds: 3})
	}
	s := side.NewSheet(os.Stdout)
	r := side.Race(side.Number("BENCH_RUNS", 5), field)
	if r[0].Err != nil || r[1].Err != nil {
		return fmt.Errorf("export: %w, reconcile: %w", r[0].Err, r[1].Err)
	}
	s.Table(fmt.Sprintf("Reconcile of %d people with %d users, one in 200 with another status", n, n), r)
	if n != 1_000_000 {
		s.Say("  the targets are for 1,000,000 people")
	}
	ratio := r[1].CPU().Seconds() / r[0].CPU().Seconds()
	s.Target(ratio <= toExport, "at most %.1f times the CPU time of export: %.2f", toExport, ratio)
	s.Target(r[1].Peak() <= mostPeak, "at most %d MB: %d MB", int(mostPeak/1e6), r[1].Peak()/1e6)
	s.End()
	return nil
}

// prepare makes HR's feed, the Users export, and both sides as files of the same columns for those who know no rules.
func prepare(dir, program string, n int) error {
	if err := side.Build(dir, "./testdata/bench/people", "./testdata/bench/users"); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	config, err := os.ReadFile("testdata/bench/export/hr2coupa.yaml")
	if err != nil {
		return fmt.Errorf("run the bench from the project's root: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hr2coupa.yaml"), config, 0o600); err != nil {
		return err
	}
	for _, line := range []string{
		fmt.Sprintf("./people -n %d -o people.csv", n),
		program + " export people.csv -d parts >/dev/null",
		"./users -o users.csv parts/*.csv",
		"cat parts/*.csv > hr.csv",
		"cut -d, -f2- users.csv > coupa.csv",
		"rm -r parts",
	} {
		if _, err := side.Run(side.Contender{Name: line, Dir: dir, Command: []string{"sh", "-c", line}}, 0); err != nil {
			return err
		}
	}
	return nil
}
