package drop

import (
	"crypto/rand"
	"crypto/rsa"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

func TestWrongFingerprint(t *testing.T) {
	srv := &server{}
	c := srv.start(t)
	offered := c.HostKey
	c.HostKey = ssh.FingerprintSHA256(newHostKey(t).PublicKey())
	err := dialFault(t, t.Context(), c)
	wantFault(t, err, "host key", offered, c.HostKey, "if Coupa announced a new key, set sftp.host_key")
	if got := srv.tried(); len(got) > 0 {
		t.Errorf("logged in by %v at a server with the wrong key", got)
	}
}

// twoKeys returns a server with an ed25519 and an RSA host key, as OpenSSH's server has.
func twoKeys(t *testing.T) (*server, ssh.PublicKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	second := newSignerFor(t, key)
	return &server{hostKeys: []ssh.Signer{newHostKey(t), second}}, second.PublicKey()
}

func TestFingerprintOfSecondKey(t *testing.T) {
	srv, second := twoKeys(t)
	c := srv.start(t)
	dial(t, c)
	c.HostKey = ssh.FingerprintSHA256(second)
	dial(t, c)
	c.HostKey = ssh.FingerprintSHA256(newHostKey(t).PublicKey())
	wantFault(t, dialFault(t, t.Context(), c), "host key", ssh.FingerprintSHA256(second), " and ", c.HostKey)
}

func TestKnownHosts(t *testing.T) {
	srv, second := twoKeys(t)
	c := srv.start(t)
	first := srv.hostKeys[0].PublicKey()
	other := newHostKey(t).PublicKey()
	hosts := []string{c.Address}
	for _, test := range []struct {
		name, text string
		says       []string // empty: it connects
	}{
		{"first key", knownhosts.Line(hosts, first), nil},
		{"second key", knownhosts.Line(hosts, second), nil},
		{"hashed", knownhosts.HashHostname(knownhosts.Normalize(c.Address)) + " " + knownhosts.Line([]string{"x"}, second)[2:], nil},
		{"authority beside the key", "@cert-authority " + knownhosts.Line(hosts, other) + "\n" + knownhosts.Line(hosts, second), nil},
		{"wrong", "# comment\n" + knownhosts.Line(hosts, other), []string{"known_hosts:2", ssh.FingerprintSHA256(first), ssh.FingerprintSHA256(other), "if Coupa announced"}},
		{"revoked", knownhosts.Line(hosts, first) + "\n@revoked " + knownhosts.Line(hosts, first), []string{"known_hosts:2", "revoked"}},
		{"other host", knownhosts.Line([]string{"example.com"}, first), []string{"no usable key", "ssh-keyscan"}},
		{"authority only", "@cert-authority " + knownhosts.Line(hosts, first), []string{"no usable key", "authorities do not count"}},
		{"broken", "127.0.0.1 ssh-ed25519 AAAA", []string{"known_hosts:1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := c
			c.HostKey, c.KnownHosts = "", filepath.Join(t.TempDir(), "known_hosts")
			if err := os.WriteFile(c.KnownHosts, []byte(test.text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if test.says == nil {
				dial(t, c)
				return
			}
			wantFault(t, dialFault(t, t.Context(), c), "host key", test.says...)
		})
	}
}
