package farend

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"syscall"
)

// Address is one on loopback where nothing listens, for a server that begins later, or never. Servers and clients that take
// any free port are not given it meanwhile: systems deal those out from 32768 on.
func Address() (string, error) {
	for {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000)))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			return "", err
		}
		return l.Addr().String(), l.Close()
	}
}
