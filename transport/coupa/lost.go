package coupa

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// cut describes how a connection failed. Some errors quote what came over it (a malformed status line or header, the
// last words of an HTTP/2 server, a proxy's refusal), so cut uses our own words for them.
func cut(err error) string {
	_, op := errors.AsType[*net.OpError](err)
	_, dns := errors.AsType[*net.DNSError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	slow, ok := errors.AsType[net.Error](err)
	if op || dns || alert || record || ok && slow.Timeout() || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err.Error()
	}
	const long = "net/http: server response headers exceeded"
	if strings.Contains(err.Error(), long) {
		return fmt.Sprintf("%s %d bytes", long, maxHeader)
	}
	for status := http.StatusBadRequest; status < 600; status++ { // net/http keeps nothing else of a proxy's refusal
		if err.Error() == http.StatusText(status) {
			return "the proxy refuses: " + err.Error()
		}
	}
	return "the connection was lost, or what came back is not an answer of a web server"
}
