package coupa

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	partName    = "Users_20261123T140501Z_0a1b2c3d_1of1.csv"
	partMangled = "_Incoming_Users_" + partName
	planted     = "s3cret-of-the-client"
	plantedPage = "_session=s3cret-of-the-page"

	nobodyThere = "http://127.0.0.1:1" // a port that was free a moment ago may belong to another test's server by now
)

var since = time.Date(2026, 11, 23, 14, 5, 1, 0, time.UTC)

func query() export.LoadQuery {
	return export.LoadQuery{Name: partName, Size: 332, Since: since}
}

// clock is a clock that only sleeping moves.
type clock struct {
	mu    sync.Mutex
	t     time.Time
	slept []time.Duration
}

func newClock() *clock { return &clock{t: since.Add(10 * time.Minute)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
	c.slept = append(c.slept, d)
	return nil
}

func (c *clock) total() (sum time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.slept {
		sum += d
	}
	return sum
}

// reply is one scripted answer.
type reply struct {
	status int
	kind   string // Content-Type; none where ""
	body   string
	head   map[string]string
	hang   bool // the server never answers
	cut    bool // the server breaks the connection in the middle of the body
}

const (
	asXML  = "application/xml; charset=utf-8"
	asJSON = "application/json; charset=utf-8"
	asHTML = "text/html; charset=utf-8"
)

// far is the far end. It answers each path by a script and repeats the last answer.
type far struct {
	*httptest.Server
	http  *http.Client // a client that reaches it; nil: any client does
	clock *clock
	hung  chan struct{} // receives a value when a request hangs

	mu     sync.Mutex
	script map[string][]reply
	seen   []*http.Request
	bodies []string
	at     []time.Time // times of the requests, by the clock
	tokens int
}

func newFar(t *testing.T) *far {
	t.Helper()
	f := &far{clock: newClock(), script: map[string][]reply{}, hung: make(chan struct{}, 1)}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

// newFarInBubble is newFar for a test in a bubble of synctest. There a time-out happens when all goroutines wait, and
// never because the machine is busy.
func newFarInBubble(t *testing.T) *far {
	t.Helper()
	f := &far{Server: &httptest.Server{URL: "http://127.0.0.1"}, clock: newClock(), script: map[string][]reply{}, hung: make(chan struct{}, 1)}
	wire := make(pipes)
	server := &http.Server{Handler: http.HandlerFunc(f.serve)}
	go server.Serve(wire)
	transport := &http.Transport{DialContext: wire.dial}
	f.http = &http.Client{Transport: transport}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		close(wire)
		server.Close()
	})
	return f
}

// withFar runs a test with a far end, in a bubble where a reply hangs.
func withFar(t *testing.T, script []reply, test func(*testing.T, *far)) {
	if slices.ContainsFunc(script, func(r reply) bool { return r.hang }) {
		synctest.Test(t, func(t *testing.T) { test(t, newFarInBubble(t)) })
		return
	}
	test(t, newFar(t))
}

func (f *far) on(path string, replies ...reply) { f.script[path] = replies }

func (f *far) next(r *http.Request, body string) reply {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, r.Clone(context.Background()))
	f.bodies = append(f.bodies, body)
	f.at = append(f.at, f.clock.Now())
	script, ok := f.script[r.URL.Path]
	if !ok && r.URL.Path == tokenPath {
		f.tokens++
		return reply{status: 200, kind: asJSON, body: fmt.Sprintf(`{"access_token":"token-%d","token_type":"bearer","expires_in":86399}`, f.tokens)}
	}
	if !ok {
		return reply{status: 404, kind: asHTML, body: "<html>not here</html>"}
	}
	if len(script) > 1 {
		f.script[r.URL.Path] = script[1:]
	}
	return script[0]
}

func (f *far) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err == nil {
		err = r.ParseForm()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a := f.next(r, string(body))
	if a.hang {
		select {
		case f.hung <- struct{}{}:
		default:
		}
		<-r.Context().Done()
		return
	}
	for k, v := range a.head {
		w.Header().Set(k, v)
	}
	w.Header()["Content-Type"] = nil
	if a.kind != "" {
		w.Header().Set("Content-Type", a.kind)
	}
	if a.cut {
		w.Header().Set("Content-Length", "100000")
	}
	w.WriteHeader(a.status)
	fmt.Fprint(w, a.body)
}

// requests counts the requests for a path.
func (f *far) requests(path string) (out []*http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.seen {
		if r.URL.Path == path {
			out = append(out, r)
		}
	}
	return out
}

func (f *far) config() Config {
	return Config{
		URL: f.URL, ClientID: "client-1", ClientSecret: export.NewSecret(planted), Scopes: []string{"core.integration.read", "core.common.read"},
		PageCookie: export.NewSecret(plantedPage),
		HTTP:       f.http,
		Now:        f.clock.Now, Sleep: f.clock.Sleep, Rand: func() float64 { return 1 },
	}
}

func (f *far) client(t *testing.T, change ...func(*Config)) (*Client, *logtest.Hook) {
	t.Helper()
	log, hook := logtest.NewNullLogger()
	log.SetLevel(logrus.DebugLevel)
	c := f.config()
	for _, ch := range change {
		ch(&c)
	}
	client, err := NewClient(c, log)
	if err != nil {
		t.Fatal(err)
	}
	return client, hook
}

func (f *far) page(t *testing.T) *Page {
	t.Helper()
	p, err := NewPage(f.config(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func payload(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// quiet fails the test when an error or a log line holds a secret, a token or a planted cell.
func quiet(t *testing.T, err error, hook *logtest.Hook) {
	t.Helper()
	var texts []string
	if err != nil {
		texts = append(texts, bothFields(err))
	}
	if hook != nil {
		for _, e := range hook.AllEntries() {
			s, _ := e.String()
			texts = append(texts, s)
		}
	}
	for _, s := range texts {
		for _, bad := range []string{planted, "s3cret", "token-1", "token-2", "j.doe@example.com", "jdoe"} {
			if strings.Contains(s, bad) {
				t.Errorf("%q leaks %q", s, bad)
			}
		}
	}
}

// bothFields is what an error says: what is wrong, and below it what to do.
func bothFields(err error) string {
	return strings.Join(append([]string{err.Error()}, export.HintsOf(err)...), "\nhint: ")
}
