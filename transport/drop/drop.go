// Package drop puts a named file into a folder over SFTP: one connection, one file after another, the rename as commit.
//
// The host key is pinned or nothing starts, a refused login is not tried again, and every wait ends: by the context, or
// because the server was silent for too long. The package knows nothing of what is in the files.
package drop

import (
	"context"
	"fmt"
	"net"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"github.com/sirupsen/logrus"
	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/export"
)

// Auto is the Staging that puts temporaries under a dotted name into the drop folder itself. That Coupa does not pick up
// such a name is an assumption: no Coupa page says so. A folder that is not scanned is the safer choice.
const Auto = "auto"

// Config says where the files go and how to get in. Address, User, Folder, one of HostKey and KnownHosts, and one of
// Password and Key are needed; the rest has defaults.
type Config struct {
	Address    string        // host or host:port; port 22 by default
	User       string        // the account ("sFTP Accounts" in Coupa's setup)
	Password   export.Secret // for password and keyboard-interactive
	Key        export.Secret // text of a private key, OpenSSH or PEM
	Passphrase export.Secret // of the key
	HostKey    string        // pinned fingerprint as ssh-keygen -l prints it: "SHA256:" and 43 characters
	KnownHosts string        // or the path of a known_hosts file
	Folder     string        // where Coupa looks, /Incoming/Users; a relative one begins at the account's home
	Archive    []string      // where Coupa may move files it has taken; a missing one is no error
	Staging    string        // Auto (also ""), or a folder for temporaries on the same file system as Folder
	Direct     bool          // files are written under their final name: Look does not ask for temporaries
	Legacy     bool          // also offer algorithms that are broken today (SHA-1 signatures, CBC, small groups) to an old server

	Connect   time.Duration // limit of connecting, handshake and login together; 30 s by default
	Silence   time.Duration // an operation under way with no byte of SFTP for so long ends the session; 60 s by default
	Operation time.Duration // an operation that takes longer ends the session, a part by its size more; 2 min by default
	Keepalive time.Duration // how often an idle session asks whether the server is there; 15 s by default
}

func (c Config) withDefaults() Config {
	c.Address = withPort(c.Address)
	if c.Staging == "" {
		c.Staging = Auto
	}
	c.Folder, c.Staging, c.Archive = cleaned(c.Folder), cleaned(c.Staging), slices.Clone(c.Archive)
	for i, dir := range c.Archive {
		c.Archive[i] = cleaned(dir)
	}
	for _, d := range []struct {
		value *time.Duration
		or    time.Duration
	}{{&c.Connect, 30 * time.Second}, {&c.Silence, time.Minute}, {&c.Operation, 2 * time.Minute}, {&c.Keepalive, 15 * time.Second}} {
		if *d.value <= 0 {
			*d.value = d.or
		}
	}
	return c
}

// cleaned is a folder as every path in it is made, "" if there is none.
func cleaned(dir string) string {
	if dir == "" {
		return ""
	}
	return path.Clean(dir)
}

func withPort(address string) string {
	if _, _, err := net.SplitHostPort(address); err == nil {
		return address
	}
	return net.JoinHostPort(strings.Trim(address, "[]"), "22")
}

// check finds what would make every attempt fail, before anything is sent.
func (c Config) check() error {
	switch {
	case c.User == "":
		return fault(export.NoLogin, nil, "no user is given").WithHint("set sftp.user")
	case c.Password.IsZero() && c.Key.IsZero():
		return fault(export.NoLogin, nil, "neither a password nor a key is given").WithHint("set sftp.password or sftp.key")
	case c.Folder == "":
		return fault(export.NoFolder, nil, "no drop folder is given").WithHint("set sftp.folder, usually to /Incoming/Users")
	case c.Staging == c.Folder:
		return notApart(place{"sftp.staging", c.Staging}, place{"sftp.folder", c.Folder})
	}
	return nil
}

// Session is an open connection to the drop folder; see export.Session for the contract. Operations come from one
// goroutine, one after another.
type Session struct {
	c     Config
	wire  *wire
	ssh   *ssh.Client
	pipe  *pipe
	files *sftp.Client
	depth int // write requests in flight
	rtt   time.Duration
	free  string // the part whose name Stage saw free in the drop folder

	inTurn bool // the server does not keep requests about a file in order: a close waits for the writes

	closing sync.Once
	closed  chan struct{}
	alive   export.Group
}

var _ export.Session = (*Session)(nil)

// Dial connects, checks the host key, logs in once and opens the SFTP session. Faults of any of these are an
// *export.NotDeliveredError; a cancelled context gives its cause. The context governs Dial only, not the session.
// The log gets debug lines about the connection; it may be nil.
func Dial(ctx context.Context, c Config, log logrus.FieldLogger) (*Session, error) {
	if log == nil {
		log = export.Silent()
	}
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	algorithms := offeredAlgorithms(c.Legacy)
	pinned, err := newPin(c, algorithms)
	if err != nil {
		return nil, err
	}
	signer, err := newSigner(c, algorithms)
	if err != nil {
		return nil, err
	}
	limit, cancel := context.WithTimeout(ctx, c.Connect)
	defer cancel()
	for {
		a := attempt{c: c, algorithms: algorithms, pin: pinned, login: &login{signer: signer, password: c.Password}}
		s, err := a.connect(ctx, limit)
		if err == nil {
			log.WithFields(logrus.Fields{"server": string(s.ssh.ServerVersion()), "rtt": a.rtt, "depth": s.depth}).Debug("sftp session open")
			return s, nil
		}
		again, err := pinned.again(err)
		if !again {
			return nil, fmt.Errorf("sftp connect: %w", err)
		}
		log.Debug("sftp host key is not the pinned one, asking the server for a key of another type")
	}
}

// Temp is the full path of a part's temporary.
func (s *Session) Temp(name string) string {
	return path.Join(s.tempDir(), "."+name+".part")
}

func (s *Session) tempDir() string {
	if s.c.Staging == Auto {
		return s.c.Folder
	}
	return s.c.Staging
}

// receipt returns the temporary that a rename begins with: the one recorded, which earlier versions wrote to a staging
// folder without the dot.
func (s *Session) receipt(name, recorded string) (string, error) {
	now := s.Temp(name)
	if recorded == now || s.c.Staging != Auto && recorded == path.Join(s.c.Staging, name) {
		return recorded, nil
	}
	// looked for in the wrong place, the receipt would always be gone
	return "", fault(export.WrongStaging, nil, "the temporary file of part %s was written to %s, and the config now names %s", name, recorded, now).
		WithHint("set sftp.staging and sftp.folder back until the part is sent")
}

func (s *Session) final(name string) string { return path.Join(s.c.Folder, name) }

// Close ends the connection at once; it does not wait for the server. Closing twice is fine.
func (s *Session) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		s.wire.fail(errClosed)
		s.ssh.Close()
		s.files.Close()
		s.alive.Wait()
	})
	return nil
}

// keepAlive asks an idle server now and then whether it is there, so that neither a firewall forgets the connection nor
// the next operation finds out first that the peer is dead. It keeps quiet during operations, which find out themselves.
func (s *Session) keepAlive() {
	tick := time.NewTicker(s.c.Keepalive)
	defer tick.Stop()
	for {
		select {
		case <-s.closed:
			return
		case <-tick.C:
		}
		if !s.wire.idle() {
			continue
		}
		end := s.wire.begin(0)
		_, _, err := s.ssh.SendRequest("keepalive@openssh.com", true, nil)
		end()
		if err != nil {
			s.wire.fail(lostConnection(s.c.Address, err))
			return
		}
	}
}
