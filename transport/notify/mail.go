package notify

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/hr2coupa/hr2coupa/export"
)

// patience is the default limit for each half of a mail (connect to login, message) and for each request to a webhook.
const patience = 10 * time.Second

// Mail is a target that receives a mail with a text and an HTML part.
type Mail struct {
	Server   string // host:port
	TLS      string // starttls, tls (from the first byte) or none, which is only for a server on this machine
	CA       []byte // PEM; the authority of a server certificate that the system does not know; nil: the system's
	User     string // "": no login
	Password export.Secret
	From     string
	To       []string
	Texts    *Texts
	Patience time.Duration // limit for each half of a mail; 0: 10 s
}

// String names the target by its server.
func (m *Mail) String() string { return "mail via " + m.Server }

// Send sends the message to the server. When it returns nil, the server has accepted it for every recipient. The same
// message always has the same Message-ID, so that a repeated mail can be recognised.
func (m *Mail) Send(ctx context.Context, msg Message) error {
	letter, err := m.letter(msg)
	if err != nil {
		return err
	}
	c, err := m.client()
	if err != nil {
		return err
	}
	if err := c.DialAndSendWithContext(ctx, letter); err != nil {
		return m.explain(err)
	}
	return nil
}

func (m *Mail) client() (*mail.Client, error) {
	host, port, err := net.SplitHostPort(m.Server)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("the server's port is not a number: %q", port)
	}
	trust, err := pool(m.CA)
	if err != nil {
		return nil, err
	}
	secure := &tls.Config{ServerName: host, RootCAs: trust, MinVersion: tls.VersionTLS12}
	options := []mail.Option{
		mail.WithPort(n), mail.WithTimeout(cmp.Or(m.Patience, patience)),
		mail.WithTLSConfig(secure),
	}
	switch m.TLS {
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS), mail.WithDialContextFunc(dialBounded))
	case "tls":
		// opportunistic, since before its own check the library treats only connections of its own dialer as encrypted
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic), mail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialTLS(ctx, network, address, secure)
		}))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithDialContextFunc(dialBounded))
	}
	if m.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(m.Password.Reveal()))
	}
	return mail.NewClient(host, options...)
}

// pool returns the roots to trust; nil means the system's roots.
func pool(pem []byte) (*x509.CertPool, error) {
	if len(pem) == 0 {
		return nil, nil
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(pem) {
		return nil, errors.New("mail.ca has no certificate in PEM form")
	}
	return p, nil
}

func (m *Mail) letter(msg Message) (*mail.Msg, error) {
	subject, err := m.Texts.Subject(msg)
	if err != nil {
		return nil, err
	}
	plain, err := m.Texts.Text(msg)
	if err != nil {
		return nil, err
	}
	rich, err := m.Texts.HTML(msg)
	if err != nil {
		return nil, err
	}
	l := mail.NewMsg()
	if err := l.From(m.From); err != nil {
		return nil, fmt.Errorf("mail.from: %w", err)
	}
	if err := l.To(m.To...); err != nil {
		return nil, fmt.Errorf("mail.to: %w", err)
	}
	l.Subject(subject)
	l.SetDateWithValue(msg.At)
	l.SetMessageIDWithValue(msg.ID + "@hr2coupa.invalid")
	l.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	l.SetBodyString(mail.TypeTextPlain, plain)
	l.AddAlternativeString(mail.TypeTextHTML, rich)
	return l, nil
}

var mailAddress = regexp.MustCompile(`[^\s<>"',;:()\[\]]+@[^\s<>"',;:()\[\]]+`)

// explain returns why a mail was not sent and what to do, without the addresses that servers often repeat.
func (m *Mail) explain(err error) error {
	hint, what := "", mailAddress.ReplaceAllString(oneLine(err.Error()), "(address)")
	var unknown x509.UnknownAuthorityError
	var named x509.HostnameError
	var op *net.OpError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.Is(err, errTalks):
		what, hint = errTalks.Error(), "check mail.server"
	case errors.As(err, &noTLS):
		what, hint = "the server does not speak TLS from the first byte", "most servers offer tls: starttls, on port 587"
	case errors.As(err, &unknown):
		hint = "name the authority's file in mail.ca"
	case errors.As(err, &named):
		hint = "set mail.server to a name that its certificate has"
	case errors.As(err, &op), errors.Is(err, context.DeadlineExceeded):
		hint = "check mail.server and mail.tls, and whether this machine may reach it"
	case strings.Contains(what, "does not support STARTTLS"):
		what, hint = "the server offers no STARTTLS", "write tls: tls if it speaks TLS from the first byte"
	case strings.Contains(what, " 535 ") || strings.Contains(what, "535 5.7.8"):
		hint = "check mail.user and mail.password"
	}
	return export.Hint(errors.New(what), "%s", hint)
}
