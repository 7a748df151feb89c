package notify

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Looker is a target that can be checked without sending a notice.
type Looker interface {
	// Look returns what it saw. An error says what would keep a notice from being sent, and what to do.
	Look(ctx context.Context) (seen string, err error)
	String() string
}

// Look does what Send does before the message: connection, TLS, login. Then it ends the conversation.
func (m *Mail) Look(ctx context.Context) (string, error) {
	c, err := m.client()
	if err != nil {
		return "", err
	}
	if err := c.DialWithContext(ctx); err != nil {
		return "", m.explain(err)
	}
	if err := c.Close(); err != nil {
		return "", m.explain(err)
	}
	seen := map[string]string{"none": "the server answers, without TLS", "tls": "TLS from the first byte, its certificate is good"}[m.TLS]
	seen = cmp.Or(seen, "STARTTLS, its certificate is good")
	if m.User != "" {
		seen += "; the login is accepted"
	}
	return seen, nil
}

// Look connects as Send does and posts nothing.
func (w *Webhook) Look(ctx context.Context) (string, error) {
	return reach(ctx, w.URL, cmp.Or(w.Patience, patience))
}

// Look connects as Ping does and sends no request: to the service any request is a ping.
func (h *Heartbeat) Look(ctx context.Context) (string, error) {
	return reach(ctx, h.URL, pingPatience)
}

// reach checks name, port and TLS of an address. It sends no request, since the far end may take any request for a
// notice.
func reach(ctx context.Context, address export.Secret, each time.Duration) (string, error) {
	u, err := url.Parse(address.Reveal())
	if err != nil || u.Host == "" {
		return "", errors.New("the address cannot be read")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, each, export.Hint(fmt.Errorf("no answer within %v", each), checkAddress))
	defer cancel()
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if err != nil {
		return "", export.Hint(errors.New("the proxy of the environment cannot be read"), "correct HTTPS_PROXY")
	}
	if proxy != nil {
		if err := connect(ctx, proxy); err != nil {
			return "", fmt.Errorf("the proxy %s (HTTPS_PROXY): %w", proxy.Host, err)
		}
		return "the proxy " + proxy.Host + " answers, and only a post would show what is behind it", nil
	}
	if u.Scheme != "https" {
		return "the server answers, without TLS", connect(ctx, u)
	}
	d := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12}}
	c, err := d.DialContext(ctx, "tcp", hostPort(u))
	if err != nil {
		return "", wireError(ctx, err)
	}
	defer c.Close() // nothing was sent
	until := c.(*tls.Conn).ConnectionState().PeerCertificates[0].NotAfter
	return "TLS, its certificate is good until " + until.Format(time.DateOnly), nil
}

const checkAddress = "check the address, and whether this machine may reach it"

func connect(ctx context.Context, u *url.URL) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", hostPort(u))
	if err != nil {
		return wireError(ctx, err)
	}
	return c.Close()
}

func hostPort(u *url.URL) string {
	port := map[string]string{"http": "80", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port, "443"))
}
