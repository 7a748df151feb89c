package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// SignatureHeader is the header with "sha256=" and the HMAC-SHA256 of the body, in lower-case hex.
const SignatureHeader = "X-Hr2coupa-Signature"

// Webhook is a target that receives a POST.
type Webhook struct {
	URL    export.Secret // secret: any program that has it can post
	Format string        // slack, teams or json
	Key    export.Secret // key of the signature; json only
	Texts  *Texts

	Patience time.Duration // limit for one request; 0: 10 s
}

// String names the target by format and host, without the secret path.
func (w *Webhook) String() string { return w.Format + " webhook at " + hostOf(w.URL) }

// hostOf returns the part of an address that is no secret.
func hostOf(u export.Secret) string {
	parsed, err := url.Parse(u.Reveal())
	if err != nil || parsed.Host == "" {
		return "(no address)"
	}
	return parsed.Host
}

// Send posts the message; it tries twice more where a server is busy or away. When it returns nil, the server has
// answered 2xx.
func (w *Webhook) Send(ctx context.Context, msg Message) error {
	body, err := w.body(msg)
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if !w.Key.IsZero() {
		header.Set(SignatureHeader, Signature(w.Key, body))
	}
	return post(ctx, w.URL.Reveal(), header, body, cmp.Or(w.Patience, patience))
}

// Signature returns the value of SignatureHeader for a body.
func Signature(key export.Secret, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func (w *Webhook) body(msg Message) ([]byte, error) {
	switch w.Format {
	case "slack":
		return w.Texts.Slack(msg)
	case "teams":
		return w.Texts.Teams(msg)
	}
	return w.Texts.JSON(msg)
}

// tries is the largest number of attempts of a request. pause is the wait between two of them; it grows.
const (
	tries = 3
	pause = 500 * time.Millisecond
)

// post makes one POST and repeats it where the server is away or asks for another try. Its errors never name the
// address, since the path is a secret.
func post(ctx context.Context, address string, header http.Header, body []byte, each time.Duration) (err error) {
	for n := range tries {
		if n > 0 {
			select {
			case <-time.After(time.Duration(n) * pause):
			case <-ctx.Done():
				return err
			}
		}
		var again bool
		if again, err = postOnce(ctx, address, header, body, each); err == nil || !again {
			return err
		}
	}
	return err
}

func postOnce(ctx context.Context, address string, header http.Header, body []byte, each time.Duration) (again bool, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, each, fmt.Errorf("no answer within %v", each))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("the address cannot be read")
	}
	req.Header = header.Clone()
	req.Header.Set("User-Agent", "hr2coupa")
	res, err := client.Do(req)
	if err != nil {
		return true, wireError(ctx, err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, mostBody)) // so that the connection can be reused
	switch {
	case res.StatusCode/100 == 2:
		return false, nil
	case res.StatusCode/100 == 5, res.StatusCode == http.StatusTooManyRequests:
		return true, fmt.Errorf("the server answered %d", res.StatusCode)
	case res.StatusCode/100 == 3:
		return false, export.Hint(fmt.Errorf("the server answered %d, a redirect", res.StatusCode), "give the address that it redirects to")
	}
	return false, export.Hint(fmt.Errorf("the server answered %d", res.StatusCode), "check that the address is still valid")
}

// wireError returns an error of net/http without the address that net/http puts into it.
func wireError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	what, hint := oneLine(err.Error()), ""
	var unknown x509.UnknownAuthorityError
	var named x509.HostnameError
	var lookup *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &unknown):
		hint = "if the address is right, let this machine trust that authority (SSL_CERT_FILE, ca-certificates)"
	case errors.As(err, &lookup):
		hint = "check the address and this machine's name server"
	case errors.As(err, &named):
		hint = "give a name that its certificate has"
	case errors.As(err, &op):
		hint = checkAddress
	}
	return export.Hint(errors.New(what), "%s", hint)
}
