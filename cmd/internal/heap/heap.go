// Package heap says how large the heap may grow before it is collected.
package heap

import (
	"runtime"
	"runtime/debug"
	"sync"
)

// By Go's default the first collection comes at 4 MB, and the next ones at 5, 8, 11 and 15: a start that reads its config and
// compiles a mapping pays for several of them and frees next to nothing. With quiet the first one comes at 20 MB, which most starts
// never reach. Then usual, Go's default, holds, so that a large plan has the same peak as without this.
const quiet, usual = 500, 100

var (
	mu    sync.Mutex
	after = usual // what holds from the first collection on
	begun = true  // there was one, or nothing is to be put off
)

// Start puts the first collection off. It does nothing where the environment has GOGC or GOMEMLIMIT: who sets these knows why.
func Start(env func(string) string) {
	if env("GOGC") != "" || env("GOMEMLIMIT") != "" {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	after, begun = usual, false
	debug.SetGCPercent(quiet)
	runtime.SetFinalizer(&sentinel{}, func(*sentinel) { // it is found unused by the first collection
		mu.Lock()
		defer mu.Unlock()
		begun = true
		debug.SetGCPercent(after)
	})
}

// sentinel is large enough that it is not allocated together with other small things, which would keep it.
type sentinel [64]byte

// Tighten sets how many percent of what is in use may be added before the heap is collected again.
func Tighten(percent int) {
	mu.Lock()
	defer mu.Unlock()
	if after = percent; begun {
		debug.SetGCPercent(percent)
	}
}
