package twin

import (
	"io"
	"net/http"
	"slices"
	"time"
)

// Call is one request to the API, as it came in.
type Call struct {
	At           time.Time // by the wall clock, whatever the twin's own says
	Method, Path string
}

// maxCalls bounds the record of calls; the older half is forgotten.
const maxCalls = 100_000

// Calls gives the requests below /api so far, in the order they came in, the refused ones too.
func (t *Twin) Calls() []Call {
	t.api.mu.Lock()
	defer t.api.mu.Unlock()
	return slices.Clone(t.api.calls)
}

func (a *api) record(r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.calls) == maxCalls {
		a.calls = slices.Clone(a.calls[maxCalls/2:])
	}
	a.calls = append(a.calls, Call{time.Now(), r.Method, r.URL.Path})
}

// userFaults are the values of the switch user-fault.
func userFaults() []string {
	return words("none", "401", "403", "404", "406", "422", "429", "429-retry-after", "500", "502-html", "late", "lost",
		"truncated", "other-type", "empty")
}

// faulty lets calls to /api/users go wrong as the switches say.
func (a *api) faulty(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.users++
		due := a.users%a.twin.sw.Load().UserFaultAt == 0
		a.mu.Unlock()
		if fault := a.twin.sw.Load().UserFault; fault != "none" && due {
			a.goWrong(fault, w, r, next)
			return
		}
		next(w, r)
	}
}

func (a *api) goWrong(fault string, w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	switch fault {
	case "401":
		a.fail(w, r, http.StatusUnauthorized, "base", "The access token is invalid, expired, or not active yet.")
	case "403":
		a.fail(w, r, http.StatusForbidden, "user", "You may not do this to that user.")
	case "404":
		a.fail(w, r, http.StatusNotFound, "user", "No results match your search criteria.")
	case "406":
		a.fail(w, r, http.StatusNotAcceptable, "user", "Not acceptable.")
	case "422":
		a.fail(w, r, http.StatusUnprocessableEntity, "user", "Email is invalid", "Lastname is invalid")
	case "429-retry-after":
		w.Header().Set("Retry-After", "1")
		a.fail(w, r, http.StatusTooManyRequests, "base", "Rate limit exceeded.")
	case "429":
		a.fail(w, r, http.StatusTooManyRequests, "base", "Rate limit exceeded.")
	case "500":
		a.fail(w, r, http.StatusInternalServerError, "base", "Something went wrong.")
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

// garble does what the call asks for and then spoils the answer.
func (a *api) garble(fault string, w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	got := &kept{header: http.Header{}, status: http.StatusOK}
	if fault == "other-type" {
		r.Header.Set("Accept", map[string]string{"json": "application/xml", "xml": "application/json"}[contentType(r)])
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
