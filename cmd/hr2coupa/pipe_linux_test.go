package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// narrow makes a pipe as small as it can be. full reports whether it takes nothing more.
func narrow(pipe *os.File) (full func() bool, err error) {
	size, err := unix.FcntlInt(pipe.Fd(), unix.F_SETPIPE_SZ, os.Getpagesize())
	if err != nil {
		return nil, err
	}
	return func() bool {
		n, err := unix.IoctlGetInt(int(pipe.Fd()), unix.TIOCINQ)
		return err == nil && n == size
	}, nil
}
