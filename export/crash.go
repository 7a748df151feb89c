package export

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Crash is a panic as an error: a fault of the program itself. A panic's value may hold a cell, so it stores only the
// text of a runtime error, and the type of any other value. The stack has names and lines, and no arguments.
type Crash struct {
	What  string   // the runtime error, or the type of the panic's value
	Stack []string // the panicking function first: "name file:line"
}

// Error returns what has crashed and where, without values.
func (c *Crash) Error() string {
	at := "an unknown place"
	if len(c.Stack) > 0 {
		at = c.Stack[0]
	}
	return fmt.Sprintf("the program crashed: %s at %s", c.What, at)
}

// Hints returns what to do: report a fault of the program.
func (c *Crash) Hints() []string {
	return []string{"this is a fault of hr2coupa: report it with the stack, which holds no data; the next start goes on from here"}
}

// newCrash describes a panic while its stack is still there. A Crash from another goroutine stays unchanged.
func newCrash(value any) *Crash {
	if c, ok := value.(*Crash); ok {
		return c
	}
	c := &Crash{What: fmt.Sprintf("panic with a value of type %T", value), Stack: callers()}
	if err, ok := value.(runtime.Error); ok {
		c.What = err.Error()
	}
	return c
}

// callers returns the chain of calls up to the panic that is being recovered.
func callers() []string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	var out []string
	for {
		f, more := frames.Next()
		if f.Function == "runtime.gopanic" {
			out = nil // the calls before are the recovery itself
		} else if f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") {
			out = append(out, fmt.Sprintf("%s %s:%d", f.Function, f.File, f.Line))
		}
		if !more {
			return out
		}
	}
}

// Recover, deferred, turns a panic of the function into a *Crash in err.
func Recover(err *error) {
	if value := recover(); value != nil {
		*err = newCrash(value)
	}
}

// Guard runs f and returns its error, or its panic as a *Crash.
func Guard(f func() error) (err error) {
	defer Recover(&err)
	return f()
}

// Go runs f on a goroutine of its own. It calls crashed with a panic of f as a *Crash, so that the code that waits for
// f gets it. Every goroutine of the program starts here, in Group, AfterFunc or Timer: elsewhere a panic would end the
// process with a code that means something else, and no notice would be sent.
func Go(f func(), crashed func(error)) {
	go func() {
		if err := Guard(func() error { f(); return nil }); err != nil {
			crashed(err)
		}
	}()
}

// Async runs f on a goroutine of its own; the channel receives its error, or its panic as a *Crash.
func Async(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- Guard(f) }()
	return done
}

// AfterFunc is context.AfterFunc with a guarded f.
func AfterFunc(ctx context.Context, f func(), crashed func(error)) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		if err := Guard(func() error { f(); return nil }); err != nil {
			crashed(err)
		}
	})
}

// Timer is time.AfterFunc with a guarded f.
func Timer(d time.Duration, f func(), crashed func(error)) *time.Timer {
	return time.AfterFunc(d, func() {
		if err := Guard(func() error { f(); return nil }); err != nil {
			crashed(err)
		}
	})
}

// Group waits for goroutines, as a sync.WaitGroup does, and passes a panic of one of them to the goroutine that waits.
// Where one of them waits for another, use Guard to turn the panic into an error instead.
type Group struct {
	work  sync.WaitGroup
	mu    sync.Mutex
	crash error // the first one
}

// Go runs f on a goroutine of its own.
func (g *Group) Go(f func()) {
	g.work.Add(1)
	go func() {
		defer g.work.Done()
		if err := Guard(func() error { f(); return nil }); err != nil {
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.crash == nil {
				g.crash = err
			}
		}
	}()
}

// Wait returns when all goroutines have ended. It panics where one of them did.
func (g *Group) Wait() {
	g.work.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.crash != nil {
		panic(g.crash)
	}
}
