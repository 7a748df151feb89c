package export

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// badLine panics; a stack must name it.
func badLine(values []string, at int) string { return values[at] }

func TestCrashKeepsNoCells(t *testing.T) {
	type person struct{ Name string }
	tests := []struct {
		name string
		f    func()
		what string
	}{
		{"what the runtime says is kept", func() { badLine([]string{"Ann Smith"}, 5) }, "runtime error: index out of range [5] with length 1"},
		{"a text is not", func() { panic("Ann Smith has no login") }, "panic with a value of type string"},
		{"an error is not", func() { panic(errors.New("Ann Smith")) }, "panic with a value of type *errors.errorString"},
		{"a struct is not", func() { panic(person{"Ann Smith"}) }, "panic with a value of type export.person"},
		{"a type that is another one", func() { var v any = "Ann Smith"; _ = v.(int) }, "interface conversion: interface {} is string, not int"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := Guard(func() error { test.f(); return nil })
			crash, ok := errors.AsType[*Crash](err)
			if !ok {
				t.Fatalf("%v is no crash", err)
			}
			if crash.What != test.what {
				t.Errorf("told as %q, want %q", crash.What, test.what)
			}
			all := err.Error() + strings.Join(crash.Stack, "\n")
			if strings.Contains(all, "Ann") || strings.Contains(all, "0x") {
				t.Errorf("a cell or an argument is told: %s", all)
			}
			if !strings.Contains(crash.Stack[0], "crash_test.go:") {
				t.Errorf("the stack begins with %s", crash.Stack[0])
			}
		})
	}
	if err := Guard(func() error { badLine(nil, 0); return nil }); !strings.Contains(err.Error(), "export.badLine ") {
		t.Errorf("%v does not name the function that panicked", err)
	}
}

// TestCrashReachesWhoWaits: however a goroutine was started, its panic reaches the code that waits for it, with the
// stack of the goroutine that panicked.
func TestCrashReachesWhoWaits(t *testing.T) {
	bad := func() { badLine(nil, 3) }
	ways := map[string]func() error{
		"Go": func() error {
			got := make(chan error, 1)
			Go(bad, func(err error) { got <- err })
			return <-got
		},
		"Async": func() error { return <-Async(func() error { bad(); return nil }) },
		"Group": func() error {
			return Guard(func() error {
				var g Group
				g.Go(bad)
				g.Go(func() {})
				g.Wait()
				return nil
			})
		},
		"AfterFunc": func() error {
			ctx, cancel := context.WithCancel(t.Context())
			got := make(chan error, 1)
			AfterFunc(ctx, bad, func(err error) { got <- err })
			cancel()
			return <-got
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			if err := way(); err == nil || !strings.Contains(err.Error(), "export.badLine ") {
				t.Errorf("got %v, want the panic of badLine", err)
			}
		})
	}
}
