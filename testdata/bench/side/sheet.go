package side

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

// Sheet collects what a bench prints: tables, and the verdict on each target.
type Sheet struct {
	w      io.Writer
	missed []string
	met    int
}

// NewSheet writes to w.
func NewSheet(w io.Writer) *Sheet { return &Sheet{w: w} }

// Say prints a line.
func (s *Sheet) Say(format string, args ...any) { fmt.Fprintf(s.w, format+"\n", args...) }

// Table prints a race. unit names the yardstick, to which the ratios are.
func (s *Sheet) Table(title string, results []*Result) {
	s.Say("\n%s", title)
	w := tabwriter.NewWriter(s.w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "  \twall, median\tratio to %s\tCPU, median\tpeak memory\truns\n", results[0].Name)
	for _, r := range results {
		switch {
		case r.Missing != "":
			fmt.Fprintf(w, "  %s\tMISSING: %s\n", r.Name, r.Missing)
		case len(r.Times) == 0:
			fmt.Fprintf(w, "  %s\tFAILED: %s\n", r.Name, strings.Join(strings.Fields(fmt.Sprint(r.Err)), " "))
		default:
			fmt.Fprintf(w, "  %s\t%s\t%.2f\t%s\t%.0f MB\t%d\n", r.Name, Seconds(r.Wall()), r.Ratio(), Seconds(r.CPU()), float64(r.Peak())/1e6, len(r.Times))
		}
	}
	w.Flush()
}

// Seconds prints a time with the digits that mean something.
func Seconds(d time.Duration) string {
	if d < 100*time.Millisecond {
		return fmt.Sprintf("%.1f ms", d.Seconds()*1e3)
	}
	return fmt.Sprintf("%.3f s", d.Seconds())
}

// Target prints whether a target is met.
func (s *Sheet) Target(met bool, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if met {
		s.met++
		s.Say("  met     %s", text)
		return
	}
	s.missed = append(s.missed, text)
	s.Say("  MISSED  %s", text)
}

// Skipped prints a target that could not be measured here.
func (s *Sheet) Skipped(format string, args ...any) {
	s.Say("  NOT MEASURED  %s", fmt.Sprintf(format, args...))
}

// End sums up. A missed target is no fault: figures depend on the machine and what else it does.
func (s *Sheet) End() {
	if len(s.missed) == 0 {
		s.Say("\nall %d measured targets are met", s.met)
		return
	}
	s.Say("\n*** %d TARGET(S) MISSED (a busy machine may be why: run again alone) ***", len(s.missed))
	for _, m := range s.missed {
		s.Say("***   %s", m)
	}
}

// Room makes a folder for the bench's files, in memory where there is room for it, so that no disk is measured.
// BENCH_DIR names another place. The caller removes it.
func Room() (string, error) {
	at := os.Getenv("BENCH_DIR")
	if info, err := os.Stat("/dev/shm"); at == "" && err == nil && info.IsDir() {
		at = "/dev/shm"
	}
	return os.MkdirTemp(at, "hr2coupa-bench-")
}

// Build builds programs of this module into dir, stripped and static like the real one.
func Build(dir string, packages ...string) error {
	args := append([]string{"build", "-trimpath", "-ldflags=-s -w", "-o", dir + string(filepath.Separator)}, packages...)
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// Find gives a program's path, or why it is missing.
func Find(name, install string) (path, missing string) {
	path, err := exec.LookPath(name)
	if err != nil {
		return name, "not installed (" + install + ")"
	}
	return path, ""
}
