package coupa

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

func contains(s, sub string) bool { return strings.Contains(s, sub) }

const noneXML = `<errors><error><![CDATA[
 No results match your search criteria. ]]></error></errors>`

// TestFaults drives one Ask through every kind of answer and checks the result and the number of calls.
func TestFaults(t *testing.T) {
	good := reply{status: 200, kind: asXML, body: payload(t, "list.xml")}
	bad := func(status int, kind, body string) reply { return reply{status: status, kind: kind, body: body} }
	for _, tc := range []struct {
		name   string
		script []reply
		calls  int    // calls of the list, at least one
		what   string // of *export.NotDeliveredError
		text   string // text of the error; "" with what "": the load is found
		temp   bool   // of *Error
		none   bool   // neither a load nor an error
	}{
		{name: "good", script: []reply{good}, calls: 1},
		{name: "JSON where XML was asked for", script: []reply{bad(200, asJSON, payload(t, "list.json"))}, calls: 1},
		{name: "no Content-Type", script: []reply{bad(200, "", payload(t, "list.xml"))}, calls: 1},
		{name: "401 once", script: []reply{bad(401, asXML, ""), good}, calls: 2},
		{name: "401 twice", script: []reply{bad(401, asXML, "")}, calls: 2, what: "token", text: "refuses a new token"},
		{name: "403", script: []reply{bad(403, asXML, "<errors><error>Insufficient scope</error></errors>")}, calls: 1, what: "scope", text: "(403: Forbidden)\nhint: give its client a scope"},
		{name: "403 of a firewall", script: []reply{bad(403, asHTML, "<html>blocked</html>")}, calls: 1, what: "scope", text: "a web page"},
		{name: "404 no results", script: []reply{bad(404, asXML, noneXML)}, calls: 1, none: true},
		{name: "404 no results JSON", script: []reply{bad(404, asJSON, `{"errors":"No results match your search criteria."}`)}, calls: 1, none: true},
		{name: "404 no results plain", script: []reply{bad(404, "text/plain", `No results match your search criteria.`)}, calls: 1, none: true},
		{name: "byte order mark", script: []reply{bad(200, "", "\ufeff[]")}, calls: 1, none: true},
		{name: "empty list", script: []reply{bad(200, asJSON, `[]`)}, calls: 1, none: true},
		{name: "404", script: []reply{bad(404, asXML, "<errors><error>Not found</error></errors>")}, calls: 1, what: "address", text: "is not there (404: Not Found)\nhint: check coupa.url"},
		{name: "404 page", script: []reply{bad(404, asHTML, "<html>no results match your search</html>")}, calls: 1, what: "address", text: "a web page"},
		{name: "406", script: []reply{bad(406, asXML, "")}, calls: 1, text: "GET /api/data_file_sources: 406: an empty answer"},
		{name: "422", script: []reply{bad(422, asJSON, `{"errors":{"data_file_source":["b is bad","c is bad"],"a":"a is bad"}}`)}, calls: 1, text: "422: Unprocessable Entity"},
		{name: "400 odd", script: []reply{bad(400, "text/plain", "whatever")}, calls: 1, text: "400: Bad Request"},
		{name: "429", script: []reply{bad(429, "", ""), bad(429, "", ""), good}, calls: 3},
		{name: "500", script: []reply{bad(500, asXML, "<errors><error>Oops</error></errors>"), good}, calls: 2},
		{name: "502 for ever", script: []reply{bad(502, asHTML, "<html>Bad Gateway</html>")}, calls: 8, text: "502: a web page, perhaps from a proxy", temp: true},
		{name: "503 with a long wait", script: []reply{{status: 503, head: map[string]string{"Retry-After": "86400"}}}, calls: 1, text: "503: an empty answer, and Coupa asks for a pause of 24h, until 20", temp: true},
		{name: "time-out once", script: []reply{{hang: true}, good}, calls: 2},
		{name: "cut", script: []reply{{status: 200, kind: asXML, body: "<data-file-", cut: true}, good}, calls: 2},
		{name: "truncated JSON", script: []reply{bad(200, asJSON, payload(t, "list.json")[:300])}, calls: 3, text: "it ends too early", temp: true},
		{name: "truncated JSON once", script: []reply{bad(200, asJSON, payload(t, "list.json")[:300]), good}, calls: 2},
		{name: "XML said to be JSON", script: []reply{bad(200, asJSON, payload(t, "list.xml"))}, calls: 3, text: "not the JSON", temp: true},
		{name: "empty body", script: []reply{bad(200, asXML, "")}, calls: 3, text: "it is empty", temp: true},
		{name: "web page", script: []reply{bad(200, asHTML, "<html>Welcome</html>")}, calls: 1, what: "address", text: "a web page instead of data"},
		{name: "web page unsaid", script: []reply{bad(200, "", "\n<!DOCTYPE html><html>Welcome</html>")}, calls: 1, what: "address", text: "a web page instead of data"},
		{name: "redirect to a login", script: []reply{{status: 302, head: map[string]string{"Location": "/user/login?x=1"}}}, calls: 1, what: "address", text: "redirects to 127.0.0.1, a login\nhint: check coupa.url"},
		{name: "redirect to another host", script: []reply{{status: 302, head: map[string]string{"Location": "https://elsewhere.invalid/x?secret=1"}}}, calls: 1, what: "address", text: "redirects to elsewhere.invalid\nhint: check coupa.url"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			withFar(t, tc.script, func(t *testing.T, f *far) {
				f.on(loadsPath, tc.script...)
				c, hook := f.client(t)
				got, err := c.Loads().Ask(t.Context(), query())
				quiet(t, err, hook)
				if n := len(f.requests(loadsPath)); n != tc.calls {
					t.Errorf("%d calls, want %d", n, tc.calls)
				}
				var nd *export.NotDeliveredError
				var e *Error
				switch {
				case tc.what != "":
					if !errors.As(err, &nd) || nd.What.String() != tc.what || !contains(bothFields(err), tc.text) {
						t.Errorf("got %v, want %s: %s", err, tc.what, tc.text)
					}
				case tc.text != "":
					if !errors.As(err, &e) || e.Temporary() != tc.temp || !contains(bothFields(err), tc.text) {
						t.Errorf("got %v, want %q", err, tc.text)
					}
				case err != nil:
					t.Error(err)
				case tc.none != (got == nil):
					t.Errorf("got %v", got)
				case got != nil:
					if d := cmp.Diff(rowLoad(), got, cmp.Comparer(time.Time.Equal)); d != "" {
						t.Error(d)
					}
				}
			})
		})
	}
}

func TestTokenFaults(t *testing.T) {
	for _, tc := range []struct {
		name  string
		reply reply
		what  string
		text  string
		calls int
	}{
		{"wrong secret", reply{status: 401, kind: asJSON, body: `{"error":"invalid_client","error_description":"Client authentication failed"}`}, "token", "refuses the client (invalid_client)\nhint: check coupa.client_id", 1},
		{"wrong secret, 400", reply{status: 400, kind: asJSON, body: `{"error":"invalid_client"}`}, "token", "(invalid_client)", 1},
		{"bare 401", reply{status: 401}, "token", "401: an empty answer", 1},
		{"scope", reply{status: 400, kind: asJSON, body: `{"error":"invalid_scope"}`}, "scope", `for the scopes "core.integration.read core.common.read" (invalid_scope)`, 1},
		{"grant", reply{status: 400, kind: asJSON, body: `{"error":"unauthorized_client"}`}, "token", "hint: set its grant type to Client credentials", 1},
		{"not there", reply{status: 404, kind: asHTML, body: "<html></html>"}, "address", "/oauth2/token issues no tokens (404: a web page", 1},
		{"redirect", reply{status: 302, head: map[string]string{"Location": "/login"}}, "address", "redirects to 127.0.0.1", 1},
		{"web page", reply{status: 200, kind: asHTML, body: "<html></html>"}, "address", "the answer is not a token", 3},
		{"no token in it", reply{status: 200, kind: asJSON, body: `{}`}, "address", "the answer is not a token", 3},
		{"down", reply{status: 503, kind: asHTML, body: "<html></html>"}, "unreachable", "POST /oauth2/token: 503: a web page", 5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFar(t)
			f.on(tokenPath, tc.reply)
			c, hook := f.client(t)
			err := c.Prepare(t.Context())
			quiet(t, err, hook)
			if n := len(f.requests(tokenPath)); n != tc.calls {
				t.Errorf("%d calls, want %d", n, tc.calls)
			}
			nd, _ := errors.AsType[*export.NotDeliveredError](err)
			if nd == nil || nd.What.String() != tc.what || !contains(bothFields(err), tc.text) {
				t.Errorf("got %v, want %s: %s", err, tc.what, tc.text)
			}
			// A check turns every error into a reason, and does not ask a second time for what was refused.
			if err := c.Check(t.Context()); !isNotDelivered(err) {
				t.Errorf("check: %v", err)
			}
			if n := len(f.requests(tokenPath)); n != tc.calls && (tc.what == "token" || tc.what == "scope") {
				t.Errorf("%d calls in all: a refused client may get locked", n)
			}
		})
	}
}

func isNotDelivered(err error) bool {
	_, ok := errors.AsType[*export.NotDeliveredError](err)
	return ok
}

func TestTokenRequest(t *testing.T) {
	f := newFar(t)
	f.on(loadsPath, reply{status: 404, kind: asXML, body: noneXML})
	c, _ := f.client(t)
	if err := c.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f.clock.total() != 0 {
		t.Errorf("prepare waited %s", f.clock.total())
	}
	r := f.requests(tokenPath)[0]
	for k, want := range map[string]string{"grant_type": "client_credentials", "client_id": "client-1", "client_secret": planted, "scope": "core.integration.read core.common.read"} {
		if got := r.PostForm.Get(k); got != want {
			t.Errorf("%s is %q", k, got)
		}
	}
	if r.Header.Get("Authorization") != "" {
		t.Error("the secret is sent as Basic too")
	}
	if err := c.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	g := f.requests(loadsPath)[0]
	if g.Header.Get("Authorization") != "Bearer token-1" || g.Header.Get("Accept") != "application/xml" || g.Header.Get("Content-Type") != "application/xml" {
		t.Errorf("headers %v", g.Header)
	}
}

// TestTokenSettles: a token is used five seconds after it arrived; time spent on other work counts.
func TestTokenSettles(t *testing.T) {
	for _, tc := range []struct {
		settle, meanwhile, want time.Duration
	}{{0, 0, 5 * time.Second}, {0, 3 * time.Second, 2 * time.Second}, {0, time.Minute, 0}, {8 * time.Second, 0, 8 * time.Second}, {-1, time.Second, 0}} {
		f := newFar(t)
		f.on(loadsPath, reply{status: 404, kind: asXML, body: noneXML})
		c, _ := f.client(t, func(c *Config) { c.TokenSettle = tc.settle })
		if err := c.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.clock.Advance(tc.meanwhile)
		if err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := f.clock.total(); got != tc.want {
			t.Errorf("%+v: waited %s", tc, got)
		}
	}
}

func TestTokenRenewal(t *testing.T) {
	for _, tc := range []struct {
		expires string
		after   time.Duration
		tokens  int
	}{
		{"86399", 19 * time.Hour, 1},
		{"86399", 20 * time.Hour, 2},
		{"0", 19 * time.Hour, 1},
		{`"7200"`, 118 * time.Minute, 1},
		{"7200", 119 * time.Minute, 2},
		{"100", 89 * time.Second, 1},
		{"100", 90 * time.Second, 2},
	} {
		f := newFar(t)
		f.on(tokenPath, reply{status: 200, kind: asJSON, body: `{"access_token":"x","expires_in":` + tc.expires + `}`})
		f.on(loadsPath, reply{status: 404, kind: asXML, body: noneXML})
		c, _ := f.client(t, func(c *Config) { c.TokenSettle = -1 })
		if err := c.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.clock.Advance(tc.after)
		if err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(f.requests(tokenPath)); n != tc.tokens {
			t.Errorf("expires %s, after %s: %d tokens, want %d", tc.expires, tc.after, n, tc.tokens)
		}
	}
}

// TestPace: requests are spaced evenly, without a burst at the start.
func TestPace(t *testing.T) {
	f := newFar(t)
	f.on(loadsPath, reply{status: 404, kind: asXML, body: noneXML})
	c, _ := f.client(t, func(c *Config) { c.TokenSettle, c.Rate = -1, 10 })
	for range 20 {
		if err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(f.at) != 21 {
		t.Fatalf("%d requests", len(f.at))
	}
	for i := 1; i < len(f.at); i++ {
		if gap := f.at[i].Sub(f.at[i-1]); gap < 99*time.Millisecond {
			t.Errorf("request %d came after %s", i, gap)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := newClock().Now()
	for in, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "600": 10 * time.Minute, "3600": time.Hour, "9999999999": maxRetryAfter, "18446744073709551615": maxRetryAfter, "-1": 0, "soon": 0,
		now.Add(9 * time.Second).Format(http.TimeFormat):                  9 * time.Second,
		now.Add(9 * time.Second).Format("Monday, 02-Jan-06 15:04:05 GMT"): 9 * time.Second, // RFC 850
		now.Add(9 * time.Second).Format(time.ANSIC):                       9 * time.Second,
		now.Add(-time.Hour).Format(http.TimeFormat):                       0,
		now.Add(time.Hour).Format(http.TimeFormat):                        time.Hour,
		now.AddDate(900, 0, 0).Format(http.TimeFormat):                    maxRetryAfter,
	} {
		if got := retryAfter(in, now); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

// TestRetryAfterIsObeyed: we wait as long as Coupa asks, where that is longer than our own wait.
func TestRetryAfterIsObeyed(t *testing.T) {
	f := newFar(t)
	f.on(loadsPath, reply{status: 429, head: map[string]string{"Retry-After": "11"}}, reply{status: 404, kind: asXML, body: noneXML})
	c, _ := f.client(t, func(c *Config) { c.TokenSettle = -1 })
	if err := c.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if gap := f.at[2].Sub(f.at[1]); gap != 11*time.Second {
		t.Errorf("tried again after %s", gap)
	}
}

// TestRetryAfterThatIsTooLong: a call does not wait longer than it may. It reports how long Coupa asks to be left
// alone, and sends nothing more.
func TestRetryAfterThatIsTooLong(t *testing.T) {
	for _, c := range []struct {
		name  string
		after string
		until time.Duration // of the query, from now; 0: none
		words string
		over  time.Duration
	}{
		{"more than any call waits", "3600", 0, "of 1h, until ", time.Hour},
		{"more than this one may wait", "300", 2 * time.Minute, "of 5m, until ", 5 * time.Minute},
		{"more than a day", "864000", 0, "of 240h, until ", maxHold},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFar(t)
			f.on(loadsPath, reply{status: 429, head: map[string]string{"Retry-After": c.after}}, reply{status: 404, kind: asXML, body: noneXML})
			cl, _ := f.client(t, func(cfg *Config) { cfg.TokenSettle = -1 })
			ask := func() error {
				q := query()
				if c.until > 0 {
					q.Until = f.clock.Now().Add(c.until)
				}
				_, err := cl.Loads().Ask(t.Context(), q)
				return err
			}
			err := ask()
			at, ok := export.NotBefore(err)
			if !ok || !contains(bothFields(err), c.words) || !contains(bothFields(err), stamp(at)) {
				t.Fatalf("got %v", err)
			}
			f.clock.Advance(time.Minute)
			if err = ask(); err == nil || !contains(bothFields(err), "not sent, and Coupa asks for a pause of ") || len(f.requests(loadsPath)) != 1 {
				t.Errorf("asked again a minute later: %v, %d calls", err, len(f.requests(loadsPath)))
			}
			f.clock.Advance(c.over - time.Minute)
			if err = ask(); err != nil || len(f.requests(loadsPath)) != 2 {
				t.Errorf("asked again when it is over: %v, %d calls", err, len(f.requests(loadsPath)))
			}
			if slept := f.clock.total(); slept > time.Second {
				t.Errorf("it slept for %s", slept)
			}
		})
	}
}

// TestCancel: after a cancellation the error is the reason for it, not "closed connection".
func TestCancel(t *testing.T) {
	stop := errors.New("the operator pressed ^C")
	f := newFar(t)
	f.on(loadsPath, reply{hang: true})
	c, _ := f.client(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-f.hung
		cancel(stop)
	}()
	if _, err := c.Loads().Ask(ctx, query()); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	if err := c.Check(ctx); !errors.Is(err, stop) || isNotDelivered(err) {
		t.Errorf("check: %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	f := newFar(t)
	c, hook := f.client(t, func(c *Config) { c.URL = nobodyThere })
	_, err := c.Loads().Ask(t.Context(), query())
	quiet(t, err, hook)
	if e, ok := errors.AsType[*Error](err); !ok || !e.Temporary() {
		t.Errorf("ask: got %v", err)
	}
	patient := f.clock.total()
	if patient < time.Minute {
		t.Errorf("ask gave up after %s: something may have been sent", patient)
	}
	err = c.Check(t.Context())
	if nd, ok := errors.AsType[*export.NotDeliveredError](err); !ok || nd.What.String() != "unreachable" {
		t.Errorf("check: got %v", err)
	}
	if took := f.clock.total() - patient; took < 5*time.Second || took > 25*time.Second {
		t.Errorf("check took %s: nothing has been sent, and a person may wait", took)
	}
}

// silence is a network on which no answer ever comes back.
type silence struct{}

func (silence) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestSilentStart: a check of an instance that never answers ends soon; an Ask waits longer.
func TestSilentStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := NewClient(Config{URL: "https://acme-test.coupahost.com", ClientID: "abc", ClientSecret: export.NewSecret(planted), HTTP: &http.Client{Transport: silence{}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := c.Check(t.Context()); !isNotDelivered(err) || !contains(bothFields(err), "no answer within") {
			t.Errorf("check: got %v", err)
		}
		if took := time.Since(began); took > 31*time.Second {
			t.Errorf("it took %s to say that nothing can be sent", took)
		}
		began = time.Now()
		if _, err := c.Loads().Ask(t.Context(), query()); err == nil || time.Since(began) < time.Minute {
			t.Errorf("ask: got %v after %s", err, time.Since(began))
		}
	})
}

func TestBodyIsBounded(t *testing.T) {
	f := newFar(t)
	f.on(loadsPath, reply{status: 200, kind: asXML, body: strings.Repeat(" ", 2000)})
	c, _ := f.client(t)
	c.wire.maxBody = 1000
	_, err := c.Loads().Ask(t.Context(), query())
	if err == nil || !contains(bothFields(err), "larger than 1000 bytes") || len(f.requests(loadsPath)) != 1 {
		t.Errorf("got %v after %d calls", err, len(f.requests(loadsPath)))
	}
}
