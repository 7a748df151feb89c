package wiring

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// ResultOut is stdout, where the result goes. If its reader is gone (run | head -1), it discards what is written: the start at
// work goes on to its end, and the exit code is its verdict. Any other error, such as a full disk, is returned.
type ResultOut struct {
	To io.Writer
	*OutState
}

// OutState is the state of stdout, for code that must not write to it.
type OutState struct {
	Wrote  bool // something is on stdout
	Gone   bool // and its reader is gone
	Warned bool
}

// Write writes to stdout, and reports success if the reader is gone.
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

// Fd returns the file descriptor behind stdout, by which a terminal is known; if there is none, a number that no file has.
func (o *ResultOut) Fd() uintptr {
	if f, ok := o.To.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

// OutlivePipes turns a write to a pipe without a reader into an error; otherwise it would end the program. The signal
// is caught and not ignored: commands that fetch secrets would inherit that it is ignored.
func OutlivePipes() (stop func()) {
	signals := make(chan os.Signal, 1) // never read from; a full channel drops the rest
	signal.Notify(signals, syscall.SIGPIPE)
	return func() { signal.Stop(signals) }
}
