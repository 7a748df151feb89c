package switchboard

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Board holds the switches as they stand; every part of the twin looks at it anew each time.
type Board struct {
	current atomic.Pointer[Switches]
	struck  atomic.Int64 // faults that have occurred since the switches were last turned
}

// New is a board with these switches, and every one that is not set at its default.
func New(s Switches) (*Board, error) {
	whole, err := s.complete()
	if err != nil {
		return nil, err
	}
	b := &Board{}
	b.current.Store(&whole)
	return b, nil
}

// Get returns the switches as they stand. They are not to be changed: see Set.
func (b *Board) Get() *Switches { return b.current.Load() }

// Strikes counts a fault that is due, and tells whether it still occurs.
func (b *Board) Strikes() bool {
	times := int64(b.Get().FaultTimes)
	return b.struck.Add(1) <= times || times <= 0
}

// atStart are the switches that shape the servers when they start; they cannot be turned later.
var atStart = []string{"pickup-interval", "archive-place", "rate", "load-scope", "drop-path", "home", "algorithms", "login"}

// Set turns switches, given as "name=value", while the twin runs: what it has loaded stays. It is how a fault begins or
// ends. Faults are those of Parse; a switch that counts only at the start is one too.
func (b *Board) Set(args ...string) error {
	for _, arg := range args {
		if name, _, _ := strings.Cut(arg, "="); slices.Contains(atStart, name) {
			return fmt.Errorf("switch %s counts only when the twin starts", name)
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

// Skew is how far the clock of the instance is off.
func (s *Switches) Skew() time.Duration {
	switch s.Clock {
	case "hour-behind":
		return -time.Hour
	case "hour-ahead":
		return time.Hour
	}
	return 0
}

// Endless tells whether loads begin and never end.
func (s *Switches) Endless() bool { return s.LoadOutcome == "stuck" || s.LoadOutcome == "odd" }
