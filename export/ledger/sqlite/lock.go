package sqlite

import "sync"

// Busy reports whether a run holds the lock now. It changes nothing.
func (l *Ledger) Busy() (bool, error) { return l.lock.Busy() }

// Lock takes the run lock; see ledger.Lock. Sweep, Prune and Forget return an error without it.
func (l *Ledger) Lock(holder string) (unlock func() error, err error) {
	give, err := l.lock.Take(holder)
	if err != nil {
		return nil, err
	}
	l.setLocked(true)
	return sync.OnceValue(func() error {
		l.setLocked(false)
		return give()
	}), nil
}

func (l *Ledger) setLocked(locked bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.locked = locked
}
