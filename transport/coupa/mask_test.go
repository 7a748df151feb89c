package coupa

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A server, or a proxy before it, may say the request back in its error. What of it is secret is not told on.
func TestErrorsMaskSecrets(t *testing.T) {
	head := http.Header{"Authorization": {"Bearer token-4711"}, "Cookie": {"_coupa_session=cookie-4711; theme=1"}}
	for _, body := range []string{
		`{"error": "bad request with token-4711, Cookie: _coupa_session=cookie-4711; theme=1"}`,
		`{"errors": {"base": ["cookie-4711", "token-4711"]}}`,
		`<errors><error>Bearer token-4711 is over, cookie-4711 too</error></errors>`,
	} {
		a := &answer{status: 400, header: http.Header{"Content-Type": {"application/json"}}, body: []byte(body), masks: secretsOf(head)}
		if strings.HasPrefix(body, "<") {
			a.header.Set("Content-Type", "application/xml")
		}
		text := problem(a)
		if strings.Contains(text, "4711") || !strings.Contains(text, "[secret]") {
			t.Errorf("%s is told as %q", body, text)
		}
	}
	// where a redirect leads, and secrets in the form they have in an address
	at, err := url.Parse("https://acme-test.coupahost.com/api/data_file_sources")
	if err != nil {
		t.Fatal(err)
	}
	moved := &answer{url: at, header: http.Header{"Location": {"https://login.example.com/sso/token-4711/cookie%204711?t=token-4711"}}, masks: []string{"token-4711", "cookie 4711"}}
	if got := target(moved); got != "login.example.com/sso/[secret]/[secret]" {
		t.Errorf("a redirect is told as %q", got)
	}
	if got := mask("t=cookie+4711%2F or cookie%204711%2F", []string{"cookie 4711/"}); got != "t=[secret] or [secret]" {
		t.Errorf("a secret in an address is told as %q", got)
	}
	// an address names somebody
	said := &answer{status: 422, header: http.Header{"Content-Type": {"application/json"}}, body: []byte(`{"error": "user jo.doe+hr@acme.example (JO@ACME.EXAMPLE) may not"}`)}
	if got := problem(said); got != "user [address] ([address]) may not" {
		t.Errorf("an address is told as %q", got)
	}
	// nor is it said of texts that only look like one
	if a := (&answer{masks: secretsOf(http.Header{"Cookie": {"theme=1"}})}); a.masked([]string{"1 row of 11"})[0] != "1 row of 11" {
		t.Error("a short cookie was taken for a secret")
	}
}
