package drop

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// quickAck makes the kernel acknowledge at once. Otherwise the server's Nagle algorithm waits for our delayed
// acknowledgement: 40 ms, once or more in every connection. The kernel resets the option by itself, so it is set again
// around each read.
type quickAck struct{ raw syscall.RawConn }

func newQuickAck(conn net.Conn) quickAck {
	if tcp, ok := conn.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			return quickAck{raw}
		}
	}
	return quickAck{}
}

func (q quickAck) arm() {
	if q.raw == nil {
		return
	}
	// Without the option everything works, only slower, so errors do not matter.
	_ = q.raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1) })
}
