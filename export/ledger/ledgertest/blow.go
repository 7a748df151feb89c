package ledgertest

import (
	"errors"
	"sync"
)

// ErrBlow is the error of a step once the blow has fallen.
var ErrBlow = errors.New("the program has ended here")

// Blow ends the program at one of its steps, counted from 1; with 0 it ends when Fall is called.
type Blow struct {
	At int

	mu     sync.Mutex
	steps  int
	fallen bool
}

// Step counts a step that is about to be done. Where it returns an error, neither this step nor a later one may be
// done.
func (b *Blow) Step() error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.steps++; b.steps == b.At {
		b.fallen = true
	}
	if b.fallen {
		return ErrBlow
	}
	return nil
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
