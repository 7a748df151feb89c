package drop

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/export"
)

func TestPasswordIsShownOnce(t *testing.T) {
	refuse := func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { return nil, errors.New("no") }
	refuseToo := func(ssh.ConnMetadata, ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
		return nil, errors.New("no")
	}
	srv := &server{config: &ssh.ServerConfig{PasswordCallback: refuse, KeyboardInteractiveCallback: refuseToo}}
	err := dialFault(t, t.Context(), srv.start(t))
	wantFault(t, err, "login", "tried password;", "accounts lock", "sftp.user")
	if got := srv.tried(); !slices.Equal(got, []string{"password"}) {
		t.Errorf("tried %v, want the password once", got)
	}
}

func TestKeyboardInteractive(t *testing.T) {
	ask := func(rounds ...[]string) *server {
		return &server{config: &ssh.ServerConfig{KeyboardInteractiveCallback: func(_ ssh.ConnMetadata, challenge ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			for i, questions := range rounds {
				answers, err := challenge("", "", questions, make([]bool, len(questions)))
				if err != nil {
					return nil, err
				}
				if i == 0 && answers[0] != password {
					return nil, errors.New("no")
				}
			}
			return nil, nil
		}}}
	}
	t.Run("one prompt", func(t *testing.T) { dial(t, ask([]string{"Password: "}, nil).start(t)) })
	t.Run("second factor", func(t *testing.T) {
		err := dialFault(t, t.Context(), ask([]string{"Password: "}, []string{"Code: "}).start(t))
		wantFault(t, err, "login", "asks again")
	})
	t.Run("two prompts", func(t *testing.T) {
		err := dialFault(t, t.Context(), ask([]string{"Password: ", "Code: "}).start(t))
		wantFault(t, err, "login", "2 questions")
	})
}

func TestKeyForms(t *testing.T) {
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}
	locked, err := x509.EncryptPEMBlock(rand.Reader, pkcs1.Type, pkcs1.Bytes, []byte("sesame"), x509.PEMCipherAES128) //nolint:staticcheck // keys of this form are still in use
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, passphrase string
		text             []byte
	}{
		{"ed25519 openssh", "", opensshKey(t, edKey)},
		{"ed25519 openssh locked", "sesame", lockedKey(t, "locked_ed25519")},
		{"rsa openssh", "", opensshKey(t, rsaKey)},
		{"rsa openssh locked", "sesame", lockedKey(t, "locked_rsa")},
		{"rsa pem", "", pem.EncodeToMemory(pkcs1)},
		{"rsa pem locked", "sesame", pem.EncodeToMemory(locked)},
		{"rsa pkcs8 locked", "sesame", lockedKey(t, "pkcs8_rsa")},
		{"ed25519 pkcs8 locked", "sesame", lockedKey(t, "pkcs8_ed25519")},
		{"ecdsa pkcs8 locked with scrypt", "sesame", lockedKey(t, "pkcs8_ecdsa_scrypt")},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := Config{Key: export.NewSecret(string(test.text)), Passphrase: export.NewSecret(test.passphrase)}
			signer, err := parseKey(c)
			if err != nil {
				t.Fatal(err)
			}
			key, passphrase := c.Key, c.Passphrase
			c = keyServer(signer.PublicKey()).start(t)
			c.Password, c.Key, c.Passphrase = export.Secret{}, key, passphrase
			dial(t, c)
			if test.passphrase == "" {
				return
			}
			c.Passphrase = export.NewSecret("wrong")
			wantFault(t, dialFault(t, t.Context(), c), "login", "passphrase does not open")
			c.Passphrase = export.Secret{}
			wantFault(t, dialFault(t, t.Context(), c), "login", "hint: set sftp.passphrase")
		})
	}
}

func opensshKey(t *testing.T, key crypto.PrivateKey) []byte {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block)
}

// lockedKey reads a key that was made for these tests with "ssh-keygen -a 1 -N sesame" or OpenSSL (testdata/README).
// Keys that Go writes take many rounds of key derivation: seconds under the race detector.
func lockedKey(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// keyServer returns a server that accepts one key and nothing else.
func keyServer(key ssh.PublicKey) *server {
	want := key.Marshal()
	return &server{config: &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, got ssh.PublicKey) (*ssh.Permissions, error) {
		if !bytes.Equal(got.Marshal(), want) {
			return nil, errors.New("no")
		}
		return nil, nil
	}}}
}

func TestKeyRefused(t *testing.T) {
	_, known, _ := ed25519.GenerateKey(rand.Reader)
	_, ours, _ := ed25519.GenerateKey(rand.Reader)
	c := keyServer(newSignerFor(t, known).PublicKey()).start(t)
	c.Key = export.NewSecret(string(opensshKey(t, ours)))
	wantFault(t, dialFault(t, t.Context(), c), "login", "tried publickey;", "it takes publickey")
	c.Key = export.NewSecret("not a key")
	wantFault(t, dialFault(t, t.Context(), c), "login", "sftp.key cannot be read")
}

// TestLegacy: an old server with SHA-1 everywhere needs sftp.legacy.
func TestLegacy(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sha1, err := ssh.NewSignerWithAlgorithms(newSignerFor(t, key).(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	srv := keyServer(sha1.PublicKey())
	srv.hostKeys = []ssh.Signer{sha1}
	srv.config.PublicKeyAuthAlgorithms = []string{ssh.KeyAlgoRSA}
	srv.config.KeyExchanges = []string{ssh.InsecureKeyExchangeDH1SHA1}
	srv.config.Ciphers = []string{ssh.InsecureCipherAES128CBC}
	srv.config.MACs = []string{ssh.InsecureHMACSHA196}
	c := srv.start(t)
	c.Key = export.NewSecret(string(opensshKey(t, key)))
	wantFault(t, dialFault(t, t.Context(), c), "unreachable", "diffie-hellman-group1-sha1", "sftp.legacy: true")
	c.Legacy = true
	dial(t, c)
}

func TestLegacyHostKeyAndUserKey(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sha1, err := ssh.NewSignerWithAlgorithms(newSignerFor(t, key).(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("host key", func(t *testing.T) {
		srv := &server{hostKeys: []ssh.Signer{sha1}}
		wantFault(t, dialFault(t, t.Context(), srv.start(t)), "host key", "ssh-rsa", "sftp.legacy: true")
	})
	t.Run("user key", func(t *testing.T) {
		srv := keyServer(sha1.PublicKey())
		srv.config.PublicKeyAuthAlgorithms = []string{ssh.KeyAlgoRSA}
		c := srv.start(t)
		c.Key = export.NewSecret(string(opensshKey(t, key)))
		wantFault(t, dialFault(t, t.Context(), c), "login", "sftp.legacy: true")
		c.Legacy = true
		dial(t, c)
	})
}

func TestConfigFaults(t *testing.T) {
	good := Config{Address: "127.0.0.1:1", User: "acme", Password: export.NewSecret(password), Folder: "/f", HostKey: "SHA256:" + string(bytes.Repeat([]byte("A"), 43))}
	for _, test := range []struct {
		name, what, say string
		change          func(*Config)
	}{
		{"no user", "login", "sftp.user", func(c *Config) { c.User = "" }},
		{"no secret", "login", "sftp.password or sftp.key", func(c *Config) { c.Password = export.Secret{} }},
		{"no folder", "folder", "sftp.folder", func(c *Config) { c.Folder = "" }},
		{"staging in the drop folder", "staging", "half-written", func(c *Config) { c.Staging = "/f/" }},
		{"no pin", "host key", "set sftp.host_key or sftp.known_hosts", func(c *Config) { c.HostKey = "" }},
		{"two pins", "host key", "keep one", func(c *Config) { c.KnownHosts = "x" }},
		{"md5", "host key", "43 characters", func(c *Config) { c.HostKey = "MD5:00:11" }},
		{"short", "host key", "43 characters", func(c *Config) { c.HostKey = "SHA256:AAAA" }},
		{"no known_hosts", "host key", "cannot be read", func(c *Config) { c.HostKey, c.KnownHosts = "", "/does/not/exist" }},
		{"nobody there", "unreachable", "sftp.address", func(*Config) {}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := good
			test.change(&c)
			wantFault(t, dialFault(t, t.Context(), c), test.what, test.say)
		})
	}
}

func TestWithPort(t *testing.T) {
	for in, want := range map[string]string{
		"example.com": "example.com:22", "example.com:2022": "example.com:2022", "::1": "[::1]:22", "[::1]": "[::1]:22", "[::1]:2022": "[::1]:2022",
	} {
		if got := withPort(in); got != want {
			t.Errorf("withPort(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestServersWordsAreCutAndTamed: a server's text may be long and may try to steer a terminal.
func TestServersWordsAreCutAndTamed(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"disk full", "disk full"}, {"é, 日本", "é, 日本"}, {"one\ntwo", "one; two"},
		{"a\x1b]0;x\a\u202eb\xffc", "a?]0;x??b?c"}, {strings.Repeat("x", 200_000), strings.Repeat("x", longest) + "… (200000 bytes)"},
	} {
		err := fault(export.NoFolder, errors.New(c.text), "refused (%v): look", errors.New(c.text))
		if want := "folder: refused (" + c.want + "): look"; err.Error() != want {
			t.Errorf("got %.700q, want %.700q", err, want)
		}
	}
}
