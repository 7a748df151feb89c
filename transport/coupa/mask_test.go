package coupa

import (
	"net/http"
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
	// nor is it said of texts that only look like one
	if a := (&answer{masks: secretsOf(http.Header{"Cookie": {"theme=1"}})}); a.masked([]string{"1 row of 11"})[0] != "1 row of 11" {
		t.Error("a short cookie was taken for a secret")
	}
}
