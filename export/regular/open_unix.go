//go:build unix

package regular

import "syscall"

// atOnce makes open return at once: a named pipe may have replaced the file.
const atOnce = syscall.O_NONBLOCK
