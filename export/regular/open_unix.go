//go:build unix

package regular

import "syscall"

// atOnce lets nothing wait in open: a named pipe may have taken the file's place.
const atOnce = syscall.O_NONBLOCK
