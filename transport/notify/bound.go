package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
)

const (
	// mostSaid is how many bytes a mail server may send in one conversation, TLS included: a greeting and a dozen
	// replies of 512 bytes each, and its certificates.
	mostSaid = 256 << 10

	mostHeader = 64 << 10 // bytes of the header of a web server's answer
	mostBody   = 64 << 10 // bytes of its body, which is not used
)

var errTalks = errors.New("the server says more than 256 KB, which no mail server does")

// boundedConn is a connection with a limit on the bytes read: the library stores a line of any length, and a reply of
// any number of lines.
type boundedConn struct {
	net.Conn
	left int
}

func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTalks
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

func dialBounded(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &boundedConn{conn, mostSaid}, nil
}

// dialTLS is dialBounded with TLS from the first byte.
func dialTLS(ctx context.Context, network, address string, config *tls.Config) (net.Conn, error) {
	conn, err := dialBounded(ctx, network, address)
	if err != nil {
		return nil, err
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// client follows no redirect: a signed body is sent only to the address in the config.
var client = &http.Client{
	Transport:     boundedTransport(),
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func boundedTransport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxResponseHeaderBytes = mostHeader
	return t
}
