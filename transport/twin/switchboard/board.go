package switchboard

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Board holds the current switches. Every part of the twin reads them each time it needs one.
type Board struct {
	current atomic.Pointer[Switches]
	struck  atomic.Int64 // faults since the switches were last changed
}

// New returns a board with these switches, and the default of every one that is not set.
func New(s Switches) (*Board, error) {
	whole, err := s.complete()
	if err != nil {
		return nil, err
	}
	b := &Board{}
	b.current.Store(&whole)
	return b, nil
}

// Get returns the current switches. The caller must not change them: see Set.
func (b *Board) Get() *Switches { return b.current.Load() }

// Strikes counts a fault that is due and reports whether it still occurs.
func (b *Board) Strikes() bool {
	times := int64(b.Get().FaultTimes)
	return b.struck.Add(1) <= times || times <= 0
}

// atStart are the switches that shape the servers when they start; they cannot be changed later.
var atStart = []string{"pickup-interval", "archive-place", "rate", "load-scope", "list-scope", "drop-path", "home", "algorithms", "login"}

// Set changes switches, given as "name=value". It returns the errors of Parse, and one for a switch that takes effect only at
// the start.
func (b *Board) Set(args ...string) error {
	for _, arg := range args {
		if name, _, _ := strings.Cut(arg, "="); slices.Contains(atStart, name) {
			return fmt.Errorf("switch %s takes effect only when the twin starts", name)
		}
	}
	sw, err := b.Get().with(args)
	if err != nil {
		return err
	}
	b.struck.Store(0)
	b.current.Store(&sw)
	return nil
}

// Skew returns how far the clock of the instance is off.
func (s *Switches) Skew() time.Duration {
	switch s.Clock {
	case "hour-behind":
		return -time.Hour
	case "hour-ahead":
		return time.Hour
	}
	return 0
}

// Endless reports whether loads begin and never end.
func (s *Switches) Endless() bool { return s.LoadOutcome == "stuck" || s.LoadOutcome == "odd" }
