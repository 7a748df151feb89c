// Longpath joins two new network namespaces by a path on which every packet takes half of -rtt each way, so that the
// kernel's own TCP sees a far server. It moves the packets between two TUN devices itself, which needs root and
// /dev/net/tun, but no queueing discipline in the kernel.
//
// It prints the two namespaces and the two addresses on one line when the path is open, and takes everything down again
// when its standard input ends.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	largest = 2048    // bytes of a packet; the devices' MTU is 1500
	waiting = 1 << 16 // packets on their way in one direction; more are lost, as in a router
)

func main() {
	rtt := flag.Duration("rtt", 50*time.Millisecond, "round trip")
	flag.Parse()
	if err := run(*rtt); err != nil {
		fmt.Fprintln(os.Stderr, "longpath:", err)
		os.Exit(1)
	}
}

// end is one side of the path.
type end struct{ space, device, address string }

func run(rtt time.Duration) (err error) {
	id := os.Getpid() % 100000
	ends := [2]end{
		{fmt.Sprintf("near%d", id), fmt.Sprintf("hn%d", id), "10.98.76.1"},
		{fmt.Sprintf("far%d", id), fmt.Sprintf("hf%d", id), "10.98.76.2"},
	}
	var tuns [2]*os.File
	for i, e := range ends {
		if tuns[i], err = device(e.device); err != nil {
			return err
		}
		defer tuns[i].Close()
		defer ip("netns", "del", e.space)
		if err := e.open(); err != nil {
			return err
		}
	}
	broken := make(chan error, 3)
	go func() { broken <- carry(tuns[0], tuns[1], rtt/2) }()
	go func() { broken <- carry(tuns[1], tuns[0], rtt/2) }()
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		broken <- err
	}()
	fmt.Println(ends[0].space, ends[1].space, ends[0].address, ends[1].address)
	return <-broken
}

// device makes a TUN device. It goes away with its file.
func device(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	f := os.NewFile(uintptr(fd), "/dev/net/tun") // blocking: each direction has a thread of its own, and no poller's delay
	r, err := unix.NewIfreq(name)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, r); err != nil {
		return nil, errors.Join(fmt.Errorf("make device %s: %w", name, err), f.Close())
	}
	return f, nil
}

func (e end) open() error {
	for _, args := range [][]string{
		{"netns", "add", e.space},
		{"link", "set", e.device, "netns", e.space},
		{"-n", e.space, "link", "set", "lo", "up"},
		{"-n", e.space, "addr", "add", e.address + "/30", "dev", e.device},
		{"-n", e.space, "link", "set", e.device, "txqueuelen", "20000", "up"},
	} {
		if err := ip(args...); err != nil {
			return err
		}
	}
	return nil
}

func ip(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

type packet struct {
	due  time.Time
	data []byte
}

// carry moves packets one way, each delay after it came.
func carry(from, to *os.File, delay time.Duration) error {
	way := make(chan packet, waiting)
	free := make(chan []byte, waiting)
	go func() {
		for p := range way {
			time.Sleep(time.Until(p.due))
			_, _ = unix.Write(int(to.Fd()), p.data) // a packet that does not fit is lost; TCP sends it again
			select {
			case free <- p.data[:largest]:
			default:
			}
		}
	}()
	defer close(way)
	for {
		var b []byte
		select {
		case b = <-free:
		default:
			b = make([]byte, largest)
		}
		n, err := unix.Read(int(from.Fd()), b)
		if err != nil {
			return fmt.Errorf("read packets: %w", err)
		}
		select {
		case way <- packet{time.Now().Add(delay), b[:n]}:
		default:
		}
	}
}
