package wiring

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// ResultOut is stdout, where the result goes. Where its reader has gone (run | head -1) it takes what comes and shows it to nobody: the start at
// work goes on to its end, and the exit code is its verdict. Any other error, a full disk for one, is returned.
type ResultOut struct {
	To io.Writer
	*OutState
}

// OutState is what became of stdout. Whoever holds it cannot write.
type OutState struct {
	Wrote  bool // something is on stdout
	Gone   bool // and nobody reads it any more
	Warned bool
}

func (o *ResultOut) Write(b []byte) (int, error) {
	o.Wrote = true
	if o.Gone {
		return len(b), nil
	}
	n, err := o.To.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		o.Gone = true
		return len(b), nil
	}
	return n, err
}

// Fd is the file descriptor behind stdout, by which a terminal is known; no number of one where there is none.
func (o *ResultOut) Fd() uintptr {
	if f, ok := o.To.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

// OutlivePipes makes a write to a pipe without a reader an error, where it would otherwise end the program. The signal
// is caught and not ignored: commands that fetch secrets would inherit that it is ignored.
func OutlivePipes() (stop func()) {
	signals := make(chan os.Signal, 1) // never read from; a full channel drops the rest
	signal.Notify(signals, syscall.SIGPIPE)
	return func() { signal.Stop(signals) }
}
