package main

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/hr2coupa/hr2coupa/export"
)

// resultOut is stdout, where the result goes. Where its reader has gone (run | head -1) it takes what comes and shows it to nobody: the start at
// work goes on to its end, and the exit code is its verdict. Any other error, a full disk for one, is returned.
type resultOut struct {
	to io.Writer
	*outState
}

// outState is what became of stdout. Whoever holds it cannot write.
type outState struct {
	wrote  bool // something is on stdout
	gone   bool // and nobody reads it any more
	warned bool
}

func (o *resultOut) Write(b []byte) (int, error) {
	o.wrote = true
	if o.gone {
		return len(b), nil
	}
	n, err := o.to.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		o.gone = true
		return len(b), nil
	}
	return n, err
}

// Fd is the file descriptor behind stdout, by which a terminal is known; no number of one where there is none.
func (o *resultOut) Fd() uintptr {
	if f, ok := o.to.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

// outlivePipes makes a write to a pipe without a reader an error, where it would otherwise end the program. The signal
// is caught and not ignored: commands that fetch secrets would inherit that it is ignored.
func outlivePipes() (stop func()) {
	signals := make(chan os.Signal, 1) // never read from; a full channel drops the rest
	signal.Notify(signals, syscall.SIGPIPE)
	return func() { signal.Stop(signals) }
}

// unread warns, once, where nobody reads the result of a start any more. The commands that only look have done what they
// were asked for.
func unread(env *Env, rep *export.Report) {
	if env.result == nil || !env.result.gone || env.result.warned {
		return
	}
	env.result.warned = true
	command := "hr2coupa status"
	if rep != nil && rep.Run != "" {
		command += " " + rep.Run
	}
	env.log.Warnf("nobody reads stdout any more, so that not all of the result is there; %s prints it again", command)
}
