// Package drop puts named files into a folder over SFTP: one connection, one file after another, with the rename as
// commit.
//
// Without a pinned host key nothing starts. A refused login is not tried again. Every wait ends: by the context, or
// because the server was silent for too long. The package knows nothing of the content of the files.
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

// Auto is the Staging that puts temporaries under a dotted name into the drop folder itself. We assume that Coupa does
// not pick up such a name; no Coupa page says so. A folder that is not scanned is the safer choice.
const Auto = "auto"

// Config sets where the files go and how to log in. Address, User, Folder, one of HostKey and KnownHosts, and one of
// Password and Key are needed; the other fields have defaults.
type Config struct {
	Address    string        // host or host:port; port 22 by default
	User       string        // the account ("sFTP Accounts" in Coupa's setup)
	Password   export.Secret // for password and keyboard-interactive
	Key        export.Secret // text of a private key, in OpenSSH or PEM form
	Passphrase export.Secret // for the private key
	HostKey    string        // pinned fingerprint as ssh-keygen -l prints it: "SHA256:" and 43 characters
	KnownHosts string        // or the path of a known_hosts file
	Folder     string        // the folder that Coupa scans, /Incoming/Users; a relative path begins at the account's home
	Archive    []string      // folders to which Coupa may move files it has taken; a missing one is no error
	Staging    string        // Auto (also ""), or a folder for temporaries on the same file system as Folder
	Direct     bool          // files are written under their final name, so Look does not ask for temporaries
	Legacy     bool          // also offer algorithms that are broken today (SHA-1 signatures, CBC, small groups) to an old server

	Connect   time.Duration // limit of connecting, handshake and login together; 30 s by default
	Silence   time.Duration // an operation without a byte of SFTP for this long ends the session; 60 s by default
	Operation time.Duration // an operation that takes longer ends the session; a part gets more time by its size; 2 min by default
	Keepalive time.Duration // how often an idle session checks that the server is there; 15 s by default
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

// cleaned returns a folder in the form in which paths are built from it, "" if there is none.
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

// check finds faults of the config that would make every attempt fail, before anything is sent.
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
	free  string // the part with a name that Stage saw free in the drop folder

	inTurn bool // the server does not keep the order of requests about a file, so a close waits for the writes

	closing sync.Once
	closed  chan struct{}
	alive   export.Group
}

var _ export.Session = (*Session)(nil)

// Dial connects, checks the host key, logs in once and opens the SFTP session. A failure of any of these is an
// *export.NotDeliveredError; after a cancelled context the error holds its cause. The context governs only Dial, not
// the session. log gets debug lines about the connection; it may be nil.
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

// Temp returns the full path of a part's temporary.
func (s *Session) Temp(name string) string {
	return path.Join(s.tempDir(), "."+name+".part")
}

func (s *Session) tempDir() string {
	if s.c.Staging == Auto {
		return s.c.Folder
	}
	return s.c.Staging
}

// receipt returns the temporary from which a rename starts: the recorded one, since earlier versions wrote it to a
// staging folder without the dot.
func (s *Session) receipt(name, recorded string) (string, error) {
	now := s.Temp(name)
	if recorded == now || s.c.Staging != Auto && recorded == path.Join(s.c.Staging, name) {
		return recorded, nil
	}
	// in the wrong folder the temporary would always seem to be gone
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

// keepAlive regularly checks that an idle server is there. So a firewall does not forget the connection, and a dead
// peer is noticed before the next operation. It sends nothing during operations, which notice by themselves.
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
