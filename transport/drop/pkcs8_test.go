package drop

import (
	"bytes"
	"crypto"
	"errors"
	"strings"
	"testing"

	"github.com/youmark/pkcs8"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestDamagedPKCS8: a damaged key is an error and never ends the program, whichever bit has flipped: the library panics
// on some.
func TestDamagedPKCS8(t *testing.T) {
	oneRound := pkcs8.PBKDF2Opts{SaltSize: 8, IterationCount: 1, HMACHash: crypto.SHA256}
	whole, err := pkcs8.MarshalPrivateKey(newKey(t), []byte("sesame"), &pkcs8.Opts{Cipher: pkcs8.AES256CBC, KDFOpts: oneRound})
	if err != nil {
		t.Fatal(err)
	}
	damaged := 0
	for i := range 8 * len(whole) {
		der := bytes.Clone(whole)
		der[i/8] ^= 1 << (i % 8)
		_, err := parsePKCS8(der, export.NewSecret("sesame"))
		if err == nil {
			continue // no program reads this bit
		}
		var told *export.NotDeliveredError
		if !errors.As(err, &told) {
			t.Fatalf("bit %d: %v is no NotDeliveredError", i, err)
		}
		if strings.Contains(err.Error(), "damaged") {
			damaged++
		}
	}
	if damaged == 0 {
		t.Error("no bit made the library panic: openPKCS8 need not recover any more")
	}
}

func TestPKCS8ThatCannotBeUsed(t *testing.T) {
	for _, test := range []struct{ name, say, text string }{
		{"another key derivation", "unsupported hash function", string(lockedKey(t, "pkcs8_sha512"))},
		{"cut off", "openssl pkcs8 -topk8", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF\n-----END ENCRYPTED PRIVATE KEY-----\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := keyServer(newSignerFor(t, newKey(t)).PublicKey()).start(t)
			c.Key, c.Passphrase = export.NewSecret(test.text), export.NewSecret("sesame")
			wantFault(t, dialFault(t, t.Context(), c), "login", test.say)
		})
	}
}
