package restapi

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

// Call is one request to the API as it arrived.
type Call struct {
	At           time.Time // by the wall clock, not by the clock of the twin
	Method, Path string
}

// maxCalls bounds the record of calls; the older half is forgotten.
const maxCalls = 100_000

// Calls returns the requests below /api so far in the order in which they arrived, refused ones included.
func (a *API) Calls() []Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

func (a *API) record(r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.calls) == maxCalls {
		a.calls = slices.Clone(a.calls[maxCalls/2:])
	}
	a.calls = append(a.calls, Call{time.Now(), r.Method, r.URL.Path})
}

// meant reports whether the switch user-fault-at means this call.
func meant(at string, r *http.Request) bool {
	switch at {
	case "get":
		return r.Method == http.MethodGet
	case "look":
		return r.Method == http.MethodGet && (r.PathValue("id") != "" || r.URL.Query().Has("id"))
	case "put":
		return r.Method == http.MethodPut || r.Method == http.MethodPatch
	case "post":
		return r.Method == http.MethodPost
	}
	return true
}

// faulty makes calls to /api/users fail as the switches say.
func (a *API) faulty(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		sw := a.in.Board.Get()
		if sw.UserFault != "none" && meant(sw.UserFaultAt, r) && a.due(sw.UserFaultEvery) && a.in.Board.Strikes() {
			a.goWrong(sw.UserFault, w, r, next)
			return
		}
		next(w, r)
	}
}

// due counts a call and reports whether it is an every-th one.
func (a *API) due(every int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.users++
	return a.users%every == 0
}

func (a *API) goWrong(fault string, w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	switch fault {
	case "401":
		fail(w, r, http.StatusUnauthorized, "base", "The access token is invalid, expired, or not active yet.")
	case "403":
		fail(w, r, http.StatusForbidden, "user", "You may not do this to that user.")
	case "404":
		fail(w, r, http.StatusNotFound, "user", "No results match your search criteria.")
	case "406":
		fail(w, r, http.StatusNotAcceptable, "user", "Not acceptable.")
	case "422":
		fail(w, r, http.StatusUnprocessableEntity, "user", invalid...)
	case "422-bare":
		a.quote(w, r)
	case "422-other-type":
		otherType(r)
		fail(w, r, http.StatusUnprocessableEntity, "user", invalid...)
	case "429-retry-after":
		a.leaveAlone(w)
		fail(w, r, http.StatusTooManyRequests, "base", "Rate limit exceeded.")
	case "429":
		fail(w, r, http.StatusTooManyRequests, "base", "Rate limit exceeded.")
	case "500":
		fail(w, r, http.StatusInternalServerError, "base", "Something went wrong.")
	case "502-html":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, "<html><body>Bad Gateway</body></html>")
	case "late":
		wait := time.NewTimer(time.Minute)
		defer wait.Stop()
		select {
		case <-wait.C:
			next(w, r)
		case <-r.Context().Done():
		}
	default:
		a.garble(fault, w, r, next)
	}
}

var invalid = []string{"Email is invalid", "Lastname is invalid"}

// quote refuses a call in the other known form of errors, with the sent and the stored value in the message. No page says that
// Coupa quotes values, and none that it does not.
func (a *API) quote(w http.ResponseWriter, r *http.Request) {
	body, _ := readBody(r, "user")
	id, _ := payload.ParseInt(r.PathValue("id"))
	held, _ := a.in.Users.Get(id)
	text := fmt.Sprintf("Lastname %q of %s (%s) is invalid", body.Text("lastname"), held.Text("login"), held.Text("lastname"))
	if contentType(r) == "json" {
		writeJSON(w, http.StatusUnprocessableEntity, map[string]any{"errors": text})
		return
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(http.StatusUnprocessableEntity)
	fmt.Fprintf(w, "<errors>\n <error><![CDATA[\n  %s\n ]]></error>\n</errors>\n", text)
}

// otherType makes the answer come in the type that was not asked for.
func otherType(r *http.Request) {
	r.Header.Set("Accept", map[string]string{"json": "application/xml", "xml": "application/json"}[contentType(r)])
}

// garble does what the call asks for, and then spoils the answer.
func (a *API) garble(fault string, w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	got := &kept{header: http.Header{}, status: http.StatusOK}
	if fault == "other-type" {
		otherType(r)
	}
	next(got, r)
	for k, v := range got.header {
		w.Header()[k] = v
	}
	switch fault {
	case "lost":
		w.Header().Set("Content-Length", "1000000")
		w.WriteHeader(got.status)
		panic(http.ErrAbortHandler)
	case "truncated":
		got.body.Truncate(got.body.Len() / 2)
	case "empty":
		got.body.Reset()
	}
	w.WriteHeader(got.status)
	w.Write(got.body.Bytes())
}
