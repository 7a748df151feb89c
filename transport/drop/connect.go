package drop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/export"
)

// Write requests in flight, 32 KiB each (the one packet size every server takes). Measured with OpenSSH: on a fast path
// a deep queue slows its server (64 take six times as long as 8); on a slow path the queue must be deep to fill it.
const (
	fastPath     = 3 * time.Millisecond // round trip
	shallowDepth = 8
	deepDepth    = 64
	packet       = 32<<10 - 512 // bytes of data; with their header they fill an SSH packet
)

// attempt is one connection with one login.
type attempt struct {
	c          Config
	algorithms ssh.Algorithms
	pin        *pin
	login      *login
	rtt        time.Duration
}

// connect makes the session; limit is ctx with the time limit of connecting.
func (a *attempt) connect(ctx, limit context.Context) (*Session, error) {
	conn, err := new(net.Dialer).DialContext(limit, "tcp", a.c.Address)
	if err != nil {
		return nil, a.unreachable(ctx, limit, err)
	}
	w := newWire(conn, a.c.Silence)
	stop := export.AfterFunc(limit, func() { w.fail(a.late(ctx)) }, w.fail)
	s, err := a.open(w)
	if err == nil {
		err = s.apart()
	}
	if !stop() && err == nil { // just too late: the wire is being closed
		s.Close()
		return nil, a.late(ctx)
	}
	if err != nil {
		cause := w.why()
		conn.Close()
		if s != nil {
			s.Close()
		}
		return nil, cmp.Or(cause, err)
	}
	s.alive.Go(s.keepAlive)
	return s, nil
}

const checkServer = "check that sftp.address is an SSH server and that it accepts this machine"

func (a *attempt) unreachable(ctx, limit context.Context, err error) error {
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	if limit.Err() != nil {
		err = fmt.Errorf("no answer within %s", a.c.Connect)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok { // op would name the address again
		err = op.Err
	}
	return fault(export.Unreachable, err, "no connection to %s (%v)", a.c.Address, err).
		WithHint("check sftp.address, the network, and whether the firewalls on both sides let this machine through")
}

// late returns why connecting was given up: the end of the caller's context, or else our limit.
func (a *attempt) late(ctx context.Context) error {
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	return fault(export.NoAnswer, nil, "%s accepted the connection, but handshake and login did not end within %s", a.c.Address, a.c.Connect).
		WithHint(checkServer)
}

// open does the SSH handshake with the login, and opens the SFTP session.
func (a *attempt) open(w *wire) (*Session, error) {
	conn, channels, requests, err := ssh.NewClientConn(w, a.c.Address, &ssh.ClientConfig{
		Config:       ssh.Config{KeyExchanges: a.algorithms.KeyExchanges, Ciphers: a.algorithms.Ciphers, MACs: a.algorithms.MACs},
		User:         a.c.User,
		AuthCallback: a.login.next,
		HostKeyCallback: func(host string, remote net.Addr, key ssh.PublicKey) error { // runs on a goroutine of the SSH library
			return export.Guard(func() error { return a.pin.check(host, remote, key) })
		},
		HostKeyAlgorithms: a.pin.algorithms,
	})
	if err != nil {
		return nil, a.explain(err)
	}
	client := ssh.NewClient(conn, channels, requests)
	channel, files, err := a.openFiles(w, client)
	if err != nil {
		client.Close()
		return nil, err
	}
	depth := deepDepth
	if a.rtt < fastPath {
		depth = shallowDepth
	}
	return &Session{c: a.c, wire: w, ssh: client, pipe: channel, files: files, depth: depth, rtt: a.rtt, closed: make(chan struct{})}, nil
}

// openFiles starts the SFTP subsystem. Each of its three steps waits for the server's answer, so the quickest one is
// the round-trip time, measured without an extra request.
func (a *attempt) openFiles(w *wire, client *ssh.Client) (*pipe, *sftp.Client, error) {
	begun := time.Now()
	lap := func() {
		now := time.Now()
		if took := now.Sub(begun); a.rtt == 0 || took < a.rtt {
			a.rtt = took
		}
		begun = now
	}
	channel, requests, err := client.OpenChannel("session", nil)
	if err != nil {
		return nil, nil, noSubsystem(err)
	}
	lap()
	export.Go(func() { ssh.DiscardRequests(requests) }, w.fail)
	export.Go(func() { io.Copy(io.Discard, channel.Stderr()) }, w.fail) // unread data would stall the channel
	ok, err := channel.SendRequest("subsystem", true, ssh.Marshal(struct{ Name string }{"sftp"}))
	if err == nil && !ok {
		err = errors.New("subsystem refused")
	}
	if err != nil {
		return nil, nil, noSubsystem(err)
	}
	lap()
	p := newPipe(channel, w.progress)
	files, err := sftp.NewClientPipe(p, p, sftp.MaxPacketChecked(packet), sftp.UseConcurrentWrites(true), sftp.MaxConcurrentRequestsPerFile(deepDepth))
	if err != nil {
		return nil, nil, noSubsystem(err)
	}
	lap()
	return p, files, nil
}

func noSubsystem(err error) error {
	return fault(export.NoPermission, err, "the login succeeded, but the server opens no SFTP session (%v)", err).
		WithHint("ask its operator whether this account may use SFTP")
}

// explain returns the error of a failed handshake, in words and with what to do.
func (a *attempt) explain(err error) error {
	var known *export.NotDeliveredError
	var wrong *wrongKey
	var none *ssh.AlgorithmNegotiationError
	switch {
	case errors.As(err, &known): // from the host key check
		return known
	case errors.As(err, &wrong):
		return wrong
	case errors.As(err, &none):
		return a.noCommon(none)
	case a.login.begun():
		return a.login.refused(a.c.Address, a.c.Legacy, errors.Unwrap(err))
	}
	return fault(export.Unreachable, err, "%s ended the connection before the login (%v)", a.c.Address, errors.Unwrap(err)).
		WithHint(checkServer)
}

func (a *attempt) noCommon(none *ssh.AlgorithmNegotiationError) error {
	hint := "ask its operator for a current algorithm"
	if old := ssh.InsecureAlgorithms(); !a.c.Legacy {
		for _, name := range slices.Concat(old.KeyExchanges, old.Ciphers, old.MACs, old.HostKeys) {
			if slices.Contains(none.RequestedAlgorithms, name) {
				hint = "it is an old server: set sftp.legacy: true to use it anyway"
			}
		}
	}
	what := export.Unreachable
	if none.What == "host key" {
		what = export.NoHostKey
		hint += "; or the server no longer has a key of the pinned type: compare it with what Coupa announced"
	}
	return fault(what, none, "%s and this program have no %s algorithm in common (it offers %s)", a.c.Address, none.What, strings.Join(none.RequestedAlgorithms, ", ")).
		WithHint("%s", hint)
}
