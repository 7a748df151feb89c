// Package coupa talks to Coupa over HTTPS. It asks for the load of a file, over the REST API (data_file_sources) or on
// the web page of the data sources, and it reads and writes users over the API. It repeats a failed call where that is
// safe. Before it repeats the creation of a user, it looks the user up.
package coupa

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/time/rate"

	"github.com/hr2coupa/hr2coupa/export"
)

// Rates are in requests a second. Coupa throttles more than 25 (API Rate Limit).
const (
	DefaultRate = 20
	MaxRate     = 25

	// On the way to Coupa the gap between requests changes by some milliseconds. At exactly 25 a second, 26 requests
	// would now and then fall into one second.
	fastestPace = 24

	// leastGap is the shortest time between two requests: 25 of these are a little more than a second. It is shorter
	// than the gap of fastestPace, so that a busy machine can catch up.
	leastGap = 40800 * time.Microsecond
)

const (
	defaultTimeout = 60 * time.Second
	defaultBudget  = 2 * time.Minute
	defaultCheck   = 25 * time.Second
	defaultSettle  = 5 * time.Second
	defaultFolder  = "/Incoming/Users"
)

// Config sets how to reach one Coupa instance. The zero value of every field but URL is usable or has a default.
type Config struct {
	URL          string // https://acme-test.coupahost.com, without a path; plain http only for loopback
	ClientID     string // of the client under Setup, OAuth2/OpenID Connect Clients, grant type Client credentials
	ClientSecret export.Secret
	Scopes       []string      // service.object.right, for instance core.integration.read
	Format       string        // xml (default) or json: the format to ask for; both are understood
	TokenSettle  time.Duration // a token is used only after this age (0: 5s, negative: at once; OAuth 2.0 Getting Started)
	Rate         float64       // requests a second, evenly paced, without bursts (0: 20, at most 25; more than 24 are sent as 24)
	Timeout      time.Duration // for one request, its body included (0: 60s)
	Budget       time.Duration // a request is tried again for this long (0: 2m, negative: never)
	CheckBudget  time.Duration // the same for Prepare and Check, all their requests together (0: 25s)
	Folder       string        // the drop folder, for the name Coupa lists a load under (default /Incoming/Users)
	NoIDs        bool          // errors name calls without the number of their user
	PageCookie   export.Secret // the whole Cookie header of a logged-in browser, for Page only

	Now   func() time.Time                           // nil: time.Now
	Sleep func(context.Context, time.Duration) error // nil: a real one; returns the context's cause when cut short
	Rand  func() float64                             // [0,1), spreads retries; nil: math/rand/v2
	HTTP  *http.Client                               // nil: TLS 1.2 or better, proxies from the environment
}

func (c Config) withDefaults() Config {
	c.Format = or(c.Format, "xml")
	c.TokenSettle = or(c.TokenSettle, defaultSettle)
	c.Rate = or(c.Rate, DefaultRate)
	c.Timeout = or(c.Timeout, defaultTimeout)
	c.Budget = or(c.Budget, defaultBudget)
	c.CheckBudget = or(c.CheckBudget, defaultCheck)
	c.Folder = or(c.Folder, defaultFolder)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	if c.Rand == nil {
		c.Rand = rand.Float64
	}
	return c
}

func or[T comparable](v, otherwise T) T {
	if v == *new(T) {
		return otherwise
	}
	return v
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// newWire checks the settings that API and page have in common; c has its defaults.
func newWire(c Config, log logrus.FieldLogger) (*wire, error) {
	base, err := baseURL(c.URL)
	if c.Rate < 0 || c.Rate > MaxRate {
		err = errors.Join(err, export.Hint(fmt.Errorf("coupa.rate: %g requests a second", c.Rate), "give more than 0 and at most %d", MaxRate))
	}
	if c.Timeout < 0 {
		err = errors.Join(err, export.Hint(fmt.Errorf("coupa timeout: %s", c.Timeout), "give a positive time"))
	}
	if err != nil {
		return nil, err
	}
	return &wire{
		base: base, http: httpClient(c.HTTP), limiter: rate.NewLimiter(rate.Limit(min(c.Rate, fastestPace)), 1),
		now: c.Now, sleep: c.Sleep, rand: c.Rand,
		timeout: c.Timeout, budget: c.Budget, check: c.CheckBudget, maxBody: maxBody, log: logger(log), noIDs: c.NoIDs,
	}, nil
}

// logger returns log, or a logger that discards everything where log is nil.
func logger(log logrus.FieldLogger) logrus.FieldLogger {
	if log != nil {
		return log
	}
	return export.Silent()
}

const giveInstance = "give the instance, such as https://acme-test.coupahost.com"

// baseURL checks the address of an instance. A token is a key to every user, so it is never sent unencrypted.
func baseURL(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	switch {
	case s == "":
		return nil, export.Hint(errors.New("coupa.url: missing"), giveInstance)
	case err != nil || u.Hostname() == "":
		return nil, export.Hint(errors.New("coupa.url: not an address"), giveInstance)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return nil, export.Hint(errors.New("coupa.url: more than scheme and host"), giveInstance+", without user, path or query")
	case u.Scheme == "http" && loopback(u.Hostname()), u.Scheme == "https":
		return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
	case u.Scheme == "http":
		return nil, export.Hint(fmt.Errorf("coupa.url: plain http to %s would send the secret unencrypted", u.Host), "use https")
	}
	return nil, export.Hint(fmt.Errorf("coupa.url: unknown scheme %q", u.Scheme), "use https")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// httpClient returns a client that keeps our rules about redirects, also where the caller provided it.
func httpClient(given *http.Client) *http.Client {
	var hc http.Client
	if given != nil {
		hc = *given
	} else {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		t.MaxIdleConnsPerHost = MaxRate // keeps a connection for every worker
		t.MaxResponseHeaderBytes = maxHeader
		hc.Transport = t
	}
	hc.CheckRedirect = checkRedirect
	return &hc
}

// checkRedirect follows a redirect only within the same scheme and host: token and cookie are for that host alone. It
// does not follow a redirect to a login, which is itself the answer, nor a redirect of a write, which would become a
// GET.
func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) >= 5 || via[0].Method != http.MethodGet || next.URL.Scheme != first.Scheme || next.URL.Host != first.Host || loginPath(next.URL.Path) {
		return http.ErrUseLastResponse
	}
	return nil
}

// loginPath reports whether a path leads to a login, by the names Rails applications give it.
func loginPath(path string) bool {
	for part := range strings.SplitSeq(strings.ToLower(path), "/") {
		switch part {
		case "login", "sessions", "session", "sign_in", "signin", "sso", "saml":
			return true
		}
	}
	return false
}
