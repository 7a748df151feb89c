package restapi

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// spoil sends a bad answer to a call below /api if one is due, and reports whether it did.
func (a *API) spoil(w http.ResponseWriter, r *http.Request) bool {
	answer := a.in.Board.Get().Answer
	if !a.in.Spoils(answer) {
		return false
	}
	switch answer {
	case "time-out":
		<-r.Context().Done()
	case "truncated":
		a.half(w, r)
	case "xml":
		r.Header.Set("Accept", "application/xml")
		return false
	case "empty":
		w.WriteHeader(http.StatusOK)
	case "502":
		webPage(w, http.StatusBadGateway, "502 Bad Gateway")
	default:
		word, _, wait := strings.Cut(answer, "-")
		status, err := strconv.Atoi(word)
		if err != nil {
			status = http.StatusInternalServerError
		}
		if wait {
			a.leaveAlone(w)
		}
		fail(w, r, status, "base", http.StatusText(status)+".")
	}
	return true
}

// leaveAlone asks a client to wait.
func (a *API) leaveAlone(w http.ResponseWriter) {
	w.Header().Set("Retry-After", strconv.Itoa(int(a.in.Board.Get().RetryAfter/time.Second)))
}

// half sends the first half of the answer as if it were all.
func (a *API) half(w http.ResponseWriter, r *http.Request) {
	whole := &kept{header: http.Header{}, status: http.StatusOK}
	a.mux.ServeHTTP(whole, r)
	w.Header().Set("Content-Type", whole.header.Get("Content-Type"))
	w.WriteHeader(whole.status)
	w.Write(whole.body.Bytes()[:whole.body.Len()/2])
}

// kept is an answer that has not been sent yet.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(status int)      { k.status = status }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }

// spoilToken sends a bad answer of the token endpoint if one is due, and reports whether it did.
func (a *API) spoilToken(w http.ResponseWriter) bool {
	answer := a.in.Board.Get().TokenAnswer
	if !a.in.Spoils(answer) {
		return false
	}
	switch answer {
	case "refused":
		oauthError(w, http.StatusUnauthorized, "invalid_client", "Client authentication failed.")
	case "scope":
		oauthError(w, http.StatusBadRequest, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
	case "web-page":
		webPage(w, http.StatusOK, "Welcome")
	default:
		oauthError(w, http.StatusInternalServerError, "server_error", "")
	}
	return true
}

func webPage(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte("<html><body>" + body + "</body></html>\n"))
}
