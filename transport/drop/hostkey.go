package drop

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

const maxKnownHosts = 8 << 20 // bytes

// pin holds what the server's host key has to match.
type pin struct {
	address     string
	fingerprint string              // with sftp.host_key
	algorithms  []string            // what to ask the server for, best first
	offered     []string            // keys that did not match, as "type fingerprint"
	check       ssh.HostKeyCallback // returns nil for the pinned key
}

// wrongKey is the error for an offered key without the pinned fingerprint. The server may have other keys.
type wrongKey struct{ key ssh.PublicKey }

func (w *wrongKey) Error() string { return "host key is not the pinned one: " + describe(w.key) }

func describe(key ssh.PublicKey) string { return key.Type() + " " + ssh.FingerprintSHA256(key) }

func newPin(c Config, a ssh.Algorithms) (*pin, error) {
	switch {
	case c.HostKey == "" && c.KnownHosts == "":
		return nil, fault(export.NoHostKey, nil, "none is pinned, so nothing is sent").WithHint("set sftp.host_key or sftp.known_hosts; "+
			"%s | ssh-keygen -lf - shows the server's keys, to be compared with what Coupa announced", keyscan(c.Address))
	case c.HostKey != "" && c.KnownHosts != "":
		return nil, fault(export.NoHostKey, nil, "sftp.host_key and sftp.known_hosts are both set").WithHint("keep one of the two")
	case c.HostKey != "":
		return fingerprintPin(c, a)
	}
	return knownHostsPin(c, a)
}

func keyscan(address string) string {
	host, port, _ := net.SplitHostPort(address)
	return fmt.Sprintf("ssh-keyscan -p %s %s", port, host)
}

func fingerprintPin(c Config, a ssh.Algorithms) (*pin, error) {
	sum, ok := strings.CutPrefix(strings.TrimRight(strings.TrimSpace(c.HostKey), "="), "SHA256:")
	if raw, err := base64.RawStdEncoding.DecodeString(sum); !ok || err != nil || len(raw) != 32 {
		return nil, fault(export.NoHostKey, nil, "sftp.host_key is not a fingerprint").
			WithHint(`a fingerprint is "SHA256:" and 43 characters, as %s | ssh-keygen -lf - shows it`, keyscan(c.Address))
	}
	p := &pin{address: c.Address, fingerprint: "SHA256:" + sum, algorithms: a.HostKeys}
	p.check = func(_ string, _ net.Addr, key ssh.PublicKey) error {
		if ssh.FingerprintSHA256(key) != p.fingerprint {
			return &wrongKey{key}
		}
		return nil
	}
	return p, nil
}

// again reports whether another handshake could find the pinned key; if not, it returns the error to report. A
// fingerprint does not show the key's type and a server shows only one of its keys, so each type that the server has is
// asked for. Nothing secret is sent before the right key was shown.
func (p *pin) again(err error) (bool, error) {
	var wrong *wrongKey
	var none *ssh.AlgorithmNegotiationError
	switch {
	case errors.As(err, &wrong):
		p.offered = append(p.offered, describe(wrong.key))
		p.algorithms = slices.DeleteFunc(slices.Clone(p.algorithms), func(a string) bool { return keyType(a) == wrong.key.Type() })
		return len(p.algorithms) > 0, p.mismatch()
	case len(p.offered) > 0 && errors.As(err, &none):
		return false, p.mismatch()
	}
	return false, err
}

const orIntercepted = "if not, the connection may be intercepted: send nothing and ask Coupa"

func (p *pin) mismatch() error {
	return fault(export.NoHostKey, nil, "%s offered %s, expected %s", p.address, strings.Join(p.offered, " and "), p.fingerprint).
		WithHint("if Coupa announced a new key, set sftp.host_key to its fingerprint; " + orIntercepted)
}

// keyType returns the type of the keys that sign with an algorithm.
func keyType(algorithm string) string {
	if algorithm == ssh.KeyAlgoRSASHA256 || algorithm == ssh.KeyAlgoRSASHA512 {
		return ssh.KeyAlgoRSA
	}
	return algorithm
}

func knownHostsPin(c Config, a ssh.Algorithms) (*pin, error) {
	authorities, err := authorityLines(c.KnownHosts)
	if err != nil {
		return nil, fault(export.NoHostKey, err, "sftp.known_hosts cannot be read: %v", err)
	}
	check, err := knownhosts.New(c.KnownHosts) // own file: it was regular, and was read above
	if err != nil {
		return nil, fault(export.NoHostKey, err, "sftp.known_hosts is not a known_hosts file: %v", err)
	}
	types := knownTypes(check, c.Address, authorities)
	p := &pin{address: c.Address}
	// Ask only for the types the file has: otherwise the server may show another key, which looks like a wrong one.
	for _, name := range a.HostKeys {
		if slices.Contains(types, keyType(name)) {
			p.algorithms = append(p.algorithms, name)
		}
	}
	if len(p.algorithms) == 0 {
		return nil, fault(export.NoHostKey, nil, "%s has no usable key for %s (certificate authorities do not count)", c.KnownHosts, knownhosts.Normalize(c.Address)).
			WithHint("add the line that %s prints, after comparing it with what Coupa announced", keyscan(c.Address))
	}
	p.check = func(host string, remote net.Addr, key ssh.PublicKey) error {
		return knownFault(c, key, check(host, remote, key))
	}
	return p, nil
}

// authorityLines returns the numbers of the lines that name certificate authorities.
func authorityLines(file string) (map[int]bool, error) {
	text, err := regular.Read(file, maxKnownHosts)
	if err != nil {
		return nil, err
	}
	lines := map[int]bool{}
	scan := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; scan.Scan(); n++ {
		if strings.HasPrefix(strings.TrimSpace(scan.Text()), "@cert-authority") {
			lines[n] = true
		}
	}
	return lines, scan.Err()
}

// knownTypes queries the file with a key that no host has: the error lists the keys that the file holds for the host.
func knownTypes(check ssh.HostKeyCallback, address string, authorities map[int]bool) (types []string) {
	var unknown *knownhosts.KeyError
	if errors.As(check(address, &net.TCPAddr{IP: net.IPv4zero}, nobodysKey{}), &unknown) {
		for _, known := range unknown.Want {
			if !authorities[known.Line] {
				types = append(types, known.Key.Type())
			}
		}
	}
	return types
}

type nobodysKey struct{}

func (nobodysKey) Type() string                        { return "none" }
func (nobodysKey) Marshal() []byte                     { return []byte("none") }
func (nobodysKey) Verify([]byte, *ssh.Signature) error { return errors.New("not a key") }

// knownFault returns the error that names the line of known_hosts that disagrees.
func knownFault(c Config, key ssh.PublicKey, err error) error {
	var wrong *knownhosts.KeyError
	var revoked *knownhosts.RevokedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &revoked):
		return fault(export.NoHostKey, err, "%s offered %s, which %s:%d marks as revoked", c.Address, describe(key), revoked.Revoked.Filename, revoked.Revoked.Line).
			WithHint("ask Coupa")
	case errors.As(err, &wrong):
		var expected []string
		for _, want := range wrong.Want {
			if want.Key.Type() == key.Type() {
				expected = append(expected, fmt.Sprintf("%s (%s:%d)", describe(want.Key), want.Filename, want.Line))
			}
		}
		return fault(export.NoHostKey, err, "%s offered %s, expected %s", c.Address, describe(key), strings.Join(expected, " or ")).
			WithHint("if Coupa announced a new key, replace that line with the one that %s prints; "+orIntercepted, keyscan(c.Address))
	}
	return fault(export.NoHostKey, err, "%s offered %s: %v", c.Address, describe(key), err)
}
