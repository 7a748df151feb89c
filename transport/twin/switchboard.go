package twin

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// switchboard holds the switches as they stand; every part of the twin looks at it anew each time.
type switchboard struct {
	atomic.Pointer[Switches]
	struck atomic.Int64 // faults that have occurred since the switches were last turned
}

func newSwitchboard(s Switches) *switchboard {
	b := &switchboard{}
	b.Store(&s)
	return b
}

// strikes counts a fault that is due, and tells whether it still occurs.
func (b *switchboard) strikes() bool {
	times := int64(b.Load().FaultTimes)
	return b.struck.Add(1) <= times || times <= 0
}

// atStart are the switches that shape the servers when they start; they cannot be turned later.
var atStart = []string{"pickup-interval", "archive-place", "rate", "load-scope", "drop-path", "home", "algorithms", "login"}

// Set turns switches, given as "name=value", while the twin runs: what it has loaded stays. It is how a fault begins or
// ends. Faults are those of ParseSwitches; a switch that counts only at the start is one too.
func (t *Twin) Set(args ...string) error {
	for _, arg := range args {
		if name, _, _ := strings.Cut(arg, "="); slices.Contains(atStart, name) {
			return fmt.Errorf("switch %s counts only when the twin starts", name)
		}
	}
	sw, err := t.sw.Load().with(args)
	if err != nil {
		return err
	}
	t.sw.struck.Store(0)
	t.sw.Store(&sw)
	return nil
}

// skew is how far the clock of the instance is off.
func (s *Switches) skew() time.Duration {
	switch s.Clock {
	case "hour-behind":
		return -time.Hour
	case "hour-ahead":
		return time.Hour
	}
	return 0
}
