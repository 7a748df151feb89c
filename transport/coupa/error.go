package coupa

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Error is a call to Coupa that got no usable answer. Its text names the call without its query, the status and the
// cause, in our own words: the words of Coupa or of a proxy may name any person.
type Error struct {
	Op     string // GET /api/data_file_sources
	Status int    // HTTP status; 0 where no answer came
	Msg    string // what is wrong, in our own words
	Hint   string // what to do; "" where that is plain
	Err    error  // the cause, may be nil; not part of the text

	hope  hope
	after time.Duration // Coupa asked to wait this long; 0: it did not
	until time.Time     // the end of that wait, where the call does not wait so long
}

// Error returns the message: call, status and what is wrong.
func (e *Error) Error() string {
	said := e.Msg
	if e.Status > 0 {
		said = fmt.Sprintf("%d: %s", e.Status, e.Msg)
	}
	if !e.until.IsZero() {
		said += fmt.Sprintf(", and Coupa asks for a pause of %s, until %s", inWords(e.after), stamp(e.until))
	}
	return e.Op + ": " + said
}

// Hints returns what to do.
func (e *Error) Hints() []string { return []string{e.Hint} }

// inWords returns a duration without trailing zeros: 1h, not 1h0m0s.
func inWords(d time.Duration) string {
	s := d.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// NotBefore returns when Coupa may be asked again, where it asked (Retry-After) to be left alone for longer than the
// call waits; else the zero time. See export.NotBefore.
func (e *Error) NotBefore() time.Time { return e.until }

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether asking again later may help: time-outs, lost connections, 408, 429, 5xx, cut answers. Such
// a call was already retried within Config.Budget.
func (e *Error) Temporary() bool { return e.hope != none }

// hope is how far trying again may help. The zero value is none: an error that is not known to pass is final.
type hope int

const (
	none    hope = iota
	garbled      // the answer could not be read: a cut connection, or a wrong address; a few tries show which
	passing      // it will pass: tried again for the whole budget
)

// The caller handles these two answers itself.
var (
	errUnauthorized = errors.New("401")
	errNoResults    = errors.New("no results")
)

// noResults is the answer to an XML query without a hit, with status 404 (API error samples).
const noResults = "no results match"

// judge turns an answer's status into an error: nil for a good one, an *export.NotDeliveredError where only the
// administrator can help, else an *Error.
func (w *wire) judge(a *answer) error {
	path := a.path
	switch good := a.status >= 200 && a.status < 300; {
	case good && a.html():
		return notDelivered(export.NoAddress, nil, "%s%s answers with a web page instead of data", w.base, path).
			WithHint("check coupa.url, and whether a proxy or a login is in front of it")
	case good:
		return nil
	}
	text := problem(a)
	switch s := a.status; {
	case s >= 300 && s < 400:
		return notDelivered(export.NoAddress, nil, "%s%s redirects to %s", w.base, path, target(a)).WithHint(checkURL)
	case s == http.StatusUnauthorized:
		return errUnauthorized
	case s == http.StatusForbidden:
		return notDelivered(export.NoScope, nil, "coupa refuses the token for %s (403: %s)", path, text).
			WithHint("give its client a scope that opens it, named on the instance's page /oauth2/scopes (%s), and add it to coupa.scopes", scopeFor(a))
	case s == http.StatusNotFound && !a.html() && bytes.Contains(bytes.ToLower(a.body), []byte(noResults)):
		return errNoResults
	case s == http.StatusNotFound:
		return notDelivered(export.NoAddress, nil, "%s%s is not there (404: %s)", w.base, path, text).WithHint(checkURL)
	}
	return a.fail(text, w.now())
}

const checkURL = "check coupa.url"

// scopeFor returns the scope that a call probably needs.
func scopeFor(a *answer) string {
	switch {
	case isList(a.path):
		return ScopeLists
	case !strings.HasPrefix(a.path, usersPath):
		return "core.integration.read or core.common.read"
	case a.method == http.MethodGet:
		return "core.user.read"
	}
	return "core.user.write"
}

// fail returns the error for a status that says nothing about address or rights.
func (a *answer) fail(text string, now time.Time) *Error {
	e := &Error{Op: a.op(), Status: a.status, Msg: text}
	if transient(a.status) {
		e.hope, e.after = passing, retryAfter(a.header.Get("Retry-After"), now)
	}
	return e
}

// transient reports whether a status will pass. No page of Coupa lists such statuses; clients in production treat these
// so.
func transient(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= 500
}

func notDelivered(what export.Obstacle, cause error, format string, args ...any) *export.NotDeliveredError {
	return &export.NotDeliveredError{What: what, Msg: fmt.Sprintf(format, args...), Err: cause}
}

// target returns the host that a redirect leads to. It leaves out path and query, except for the call's own path:
// proxies put tokens and people into them.
func target(a *answer) string {
	u, err := a.url.Parse(a.header.Get("Location"))
	if err != nil || u.Host == "" {
		return "nowhere"
	}
	switch {
	case loginPath(u.Path):
		return u.Hostname() + ", a login"
	case u.Path == a.path:
		return u.Hostname() + a.path
	}
	return u.Hostname()
}

// problem describes a bad answer in our words. Its own words may name the person that the call was about, or any other.
func problem(a *answer) string {
	switch {
	case len(bytes.TrimSpace(a.body)) == 0:
		return "an empty answer"
	case a.html():
		return "a web page, perhaps from a proxy"
	}
	return cmp.Or(http.StatusText(a.status), "an unknown status")
}

// secretsOf returns the token and the cookies of a request.
func secretsOf(head http.Header) []string {
	token := strings.TrimPrefix(head.Get("Authorization"), "Bearer ")
	secrets := []string{token, head.Get("Cookie")}
	for pair := range strings.SplitSeq(head.Get("Cookie"), ";") {
		_, value, _ := strings.Cut(pair, "=")
		secrets = append(secrets, strings.TrimSpace(value))
	}
	return secrets
}

// shortest is the least length of a text that is treated as a secret: a cookie may have the value 1.
const shortest = 6

// mask removes secrets from the text of a far end: servers and proxies that echo the request are not rare.
func mask(text string, secrets []string) string {
	for _, s := range secrets {
		if len(s) >= shortest {
			text = strings.NewReplacer(s, "[secret]", url.QueryEscape(s), "[secret]", url.PathEscape(s), "[secret]").Replace(text)
		}
	}
	return text
}

func (a *answer) masked(texts []string) []string {
	for i, t := range texts {
		texts[i] = mask(t, a.masks)
	}
	return texts
}

// messages reads Coupa's errors: <errors><error>text</error></errors>, or {"errors": {"user": ["text"]}} with any inner
// key, a list or a bare string (API error samples).
func messages(a *answer) []string {
	switch a.kind() {
	case kindXML:
		var v struct {
			XMLName xml.Name
			Errors  []string `xml:"error"`
			Text    string   `xml:",chardata"`
		}
		if xml.Unmarshal(a.body, &v) != nil {
			return nil
		}
		return a.masked(firstFew(trimmed(append(v.Errors, v.Text))))
	case kindJSON:
		var v struct {
			Errors any `json:"errors"`
			Error  any `json:"error"`
		}
		if json.Unmarshal(a.body, &v) != nil {
			return nil
		}
		return a.masked(firstFew(trimmed(append(flatten(v.Errors), flatten(v.Error)...))))
	}
	return nil
}

// flatten collects every text of a decoded JSON value, by key where it has keys.
func flatten(v any) []string {
	var out []string
	switch v := v.(type) {
	case string:
		out = append(out, v)
	case []any:
		for _, e := range v {
			out = append(out, flatten(e)...)
		}
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			out = append(out, flatten(v[k])...)
		}
	}
	return out
}

// trimmed removes white space around texts (Coupa wraps some in CDATA with line breaks) and drops empty texts.
func trimmed(texts []string) []string {
	var out []string
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			out = append(out, t)
		}
	}
	return out
}
