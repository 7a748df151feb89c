// Package howfar tells how far a long step is, to whoever wants to know: a person at a terminal. The step counts what it has
// done; it knows neither who listens nor whether anyone does.
package howfar

import "context"

type key struct{}

// Told returns a context for a step. told is called with what the step has done, and of how many; of is 0 where it cannot know
// that. It is called from several goroutines, and often.
func Told(ctx context.Context, told func(done, of int)) context.Context {
	return context.WithValue(ctx, key{}, told)
}

// Quiet returns a context for pieces of a step that must not tell how far they are: the step itself does.
func Quiet(ctx context.Context) context.Context { return Told(ctx, func(int, int) {}) }

// Tell tells how far the step of a context is.
func Tell(ctx context.Context, done, of int) {
	if told, ok := ctx.Value(key{}).(func(done, of int)); ok {
		told(done, of)
	}
}
