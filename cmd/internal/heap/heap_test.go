package heap

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

// TestStart: after the first collection the heap grows as Go has it, or as much as was asked for meanwhile.
func TestStart(t *testing.T) {
	defer debug.SetGCPercent(percent())
	for name, c := range map[string]struct{ before, after, want int }{
		"as Go has it":                {0, 0, usual},
		"asked for before it":         {30, 0, 30},
		"asked for once it has begun": {0, 40, 40},
	} {
		Start(func(string) string { return "" })
		if got := percent(); got != quiet {
			t.Errorf("%s: %d %% before the first collection, want %d", name, got, quiet)
		}
		if c.before != 0 {
			Tighten(c.before)
			if got := percent(); got != quiet {
				t.Errorf("%s: %d %% before the first collection, want %d", name, got, quiet)
			}
		}
		runtime.GC()
		for percent() == quiet { // the finalizer runs soon; a test that hangs here is ended by its time-out
			runtime.Gosched()
		}
		if c.after != 0 {
			Tighten(c.after)
		}
		if got := percent(); got != c.want {
			t.Errorf("%s: %d %% after the first collection, want %d", name, got, c.want)
		}
	}
}

// TestStartLeaves: who sets GOGC or GOMEMLIMIT has the last word.
func TestStartLeaves(t *testing.T) {
	was := percent()
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		Start(func(asked string) string {
			if asked == name {
				return "50"
			}
			return ""
		})
		if got := percent(); got != was {
			t.Errorf("with %s: %d %%, want %d", name, got, was)
		}
	}
}

func percent() int {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	return int(s[0].Value.Uint64())
}
