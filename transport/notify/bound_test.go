package notify

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/testdata/farend"
)

// TestMailServerThatFloods: however a mail server floods, at most mostSaid bytes are read.
func TestMailServerThatFloods(t *testing.T) {
	for _, mode := range farend.HarmMailModes() {
		t.Run(mode.Name, func(t *testing.T) {
			server, err := farend.StartHarmMail(mode.Name)
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			m := &Mail{Server: server.Addr, TLS: "none", From: "hr2coupa@acme.example", To: []string{"it@acme.example"}, Texts: texts(t)}
			err = m.Send(t.Context(), nasty())
			if err == nil || len(err.Error()) > 1000 {
				t.Fatalf("got %v", err)
			}
			if mode.Name != "no lines" && !strings.Contains(err.Error(), errTalks.Error()) { // these modes end the conversation by themselves
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestMailServerThatFloodsInTLS: the limit also holds inside TLS.
func TestMailServerThatFloodsInTLS(t *testing.T) {
	certified := farend.StartWebTLS(nil)
	defer certified.Close()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.StartTLS()
	defer server.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: server.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for _, err = io.WriteString(c, "220 "); err == nil; {
			_, err = io.WriteString(c, strings.Repeat("x", 64<<10))
		}
	}()
	m := &Mail{Server: l.Addr().String(), TLS: "tls", CA: certified.CA, From: "hr2coupa@acme.example", To: []string{"it@acme.example"}, Texts: texts(t)}
	if err := m.Send(t.Context(), nasty()); err == nil || !strings.Contains(err.Error(), errTalks.Error()) {
		t.Errorf("got %v", err)
	}
}

// TestBoundedConn: a connection returns bytes up to its limit and then an error that says so.
func TestBoundedConn(t *testing.T) {
	ours, theirs := net.Pipe()
	go func() {
		_, _ = io.WriteString(theirs, "12345678")
		theirs.Close()
	}()
	got, err := io.ReadAll(&boundedConn{ours, 5})
	if string(got) != "12345" || !errors.Is(err, errTalks) {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestWebhookThatFloods: a webhook's header is limited, and its body is not waited for.
func TestWebhookThatFloods(t *testing.T) {
	for mode, want := range map[string]string{
		"header": "response headers exceeded", "headers": "response headers exceeded", "early hints": "response headers exceeded",
		"endless": "", "gzip bomb": "", "large 422": "answered 422", "redirects": "the server answered 302, a redirect",
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel() // retries pause in between
			server, err := farend.StartHarm(mode, "http://"+deadAddress, func(*http.Request) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			defer server.CloseClientConnections()
			w := &Webhook{URL: export.NewSecret(server.URL), Format: "slack", Texts: texts(t)}
			err = w.Send(t.Context(), nasty())
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}
