package coupa

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus/hooks/test"
	"golang.org/x/oauth2"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestRefusalsMaskSecrets: a server, or a proxy before it, may echo the request in its refusal. Secrets in it are
// masked.
func TestRefusalsMaskSecrets(t *testing.T) {
	head := http.Header{"Authorization": {"Bearer token-4711"}, "Cookie": {"_coupa_session=cookie-4711; theme=1"}}
	for _, body := range []string{
		`{"error": "bad request with token-4711, Cookie: _coupa_session=cookie-4711; theme=1"}`,
		`{"errors": {"base": ["cookie-4711", "token-4711"]}}`,
		`<errors><error>Bearer token-4711 is over, cookie-4711 too</error></errors>`,
	} {
		a := &answer{status: 422, header: http.Header{}, body: []byte(body), masks: secretsOf(head)}
		no, ok := errors.AsType[*export.RefusedError](refusal(a))
		if !ok {
			t.Fatalf("%s is no refusal", body)
		}
		if text := strings.Join(no.Messages, "; "); strings.Contains(text, "4711") || !strings.Contains(text, "[secret]") {
			t.Errorf("%s is told as %q", body, text)
		}
	}
	if got := mask("t=cookie+4711%2F or cookie%204711%2F", []string{"cookie 4711/"}); got != "t=[secret] or [secret]" {
		t.Errorf("a secret in an address is told as %q", got)
	}
	// A text that only looks like a secret is not masked.
	if a := (&answer{masks: secretsOf(http.Header{"Cookie": {"theme=1"}})}); a.masked([]string{"1 row of 11"})[0] != "1 row of 11" {
		t.Error("a short cookie was taken for a secret")
	}
}

const gossip = "Wanda Wolff"

// TestErrorsHaveNoWords: no error of a call quotes the far end, wherever the text comes from. There are no exceptions,
// because errors are logged.
func TestErrorsHaveNoWords(t *testing.T) {
	at, err := url.Parse("https://acme-test.coupahost.com")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{base: at, now: func() (now time.Time) { return now }}
	grant := &tokens{wire: w}
	n := 0
	for status := 200; status < 600; status++ {
		for _, body := range []string{
			`<errors><error>` + gossip + `</error></errors>`, `<` + "Wanda" + `/>`, `{"errors":{"Wolff":["` + gossip + `"]}}`, `{"error":"` + gossip + `","error_description":"` + gossip + `"}`,
			gossip, `<html><title>` + gossip, ``,
		} {
			head := http.Header{"WWW-Authenticate": {`Bearer error="` + gossip + `"`}, "Location": {"https://login.example.com/" + url.PathEscape(gossip) + "?q=" + url.QueryEscape(gossip)}, "Retry-After": {gossip}}
			a := &answer{method: "GET", path: usersPath, url: at, status: status, header: head, body: []byte(body)}
			_, users := readUsers(a, nil)
			_, loads := readLoads(a)
			_, page := (&Page{wire: w}).read(a)
			var code struct{ Error, Description string }
			_ = json.Unmarshal([]byte(body), &code) // most bodies are not JSON
			token := grant.refused(t.Context(), 0, &oauth2.RetrieveError{Response: &http.Response{StatusCode: status, Header: head}, Body: []byte(body), ErrorCode: code.Error, ErrorDescription: gossip})
			for _, err := range []error{w.judge(a), refusal(a), users, loads, page, token} {
				if err == nil {
					continue
				}
				n++
				if text := err.Error(); strings.Contains(text, "Wanda") || strings.Contains(text, "Wolff") {
					t.Errorf("%d %s: %s", status, body, text)
				}
			}
		}
	}
	if n < 5000 {
		t.Errorf("only %d errors", n)
	}
}

// TestLostHasNoWords: what a far end sends before, or instead of, HTTP is not quoted either.
func TestLostHasNoWords(t *testing.T) {
	for _, said := range []string{
		gossip, gossip + "\r\n", "HTTP/1.1 " + gossip + "\r\n\r\n", "HTTP/1.1 200 OK\r\n" + gossip + "\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: " + gossip + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + gossip + "\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + gossip, "HTTP/1.1 307 x\r\nLocation: :" + gossip + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 11\r\n\r\n" + gossip,
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go speak(l, said)
		log, _ := test.NewNullLogger()
		c, err := NewClient(Config{URL: "http://" + l.Addr().String(), ClientID: "x", ClientSecret: export.NewSecret("y"), Budget: -1, TokenSettle: -1}, log)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Check(t.Context()); err == nil || strings.Contains(bothFields(err), "Wanda") || strings.Contains(bothFields(err), "Wolff") {
			t.Errorf("%q: %v", said, err)
		}
	}
}

// speak answers every connection with a text.
func speak(l net.Listener, text string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		buffer := make([]byte, 1<<10)
		c.Read(buffer) // the request, whatever it is
		fmt.Fprint(c, text)
		c.Close()
	}
}
