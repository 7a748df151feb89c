package ledgertest

import (
	"fmt"
	"testing"
)

// Faults runs a story against a backend that is wrong on purpose and returns the failures, so that the suite itself can
// be tested.
func Faults(t testing.TB, story string, o Opener) []string {
	t.Helper()
	for _, s := range Stories() {
		if s.Name == story {
			r := &recorder{TB: t}
			r.watch(func() { s.Run(r, o) })
			return r.found
		}
	}
	t.Fatalf("there is no story %q", story)
	return nil
}

// recorder is a test that records its failures.
type recorder struct {
	testing.TB
	found []string
}

// stopped is the panic that ends a story at a fatal failure.
type stopped struct{}

func (r *recorder) watch(run func()) {
	defer func() {
		switch p := recover(); p.(type) {
		case nil, stopped:
		default:
			panic(p)
		}
	}()
	run()
}

func (r *recorder) fail(text string) { r.found = append(r.found, text) }

func (r *recorder) stop(text string) {
	r.fail(text)
	panic(stopped{})
}

func (r *recorder) Error(args ...any)                 { r.fail(fmt.Sprint(args...)) }
func (r *recorder) Errorf(format string, args ...any) { r.fail(fmt.Sprintf(format, args...)) }
func (r *recorder) Fail()                             { r.fail("failed") }
func (r *recorder) Fatal(args ...any)                 { r.stop(fmt.Sprint(args...)) }
func (r *recorder) Fatalf(format string, args ...any) { r.stop(fmt.Sprintf(format, args...)) }
func (r *recorder) FailNow()                          { r.stop("failed") }
func (r *recorder) Failed() bool                      { return len(r.found) > 0 }
