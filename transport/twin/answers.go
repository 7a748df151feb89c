package twin

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// spoils tells whether one of the bad answers is due: it is switched on, its time has come, and it has not occurred
// often enough.
func (t *Twin) spoils(answer string) bool {
	sw := t.sw.Load()
	if answer == "normal" || sw.AnswerFrom == "pickup" && !t.loads.any() {
		return false
	}
	return t.sw.strikes()
}

// spoil answers in place of /api; false where all is well.
func (a *api) spoil(w http.ResponseWriter, r *http.Request) bool {
	answer := a.twin.sw.Load().Answer
	if !a.twin.spoils(answer) {
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
		a.fail(w, r, status, "base", http.StatusText(status)+".")
	}
	return true
}

// leaveAlone asks a client to wait.
func (a *api) leaveAlone(w http.ResponseWriter) {
	w.Header().Set("Retry-After", strconv.Itoa(int(a.twin.sw.Load().RetryAfter/time.Second)))
}

// half sends the first half of what would be the answer, and calls it whole.
func (a *api) half(w http.ResponseWriter, r *http.Request) {
	whole := &kept{header: http.Header{}, status: http.StatusOK}
	a.mux.ServeHTTP(whole, r)
	w.Header().Set("Content-Type", whole.header.Get("Content-Type"))
	w.WriteHeader(whole.status)
	w.Write(whole.body.Bytes()[:whole.body.Len()/2])
}

// kept is an answer that is not sent yet.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(status int)      { k.status = status }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }

// spoilToken answers in place of the token endpoint; false where all is well.
func (a *api) spoilToken(w http.ResponseWriter) bool {
	answer := a.twin.sw.Load().TokenAnswer
	if !a.twin.spoils(answer) {
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

// spoil answers in place of a page; false where all is well.
func (p *pages) spoil(w http.ResponseWriter, r *http.Request) bool {
	answer := p.twin.sw.Load().PageAnswer
	if !p.twin.spoils(answer) {
		return false
	}
	switch answer {
	case "login":
		http.Redirect(w, r, "/login", http.StatusFound)
	case "empty":
		w.WriteHeader(http.StatusOK)
	case "strange":
		webPage(w, http.StatusOK, "<table><tr><th>Colour</th><th>Taste</th></tr><tr><td>red</td><td>sweet</td></tr></table>")
	default:
		status, err := strconv.Atoi(answer)
		if err != nil {
			status = http.StatusInternalServerError
		}
		webPage(w, status, http.StatusText(status))
	}
	return true
}

func webPage(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte("<html><body>" + body + "</body></html>\n"))
}
