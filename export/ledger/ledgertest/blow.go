package ledgertest

import (
	"errors"
	"sync"
)

// ErrBlow is the error of a step once the blow has fallen.
var ErrBlow = errors.New("the program has ended here")

// Blow ends the program at one of its steps, counted from 1, or lets only that step fail; with 0 it ends when Fall is called.
type Blow struct {
	At   int
	Once bool // only that step fails, and the program goes on

	mu     sync.Mutex
	steps  int
	fallen bool
}

// Step counts a step that is about to be done. Where it returns an error, this step may not be done, nor a later one unless only
// this one fails.
func (b *Blow) Step() error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.steps++
	hit := b.steps == b.At
	if hit && !b.Once {
		b.fallen = true
	}
	if hit || b.fallen {
		return ErrBlow
	}
	return nil
}

// Came reports whether the program came to the step, or has ended.
func (b *Blow) Came() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fallen || b.At > 0 && b.steps >= b.At
}

// Fall ends the program now.
func (b *Blow) Fall() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fallen = true
}

// Fallen reports whether the program has ended.
func (b *Blow) Fallen() bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fallen
}
