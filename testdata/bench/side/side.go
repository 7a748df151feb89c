// Package side runs programs side by side for the benches: in turns, so that a busy machine is busy for all of them, with
// medians, ratios taken pair by pair, and each process's peak memory.
package side

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// limit of one run: a contender that hangs must not hang the bench.
const limit = 10 * time.Minute

// Contender is one program of a race.
type Contender struct {
	Name    string
	Missing string   // why it cannot run here; it is then only named
	Before  func()   // makes room for a run, not timed; may be nil
	Command []string // program and arguments; where Args is set, it returns them for each round
	Args    func(round int) []string
	Dir     string
	Env     []string // added to ours
	Exit    []int    // codes that are no fault; none means 0
	Rounds  int      // at most so many, for the slow ones; 0 takes the race's
	Stdin   string
}

// Time is how one run went.
type Time struct {
	Wall time.Duration
	CPU  time.Duration // user and system time together, which a busy machine disturbs less than the wall time
	Peak int64         // bytes resident, of the largest process where there are several
}

// Result is a contender's race.
type Result struct {
	Name    string
	Missing string
	Times   []Time
	Ratios  []float64 // to the yardstick, round by round
	Err     error
}

// Wall is the median.
func (r *Result) Wall() time.Duration {
	return median(r.Times, func(t Time) time.Duration { return t.Wall })
}

// CPU is the median.
func (r *Result) CPU() time.Duration {
	return median(r.Times, func(t Time) time.Duration { return t.CPU })
}

// Peak is the greatest of all runs.
func (r *Result) Peak() int64 {
	var most int64
	for _, t := range r.Times {
		most = max(most, t.Peak)
	}
	return most
}

// Ratio is the median of the ratios to the yardstick.
func (r *Result) Ratio() float64 { return median(r.Ratios, func(f float64) float64 { return f }) }

// To is the median of the round-by-round ratios to another contender of the same race.
func (r *Result) To(other *Result) float64 {
	var ratios []float64
	for i := range min(len(r.Times), len(other.Times)) {
		ratios = append(ratios, float64(r.Times[i].Wall)/float64(other.Times[i].Wall))
	}
	return median(ratios, func(f float64) float64 { return f })
}

// Race runs every contender once a round; the first one is the yardstick, and runs in every round. A contender that
// fails is out of the race, with its error in its result.
func Race(rounds int, field []Contender) []*Result {
	results := make([]*Result, len(field))
	for i, c := range field {
		results[i] = &Result{Name: c.Name, Missing: c.Missing}
	}
	for round := range rounds {
		for i, c := range field {
			r := results[i]
			if c.Missing != "" || r.Err != nil || c.Rounds > 0 && round >= c.Rounds {
				continue
			}
			t, err := Run(c, round)
			if err != nil {
				r.Err = err
				continue
			}
			r.Times = append(r.Times, t)
			if yard := results[0].Times; len(yard) == round+1 {
				r.Ratios = append(r.Ratios, float64(t.Wall)/float64(yard[round].Wall))
			}
		}
	}
	return results
}

// Run runs a contender once.
func Run(c Contender, round int) (Time, error) {
	if c.Before != nil {
		c.Before()
	}
	args := c.Command
	if c.Args != nil {
		args = c.Args(round)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = c.Dir, append(os.Environ(), c.Env...)
	if c.Stdin != "" {
		cmd.Stdin = bytes.NewReader([]byte(c.Stdin))
	}
	tail := &tail{}
	cmd.Stderr = tail // standard output goes to the null device
	begun := time.Now()
	err := cmd.Run()
	t := Time{Wall: time.Since(begun)}
	var exit *exec.ExitError
	if errors.As(err, &exit) && slices.Contains(c.Exit, exit.ExitCode()) {
		err = nil
	}
	if err != nil {
		return t, fmt.Errorf("%s: %w: %s", c.Name, err, tail.b)
	}
	t.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		t.Peak = use.Maxrss << 10 // Linux counts in KiB
	}
	return t, nil
}

// tail keeps the beginning of what a program complains of.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p[:min(len(p), 400-len(t.b))]...)
	return len(p), nil
}

func median[T any, V cmp.Ordered](of []T, value func(T) V) V {
	values := make([]V, len(of))
	for i, o := range of {
		values[i] = value(o)
	}
	if len(values) == 0 {
		var zero V
		return zero
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// Number is a whole number from the environment.
func Number(name string, or int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return or
}
