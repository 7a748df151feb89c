package drop

import (
	"fmt"

	"github.com/youmark/pkcs8"
	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/export"
)

// parsePKCS8 opens a key that OpenSSL 3 encrypted, which x/crypto cannot.
func parsePKCS8(der []byte, passphrase export.Secret) (ssh.Signer, error) {
	if passphrase.IsZero() { // otherwise the library would take the key for an unencrypted one
		return nil, noPassphrase()
	}
	key, err := openPKCS8(der, []byte(passphrase.Reveal()))
	if err != nil && err.Error() == "pkcs8: incorrect password" { // the library has no error type for it
		return nil, wrongPassphrase(err)
	}
	var signer ssh.Signer
	if err == nil {
		signer, err = ssh.NewSignerFromKey(key)
	}
	if err != nil {
		return nil, fault(export.NoLogin, err, "sftp.key is an encrypted PKCS#8 key that cannot be used (%v)", err).
			WithHint("openssl pkcs8 -topk8 -in KEY -out NEW encrypts it so that it can be read; where that fails, or for a key that is not RSA, ECDSA or Ed25519, create a new one")
	}
	return signer, nil
}

// openPKCS8 calls the library's parser and recovers its panic, which happens where the lengths in a damaged key
// contradict each other.
func openPKCS8(der, passphrase []byte) (key any, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("it is damaged: %v", broken)
		}
	}()
	return pkcs8.ParsePKCS8PrivateKey(der, passphrase)
}
