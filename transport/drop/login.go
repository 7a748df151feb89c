package drop

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/export"
)

// offeredAlgorithms returns the algorithms that we offer, best first. The defaults of x/crypto still include SHA-1
// signatures and ssh-dss; ours include them only where legacy asks for everything old. Host certificates are left out:
// we pin keys, not authorities.
func offeredAlgorithms(legacy bool) ssh.Algorithms {
	a := ssh.SupportedAlgorithms()
	slices.Reverse(a.HostKeys) // ed25519 first, RSA last
	if legacy {
		old := ssh.InsecureAlgorithms()
		a.KeyExchanges = append(a.KeyExchanges, old.KeyExchanges...)
		a.Ciphers = append(a.Ciphers, old.Ciphers...)
		a.MACs = append(a.MACs, old.MACs...)
		a.HostKeys = append(a.HostKeys, old.HostKeys...)
		a.PublicKeyAuths = append(a.PublicKeyAuths, old.PublicKeyAuths...)
	}
	a.HostKeys = slices.DeleteFunc(a.HostKeys, func(name string) bool { return strings.Contains(name, "-cert-v01") })
	return a
}

// newSigner reads the private key; it returns nil where there is none.
func newSigner(c Config, a ssh.Algorithms) (ssh.Signer, error) {
	if c.Key.IsZero() {
		return nil, nil
	}
	signer, err := parseKey(c)
	if err != nil {
		return nil, err
	}
	var use []string
	for _, name := range a.PublicKeyAuths {
		if keyType(name) == signer.PublicKey().Type() {
			use = append(use, name)
		}
	}
	able, ok := signer.(ssh.AlgorithmSigner)
	if len(use) == 0 || !ok {
		return nil, fault(export.NoLogin, nil, "sftp.key is of type %s, which is no longer used", signer.PublicKey().Type()).
			WithHint("create a new one (ssh-keygen -t rsa -b 3072), or set sftp.legacy: true for an old server")
	}
	limited, err := ssh.NewSignerWithAlgorithms(able, use)
	if err != nil {
		return nil, fault(export.NoLogin, err, "sftp.key cannot sign: %v", err)
	}
	return limited, nil
}

func parseKey(c Config) (ssh.Signer, error) {
	text := []byte(c.Key.Reveal())
	if block, _ := pem.Decode(text); block != nil && block.Type == "ENCRYPTED PRIVATE KEY" {
		return parsePKCS8(block.Bytes, c.Passphrase)
	}
	signer, err := ssh.ParsePrivateKey(text)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		if c.Passphrase.IsZero() {
			return nil, noPassphrase()
		}
		signer, err = ssh.ParsePrivateKeyWithPassphrase(text, []byte(c.Passphrase.Reveal()))
	}
	switch {
	case errors.Is(err, x509.IncorrectPasswordError):
		return nil, wrongPassphrase(err)
	case err != nil:
		return nil, fault(export.NoLogin, err, "sftp.key cannot be read (%v)", err).
			WithHint("it must be an OpenSSH or PEM private key; ssh-keygen -p -f KEY converts others")
	}
	return signer, nil
}

func noPassphrase() error {
	return fault(export.NoLogin, nil, "sftp.key is encrypted").WithHint("set sftp.passphrase")
}

func wrongPassphrase(err error) error {
	return fault(export.NoLogin, err, "the passphrase does not open sftp.key").WithHint("correct sftp.passphrase")
}

// login chooses the methods of one attempt. Each secret is sent once: a refused password is not offered again by
// keyboard-interactive, since wrong attempts lock accounts.
type login struct {
	signer   ssh.Signer // nil without a key
	password export.Secret

	takes, tried []string // methods, as the server last named them
	prompted     bool
}

func (l *login) next(a *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	if len(a.AllowedMethods) > 0 {
		l.takes = a.AllowedMethods
	}
	l.tried = slices.DeleteFunc(slices.Clone(a.TriedMethods), func(m string) bool { return m == "none" })
	can := func(method string) bool {
		return slices.Contains(a.AllowedMethods, method) && !slices.Contains(a.TriedMethods, method) && !slices.Contains(a.PartialSuccessMethods, method)
	}
	switch {
	case l.signer != nil && can("publickey"):
		return ssh.PublicKeys(l.signer), nil
	case l.password.IsZero():
	case can("password"):
		return ssh.Password(l.password.Reveal()), nil
	case can("keyboard-interactive") && !slices.Contains(a.TriedMethods, "password"):
		return ssh.KeyboardInteractive(l.answer), nil
	}
	return nil, nil
}

// answer returns the password to a single hidden prompt, once. Anything else (a second factor, a new password) needs a person.
func (l *login) answer(_, _ string, questions []string, echos []bool) ([]string, error) {
	switch {
	case len(questions) == 0:
		return nil, nil
	case len(questions) > 1 || echos[0]:
		return nil, fmt.Errorf("the server asks %d questions where one hidden prompt for a password was expected", len(questions))
	case l.prompted:
		return nil, errors.New("the server asks again after the password: a second factor, or an expired password")
	}
	l.prompted = true
	return []string{l.password.Reveal()}, nil
}

// begun reports whether the server got as far as naming its methods.
func (l *login) begun() bool { return len(l.takes) > 0 }

func (l *login) refused(address string, legacy bool, err error) error {
	tried := "no method of ours"
	if len(l.tried) > 0 {
		tried = strings.Join(l.tried, ", ")
	}
	detail, hint := ": "+err.Error(), ""
	if strings.Contains(detail, "no supported methods remain") { // the library repeats itself
		detail = ""
	}
	if l.signer != nil && l.signer.PublicKey().Type() == ssh.KeyAlgoRSA && !legacy && strings.Contains(err.Error(), "signature algorithm") {
		hint = "; if the server knows only SHA-1 signatures of RSA keys, set sftp.legacy: true"
	}
	return fault(export.NoLogin, err, "%s refused the login (tried %s; it takes %s)%s, and it is not tried again, since accounts lock", address, tried, strings.Join(l.takes, ", "), detail).
		WithHint("check sftp.user, and the password or key in Coupa's setup under sFTP Accounts%s", hint)
}
